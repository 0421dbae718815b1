"""JSON in and out: amounts stay exact, and the same hooks serve bodies, answers and jsonb columns."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import msgspec

from stoory.money import Balance, Money

T = TypeVar("T")
Json = dict[str, Any]
"""A JSON object as it is read: numbers with a fraction are Decimals."""

LARGEST_EXPONENT: Final = 300
"""Numbers up to here fit a double; beyond it one is no fact about money or people, but an attempt."""


def encode_hook(value: object) -> object:
    """Write an amount as a JSON number of rupees."""
    if isinstance(value, Money):
        return value.to_wire()
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


def body_hook(kind: type, value: object) -> object:
    """Read an amount of a request's body; ValueError's sentence becomes the field's message."""
    if kind is Money:
        return Money.from_wire(value)
    raise NotImplementedError(f"{kind.__name__} cannot be read from JSON")


def row_hook(kind: type, value: object) -> object:
    """Take an amount as the numeric codec made it, or read it from a jsonb column, where it may be zero."""
    if isinstance(value, kind):
        return value
    if kind is Balance and isinstance(value, Money):
        return Balance(value.paise)
    if kind in (Money, Balance) and isinstance(value, int | Decimal):
        return kind.rupees(value)
    raise NotImplementedError(f"{kind.__name__} cannot be read from a row")


def exact(number: str) -> Decimal:
    """Read a number with a fraction or an exponent as it is written; ValueError beyond what any computer expects."""
    try:
        read = Decimal(number)
    except InvalidOperation:
        raise ValueError("is out of range") from None
    if read and abs(read.adjusted()) > LARGEST_EXPONENT:
        raise ValueError("is out of range")
    return read


_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=encode_hook)
_decoder = msgspec.json.Decoder(float_hook=exact)

encode = _encoder.encode
"""Any Struct or builtin -> JSON bytes."""

decode = _decoder.decode
"""JSON -> builtins; numbers with a fraction as Decimal."""


def from_row(kind: type[T], row: Any) -> T:
    """Make a Struct of a row (or a list of Structs of many), its columns by name, its jsonb columns included."""
    return msgspec.convert(row, kind, dec_hook=row_hook)
