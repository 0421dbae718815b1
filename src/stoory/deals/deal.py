"""A deal: what is pinned, what is on the table, whose turn it is, which clocks run; what happens to it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from msgspec import Struct, field

from stoory.actor import SYSTEM_USER_ID, Role
from stoory.deals.states import CLOSED, PENDING, Action, State
from stoory.money import Money

MAX_OFFERS: Final = 6
"""The opening amount is offer 1; after the sixth there is only accept or decline."""
MAX_CHANGE_REQUESTS: Final = 3
"""How often the brand may send the work back."""
NOTHING: Final = Money(0)


class Terms(Struct, frozen=True, kw_only=True):
    """What a deal pins when it begins. Later changes of the posting or of the brand's plan never touch it."""

    process_version: int
    kind: Literal["bid", "campaign"]
    title: str
    min_amount: Money
    max_amount: Money
    commission_bp: int
    """Paid by the influencer, in basis points: 1000 is 10 %."""
    deliverables: tuple[str, ...] = ()
    deliver_by: date | None = None
    review_days: int = 14
    usage_rights: str | None = None
    disclosure_required: bool = False


class Offer(Struct, frozen=True, kw_only=True):
    """An amount somebody named, counted from 1."""

    n: int
    by_role: Role
    amount: Money
    reasoning: str | None = None
    deliver_by: date | None = None
    at: datetime


class Work(Struct, frozen=True, kw_only=True):
    """What the influencer handed in last."""

    description: str
    links: tuple[str, ...] = ()
    at: datetime


class CancelProposal(Struct, frozen=True, kw_only=True):
    """One side would end the deal, and give back so much of what the escrow holds."""

    by: Role
    refund_amount: Money


class Dispute(Struct, frozen=True, kw_only=True):
    """One side has asked an operator to decide; the clocks stand meanwhile."""

    by: Role
    reason: str
    from_state: State
    from_role: Role | None
    at: datetime


class Movement(Struct, frozen=True):
    """What left the escrow, gross: to the influencer and back to the brand."""

    release: Money
    refund: Money


class Reminder(Struct, frozen=True, kw_only=True):
    """A word to be said before a clock runs out: its `n`-th, counted from 1."""

    timer: Action
    n: int
    at: datetime


class Deal(Struct, frozen=True, kw_only=True):
    """The truth about one deal after its event number `seq`. Whatever is shown anywhere is a view of it."""

    seq: int
    state: State
    awaiting_role: Role | None
    """Whose turn it is; nobody's once the deal is closed."""
    opening: Action
    """How it began: apply, initialize or invite."""
    terms: Terms
    offers: tuple[Offer, ...]
    agreed_amount: Money | None = None
    influencer_confirmed: bool
    """False while the influencer has not yet said yes to the amount, in any way."""
    accepted_at: datetime | None = None
    """When it was accepted; the time to pay runs from here."""
    payment_asked_at: datetime | None = None
    """When the brand last proceeded to payment."""
    funded_at: datetime | None = None
    paid: Money = NOTHING
    released: Money = NOTHING
    """To the influencer, commission included."""
    refunded: Money = NOTHING
    work: Work | None = None
    review_since: datetime | None = None
    """From when the brand's time to review runs; a dispute moves it on."""
    changes_requested: int = 0
    changes_since: datetime | None = None
    """From when the time for the changes runs; a dispute moves it on."""
    delivery_delay: timedelta = timedelta()
    """The time that disputes have added to the delivery."""
    cancel_proposal: CancelProposal | None = None
    dispute: Dispute | None = None
    deadlines: dict[Action, datetime] = field(default_factory=dict[Action, datetime])
    """The clocks that run: at that instant the timer makes its move."""
    reminders: tuple[Reminder, ...] = ()
    """The words still to be said before; each is said once."""

    @property
    def amount(self) -> Money:
        """The amount on the table."""
        return self.offers[-1].amount

    @property
    def rounds_left(self) -> int:
        """How many more offers can be made."""
        return MAX_OFFERS - len(self.offers)

    @property
    def changes_left(self) -> int:
        """How often the work can still be sent back."""
        return MAX_CHANGE_REQUESTS - self.changes_requested

    @property
    def held(self) -> Money:
        """What the escrow holds now."""
        return self.paid - self.released - self.refunded

    @property
    def is_funded(self) -> bool:
        """It has been paid for, whatever became of the money since."""
        return self.funded_at is not None

    @property
    def is_closed(self) -> bool:
        """Nothing can happen to it any more."""
        return self.state in CLOSED

    @property
    def is_pending(self) -> bool:
        """Nothing is agreed yet."""
        return self.state in PENDING

    @property
    def deliver_by(self) -> date | None:
        """The delivery date on the table: the last one named in an offer, else the posting's."""
        named = (offer.deliver_by for offer in reversed(self.offers) if offer.deliver_by)
        return next(named, self.terms.deliver_by)

    @property
    def expires_at(self) -> datetime | None:
        """When the next clock runs out and the deal moves by itself."""
        return min(self.deadlines.values(), default=None)

    @property
    def deadline_at(self) -> datetime | None:
        """When the deal next needs the clock's attention: to move it, or to remind somebody before."""
        return min([*self.deadlines.values(), *(reminder.at for reminder in self.reminders)], default=None)

    def last_figure_of(self, role: Role) -> Money | None:
        """Return the last amount that side named, if it named any."""
        return next((offer.amount for offer in reversed(self.offers) if offer.by_role is role), None)


class Event(Struct, frozen=True, kw_only=True):
    """What happened, exactly as the row of `deal_events` keeps it for ever."""

    seq: int
    actor_id: UUID
    role: Role
    action: Action
    from_state: State | None
    """None in the first event, which begins the deal."""
    to_state: State
    amount: Money | None = None
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    """Plain JSON values only, so that an event read back is equal to the one written."""
    process_version: int
    at: datetime

    @property
    def by_role(self) -> Role:
        """The side that moved; an operator's event says in `data.as_role` whose move it made."""
        return Role(self.data.get("as_role", self.role))


class Door(Struct, frozen=True):
    """Where in a body the action and its data stand, so that an error names the field that was sent."""

    action: str
    data: str


BUTTON: Final = Door("action", "data.")
TEXT_INPUT: Final = Door("input_type", "values.")
BODY: Final = Door("action", "")
"""A route of its own (PUT, DELETE): the fields stand at the top of the body."""


class Press(Struct, frozen=True, kw_only=True):
    """Somebody wants to make a move."""

    actor_id: UUID
    role: Role
    action: str
    """As it was sent; `moves.decide` refuses unknown ones."""
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    now: datetime
    door: Door = BUTTON


def system_press(action: Action, now: datetime, data: dict[str, Any] | None = None) -> Press:
    """Return the press of a clock, of the payments or of a posting."""
    return Press(actor_id=SYSTEM_USER_ID, role=Role.SYSTEM, action=action, data=data or {}, now=now)


class Unchanged(Struct, frozen=True):
    """A press that was made before: no event, and the same is shown again."""

    action: Action


class Prompt(Struct, frozen=True):
    """A press that only asked for input: no event, nothing changed."""

    action: Action
    asks: Action
    """The `input_type` under which the answer is sent."""
    by_role: Role
    """The side that pressed, whether or not it is its turn."""
