"""Deciding: whether somebody may make a move now, and what then happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from stoory.actor import Role
from stoory.deals import archive, forms
from stoory.deals.amounts import check_amount, rupees
from stoory.deals.deal import TEXT_INPUT, Deal, Event, Press, Prompt, Terms
from stoory.deals.rules import (
    ACTIONS,
    INPUTS,
    MOVES,
    NO_ROUNDS_LEFT,
    OPENINGS,
    TIMERS,
    Refusal,
    open_actions,
    refusal,
    spoken,
)
from stoory.deals.states import PARTICIPANTS, ROLES, Action, State
from stoory.errors import Conflict, Forbidden, Invalid
from stoory.money import Money

Facts = tuple[Money | None, dict[str, Any]]
"""The amount and the data of an event."""


def begin(
    opening: Action,
    *,
    actor_id: UUID,
    role: Role,
    terms: Terms,
    amount: Money,
    now: datetime,
    message: str | None = None,
    field: str = "proposed_amount",
) -> Event:
    """Return the first event of a deal; `field` is what the body calls the amount.

    Raises Forbidden when that role cannot begin a deal so, Invalid `amount_out_of_range`.
    """
    may, _ = OPENINGS[opening]
    if role not in may:
        raise Forbidden(f"The {spoken(role)} cannot {opening}.")
    check_amount(terms, amount, field=field)
    data: dict[str, Any] = {"n": 1, "terms": archive.plain(terms)}
    if message:
        data["message"] = message
    if role is Role.ADMIN:
        data["as_role"] = may[0].value
    return Event(
        seq=1,
        actor_id=actor_id,
        role=role,
        action=opening,
        from_state=None,
        to_state=State.INITIAL,
        amount=amount,
        data=data,
        process_version=terms.process_version,
        at=now,
    )


def decide(deal: Deal, press: Press) -> Event | Prompt:
    """Return what happens when somebody presses: an event, or a prompt when only input was asked for.

    Raises Invalid for an unknown action and for every bad field, Conflict (always with `allowed`) when the
    deal does not let this role make this move now.
    """
    action = _meant(deal, press)
    role = _side(deal, press, action)
    if why := refusal(deal, role, action):
        raise conflict(deal, press.role, why)
    values = dict(press.data) if press.role is Role.SYSTEM else forms.read(deal, press, action)
    if _only_asks(deal, action):
        return Prompt(action, asks=MOVES[deal.state, action].asks or action)
    amount, data = DECISIONS.get(action, _as_told)(deal, press, values)
    if press.role is Role.ADMIN:
        data["as_role"] = role.value
    return Event(
        seq=deal.seq + 1,
        actor_id=press.actor_id,
        role=press.role,
        action=action,
        from_state=deal.state,
        to_state=MOVES[deal.state, action].to or deal.state,
        amount=amount,
        data=data,
        process_version=deal.terms.process_version,
        at=press.now,
    )


def conflict(deal: Deal, role: Role, why: Refusal) -> Conflict:
    """Return the refusal as the error to raise, with the moves open to that role instead."""
    allowed = [action.value for action in open_actions(deal, role)]
    return Conflict(why.message, code=why.code, allowed=allowed)


def _meant(deal: Deal, press: Press) -> Action:
    """Return the action that was meant; a prompt that already holds its answer is that answer."""
    if press.action not in (INPUTS if press.door is TEXT_INPUT else ACTIONS):
        raise Invalid.field(press.door.action, f"There is no such {press.door.action}.")
    action = Action(press.action)
    move = MOVES.get((deal.state, action))
    return move.asks if move and move.asks and forms.is_filled(press, move.asks) else action


def _side(deal: Deal, press: Press, action: Action) -> Role:
    """Return the side that moves.

    An operator moves for the side that is named, else for the only one that can, else for the awaited one.
    """
    if press.role is not Role.ADMIN:
        return press.role
    if press.data.get("as_role") in PARTICIPANTS:
        return Role(press.data["as_role"])
    move = MOVES.get((deal.state, action))
    match ROLES[move.by] if move else ():
        case (Role.BRAND_OWNER | Role.INFLUENCER | Role.ADMIN as only,):
            return only
        case _:
            return deal.awaiting_role or Role.ADMIN


def _only_asks(deal: Deal, action: Action) -> bool:
    """Tell whether the press is a mere prompt. One that changes the state, as from initial, is an event."""
    move = MOVES[deal.state, action]
    return move.asks is not None and move.to in {None, deal.state}


def _accepted(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    """Bind the amount on the table, and no other: the presser may have seen an older one."""
    if values.pop("amount", deal.amount) != deal.amount:
        why = Refusal("offer_changed", f"The amount on the table is now {rupees(deal.amount)}.")
        raise conflict(deal, press.role, why)
    return deal.amount, values


def _terms_confirmed(deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    return deal.agreed_amount, values


def _offered(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    amount = values.pop("proposed_amount")
    if amount == deal.amount:
        message = f"{rupees(amount)} is already on the table: accept it or name another amount."
        raise Invalid.field(f"{press.door.data}proposed_amount", message, code="offer_unchanged")
    return amount, {"n": len(deal.offers) + 1, **values}


def _amount_set(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    """Let the brand name the amount it agrees to; the one already on the table is no new offer."""
    amount = values.pop("amount")
    if amount == deal.amount:
        return amount, values
    if deal.rounds_left == 0:
        raise conflict(deal, press.role, NO_ROUNDS_LEFT)
    return amount, {"n": len(deal.offers) + 1, **values}


def _edited(deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    amount = values.pop("proposed_amount", deal.amount)
    return (None, values) if amount == deal.amount else (amount, {"n": 1, **values})


def _unpayable(deal: Deal, press: Press, _values: dict[str, Any]) -> Facts:
    why = Refusal("payments_unavailable", "Payments are not available yet; the deal stays as it is.")
    raise conflict(deal, press.role, why)


def _ran_out(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    """Let a clock end the deal only when its time has come: it may have moved since it was found due."""
    if press.now < deal.deadlines[Action(press.action)]:
        raise conflict(deal, press.role, NOT_DUE)
    return None, values


def _reminded(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    wanted = (values.get("timer"), values.get("percent"))
    if not any((r.timer, r.percent) == wanted and r.at <= press.now for r in deal.reminders):
        raise conflict(deal, press.role, NOT_DUE)
    return None, values


def _as_told(_deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    return None, values


NOT_DUE: Final = Refusal("not_due", "The clock of this deal has not run out.")

DECISIONS: Final[dict[Action, Callable[[Deal, Press, dict[str, Any]], Facts]]] = {
    Action.EDIT_PROPOSAL: _edited,
    Action.ACCEPT_PROPOSAL: _accepted,
    Action.CONFIRM_TERMS: _terms_confirmed,
    Action.NEGOTIATION_AMOUNT: _offered,
    Action.SET_AMOUNT: _amount_set,
    Action.PROCEED_TO_PAYMENT: _unpayable,
    Action.REMINDER: _reminded,
    **dict.fromkeys(TIMERS, _ran_out),
}
"""What a move demands beside who and when, and the facts its event keeps."""
