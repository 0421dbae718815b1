"""Money: whole paise inside, rupees as a JSON number outside. There is no float between the two."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import total_ordering
from typing import Final

MAX_PAISE: Final = 99_999_999_99
"""The largest amount a column of the guide (`numeric(10,2)`) and so the wire can hold: 99,999,999.99."""

LARGEST_RUPEES: Final = Decimal(MAX_PAISE).scaleb(-2)

EXACT: Final = Context(prec=30, Emin=-30, Emax=30, traps=[Inexact, InvalidOperation, Overflow])
"""Raises where the usual context would round: 1.00 and thirty zeros and a 1 is not 1.00, and 1e999999999 no amount."""


@total_ordering
class Money:
    """An amount in integer paise. Immutable; equal and ordered by its paise, one currency (INR) for now."""

    __slots__ = ("paise",)

    paise: int
    currency: Final = "INR"

    def __init__(self, paise: int) -> None:
        """Take whole paise: `Money(450_000)` is 4,500 rupees."""
        object.__setattr__(self, "paise", paise)

    @classmethod
    def rupees(cls, amount: int | str | Decimal) -> Money:
        """Read an amount in rupees exactly; ValueError when it is no number or has parts of a paisa."""
        try:
            paise = EXACT.multiply(Decimal(amount), 100)
        except ArithmeticError:
            raise ValueError("not an amount") from None
        if not paise.is_finite() or paise != paise.to_integral_value():
            raise ValueError("at most two decimals")
        return cls(int(paise))

    @classmethod
    def from_wire(cls, amount: object) -> Money:
        """Read the JSON number of a body; ValueError says in a sentence why it is not an amount.

        JSON numbers arrive as int or, untouched by float, as Decimal; strings and booleans are not amounts.
        """
        if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
            raise ValueError("must be a number of rupees")  # noqa: TRY004 - one kind of error for one kind of caller
        if amount <= 0:
            raise ValueError("must be greater than 0")
        if amount > LARGEST_RUPEES:
            raise ValueError("must be at most 99999999.99")
        try:
            return cls.rupees(amount)
        except ValueError:
            raise ValueError("must have at most two decimals") from None

    def to_wire(self) -> int | Decimal:
        """Return the JSON number: `5000`, `4500.5`."""
        whole, paise = divmod(self.paise, 100)
        return Decimal(self.paise).scaleb(-2).normalize() if paise else whole

    def share(self, basis_points: int) -> Money:
        """Return that share of the amount, rounded half to even: `share(1000)` is 10 %."""
        return Money(int((Decimal(self.paise * basis_points) / 10_000).to_integral_value()))

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: an amount never changes."""
        raise AttributeError(f"Money is immutable: {name} = {value!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.paise + other.paise)

    def __sub__(self, other: Money) -> Money:
        return Money(self.paise - other.paise)

    def __neg__(self) -> Money:
        return Money(-self.paise)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and self.paise == other.paise

    def __lt__(self, other: Money) -> bool:
        return self.paise < other.paise

    def __hash__(self) -> int:
        return hash(self.paise)

    def __repr__(self) -> str:
        return f"Money({self.paise})"

    def __str__(self) -> str:
        """Return the amount with two decimals, as it is written in SQL and in sentences: `4500.50`."""
        sign = "-" if self.paise < 0 else ""
        whole, paise = divmod(abs(self.paise), 100)
        return f"{sign}{whole}.{paise:02d}"


class Balance(Money):
    """An amount that may be nothing, or less: what an account comes to, or a change of it."""

    __slots__ = ()
