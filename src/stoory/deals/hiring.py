"""Whether a posting still has room for the deal that is being accepted. Ask under the posting's lock."""

from __future__ import annotations

from stoory.actor import Role
from stoory.deals.amounts import rupees
from stoory.deals.conditions import Refusal
from stoory.deals.deal import Deal
from stoory.deals.moves import conflict
from stoory.money import Money


def check_room(deal: Deal, role: Role, *, is_open: bool, taken: Money, budget: Money) -> None:
    """Refuse to accept a deal its posting has no room for.

    `taken` is the sum of the agreed amounts of the posting's other deals that are accepted or later and not
    closed, `budget` what a campaign has to spend now. Raises Conflict `not_open`, `already_hired` (a bid
    hires one) or `budget_exhausted`, each with the moves open to `role`.
    """
    if why := _no_room(deal, is_open=is_open, taken=taken, budget=budget):
        raise conflict(deal, role, why)


def _no_room(deal: Deal, *, is_open: bool, taken: Money, budget: Money) -> Refusal | None:
    if not is_open:
        return Refusal("not_open", f"This {deal.terms.kind} is not open any more.")
    if deal.terms.kind == "bid" and taken > Money(0):
        return Refusal("already_hired", "Somebody else has been hired for this bid.")
    if deal.terms.kind == "campaign" and taken + deal.amount > budget:
        left = rupees(max(budget - taken, Money(0)))
        return Refusal("budget_exhausted", f"Of the campaign's budget {left} is left.")
    return None
