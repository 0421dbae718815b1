"""A deal on the table, the people around it and a clock that moves only when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

import pytest
from msgspec import Struct

from stoory.actor import Role
from stoory.deals import archive, clocks, script
from stoory.deals.amounts import bid_bounds, campaign_bounds
from stoory.deals.deal import (
    BUTTON,
    TEXT_INPUT,
    Deal,
    Door,
    Event,
    Press,
    Prompt,
    Terms,
    Unchanged,
    system_press,
)
from stoory.deals.history import evolve, replay
from stoory.deals.moves import begin, decide
from stoory.deals.rules import PROCESS_VERSION, open_actions
from stoory.deals.script import Line
from stoory.deals.states import Action, State
from stoory.errors import Conflict, Invalid
from stoory.money import Money


class Person(Struct, frozen=True):
    """Somebody at the table."""

    id: UUID
    role: Role


ASHA: Final = Person(UUID(int=1), Role.BRAND_OWNER)
RAVI: Final = Person(UUID(int=2), Role.INFLUENCER)
OM: Final = Person(UUID(int=5), Role.ADMIN)

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rs(amount: int | str | Decimal) -> Money:
    """Return an amount of rupees."""
    return Money.rupees(amount)


def terms(kind: Literal["bid", "campaign"] = "bid", **changes: Any) -> Terms:
    """Return the terms of Asha's bid (3,000 to 8,000) or campaign (10,000)."""
    least, most = bid_bounds(rs(3000), rs(8000)) if kind == "bid" else campaign_bounds(rs(10_000))
    pinned: dict[str, Any] = {
        "process_version": PROCESS_VERSION,
        "kind": kind,
        "title": "Quick Video Promotion",
        "min_amount": least,
        "max_amount": most,
        "commission_bp": 1000,
    }
    return Terms(**(pinned | changes))


class Bargain:
    """One deal, pressed by people, told by its events."""

    def __init__(
        self,
        opening: Action = Action.APPLY,
        by: Person = RAVI,
        amount: int = 5000,
        *,
        pinned: Terms | None = None,
    ) -> None:
        """Begin the deal at noon."""
        self.now = NOON
        self.events = [
            begin(
                opening,
                actor_id=by.id,
                role=by.role,
                terms=pinned or terms(),
                amount=rs(amount),
                now=self.now,
            )
        ]
        self.deal: Deal = evolve(None, self.events[0])

    @property
    def state(self) -> State:
        """Where the deal stands."""
        return self.deal.state

    @property
    def turn(self) -> Role | None:
        """Whose turn it is."""
        return self.deal.awaiting_role

    @property
    def lines(self) -> list[Line]:
        """What was said after the last move."""
        return script.messages(self.deal, self.events[-1])

    def press(
        self, who: Person, action: str, *, door: Door = BUTTON, **data: Any
    ) -> Event | Prompt | Unchanged:
        """Let somebody press, and let it happen."""
        return self._happen(
            Press(actor_id=who.id, role=who.role, action=action, data=data, now=self.now, door=door)
        )

    @property
    def shown(self) -> list[str]:
        """The ids of the buttons of the last move's first message."""
        return [button["id"] for button in archive.plain(self.lines[0].action_data)["buttons"]]

    @property
    def last(self) -> Event:
        """What happened last."""
        return self.events[-1]

    @property
    def time_left(self) -> timedelta:
        """How long until the next clock runs out."""
        assert self.deal.expires_at
        return self.deal.expires_at - self.now

    def asked(self, who: Person, action: str) -> list[str]:
        """Let somebody press what only asks for input; return the ids of the fields."""
        prompt = self.press(who, action)
        assert isinstance(prompt, Prompt)
        data = archive.plain(script.prompt_line(self.deal, prompt).action_data)
        return [field["id"] for field in data["input_fields"]]

    def offer(self, who: Person, amount: Any, **data: Any) -> Event | Prompt | Unchanged:
        """Let somebody send the form of an offer."""
        return self.press(who, "negotiation_amount", door=TEXT_INPUT, proposed_amount=amount, **data)

    def system(self, action: Action, **data: Any) -> Event | Prompt | Unchanged:
        """Let a clock, the payments or the posting press."""
        return self._happen(system_press(action, self.now, data))

    def wait(self, **time: float) -> list[Event]:
        """Let time pass, and let the clock do what is due then; return what it did."""
        self.now += timedelta(**time)
        told: list[Event] = []
        while press := clocks.due(self.deal, self.now):
            event = self._happen(press)
            assert isinstance(event, Event)
            told.append(event)
            assert len(told) < 10, "the clock never comes to rest"
        return told

    def conflict(self, who: Person, action: str, **data: Any) -> str:
        """Let somebody press what the deal does not allow; return the code, having seen what it allows."""
        with pytest.raises(Conflict) as caught:
            self.press(who, action, **data)
        assert caught.value.extra["allowed"] == open_actions(self.deal, who.role)
        return caught.value.code

    def invalid(self, who: Person, action: str, **data: Any) -> Invalid:
        """Let somebody press with bad data; return the error."""
        with pytest.raises(Invalid) as caught:
            self.press(who, action, **data)
        return caught.value

    def wrong_fields(self, who: Person, action: str, **data: Any) -> list[str]:
        """Let somebody press with bad data; return the fields that are named."""
        return [error.field for error in self.invalid(who, action, **data).errors]

    def _happen(self, press: Press) -> Event | Prompt | Unchanged:
        happened = decide(self.deal, press)
        if isinstance(happened, Event):
            self.events.append(happened)
            self.deal = evolve(self.deal, happened)
            assert replay(self.events) == self.deal
        return happened


def accepted(*, confirmed: bool = True) -> Bargain:
    """Return a deal Asha has accepted at 5,000; unconfirmed if she began it herself."""
    bargain = Bargain() if confirmed else Bargain(Action.INITIALIZE, ASHA)
    bargain.press(ASHA, "accept_proposal")
    return bargain


def at_the_last_offer() -> Bargain:
    """Return a deal with six offers on record, Ravi's 5,000 first, Asha's last; Ravi's turn."""
    bargain = Bargain()
    for n, who in enumerate([ASHA, RAVI, ASHA, RAVI, ASHA], start=1):
        bargain.offer(who, 5000 + n)
    return bargain


def funded() -> Bargain:
    """Return a deal of 5,000 that Asha has paid."""
    bargain = accepted()
    bargain.press(ASHA, "proceed_to_payment")
    bargain.system(Action.PAYMENT_CAPTURED, order_id="o", payment_id="p", amount=5000)
    return bargain


def submitted() -> Bargain:
    """Return a funded deal whose work Ravi has handed in."""
    bargain = funded()
    bargain.press(RAVI, "work_submission", door=TEXT_INPUT, description="Two videos")
    return bargain


def disputed() -> Bargain:
    """Return a deal whose work Asha does not take."""
    bargain = submitted()
    bargain.press(ASHA, "dispute", door=TEXT_INPUT, reason="It is not what we agreed")
    return bargain
