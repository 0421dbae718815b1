"""Every kind of deal there is in the seeded world, and how many of each 300 are of that kind."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from stoory.actor import Role
from stoory.deals.states import Action
from stoory.seed.money import asks_for_payout, payout_arrives, refund_arrives
from stoory.seed.steps import (
    BRAND,
    INFLUENCER,
    Step,
    accepts,
    begins,
    chats,
    disputes,
    does,
    half_to_each,
    hires_somebody_else,
    offers,
    opens_negotiation,
    pays,
    pays_at_second_try,
    reads,
    replies,
    submits,
    waits,
    wants_changes,
)

DEALS_A_UNIT: Final = 300


class Plot(Struct, frozen=True):
    """How a deal goes."""

    name: str
    of_300: int
    steps: tuple[Step, ...]
    is_passed_over: bool = False
    """It ends because its bid hires somebody else."""
    is_paid_out: bool = False
    """The influencer names an account, for the first time: no two of these are of one influencer."""


APPLIES: Final = begins(Action.APPLY)
TERMS: Final = (APPLIES, waits(hours=3), chats("terms", 8))
HAGGLED: Final = (*TERMS, offers(BRAND, "offered"), chats("terms", 4), waits(hours=5))
AGREED: Final = (*TERMS, waits(hours=2), accepts(BRAND))
FUNDED: Final = (*AGREED, waits(hours=9), pays, waits(days=1), chats("work", 5))
DELIVERED: Final = (*FUNDED, waits(days=6), submits, chats("work", 3))
APPROVED: Final = (*DELIVERED, waits(days=2), does(BRAND, Action.APPROVE_WORK))
DISPUTED: Final = (*DELIVERED, waits(days=1), disputes(BRAND), waits(hours=20), replies(INFLUENCER))

PLOTS: Final = (
    Plot("fresh application", 80, (APPLIES,)),
    Plot("application with a reminder", 12, (APPLIES, waits(hours=36))),
    Plot("application talked about", 8, TERMS),
    Plot("invitation", 6, (begins(Action.INVITE),)),
    Plot("countered", 12, (*TERMS, opens_negotiation, offers(BRAND, "offered"))),
    Plot("countered back", 8, (*HAGGLED, offers(INFLUENCER, "met"), chats("terms", 2))),
    Plot("approved", 10, AGREED),
    Plot("agreed after haggling", 4, (*HAGGLED, accepts(INFLUENCER), reads(BRAND))),
    Plot("terms to confirm", 2, (begins(Action.INITIALIZE), waits(hours=1), accepts(BRAND))),
    Plot("in work", 16, FUNDED),
    Plot("in work, paid at the second try", 2, (*AGREED, pays_at_second_try, chats("work", 4))),
    Plot("delivered", 10, DELIVERED),
    Plot("change requested", 4, (*DELIVERED, wants_changes)),
    Plot("cancellation proposed", 2, (*FUNDED, half_to_each(INFLUENCER))),
    Plot("disputed", 4, DISPUTED),
    Plot("declined", 18, (*TERMS, does(BRAND, Action.DECLINE_PROPOSAL, "reason"))),
    Plot("declined by the influencer", 4, (*HAGGLED, does(INFLUENCER, Action.DECLINE_PROPOSAL, "reason"))),
    Plot("withdrawn", 10, (*TERMS, waits(hours=8), does(INFLUENCER, Action.WITHDRAW_PROPOSAL, "reason"))),
    Plot("expired", 14, (APPLIES, chats("terms", 2), waits(days=4))),
    Plot("never paid", 4, (*AGREED, waits(days=4))),
    Plot("retracted", 2, (begins(Action.INVITE), waits(days=1), does(BRAND, Action.RETRACT_PROPOSAL))),
    Plot("passed over", 10, (*TERMS, waits(days=1), hires_somebody_else), is_passed_over=True),
    Plot("cancelled before payment", 2, (*AGREED, waits(days=1), does(BRAND, Action.CANCEL_DEAL, "reason"))),
    Plot("completed", 24, APPROVED),
    Plot(
        "completed after changes",
        6,
        (*DELIVERED, wants_changes, waits(days=3), submits, waits(days=1), does(BRAND, Action.APPROVE_WORK)),
    ),
    Plot("approved by itself", 3, (*DELIVERED, waits(days=15))),
    Plot("paid out", 12, (*APPROVED, asks_for_payout, payout_arrives), is_paid_out=True),
    Plot("payout asked for", 2, (*APPROVED, asks_for_payout), is_paid_out=True),
    Plot("given up", 3, (*FUNDED, does(INFLUENCER, Action.CANCEL_DEAL, "reason"), refund_arrives)),
    Plot(
        "cancelled by agreement",
        2,
        (*FUNDED, half_to_each(INFLUENCER), waits(days=1), does(BRAND, Action.ACCEPT_CANCEL), refund_arrives),
    ),
    Plot("never delivered", 1, (*FUNDED, waits(days=76), refund_arrives)),
    Plot("dispute decided", 2, (*DISPUTED, waits(days=2), half_to_each(Role.ADMIN), refund_arrives)),
    Plot("refunded", 1, (*FUNDED, does(Role.ADMIN, Action.REFUND, "reason"), refund_arrives)),
)
"""A third are fresh applications; half of the deals are over."""


def check_shares(plots: tuple[Plot, ...]) -> None:
    """Refuse a table that is not of 300 deals; ValueError."""
    if (total := sum(plot.of_300 for plot in plots)) != DEALS_A_UNIT:
        raise ValueError(f"the plots are {total} deals, not {DEALS_A_UNIT}")


check_shares(PLOTS)
