"""Deciding: whether somebody may make a move now, and what then happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from stoory.actor import Role
from stoory.deals import archive, forms
from stoory.deals.amounts import check_amount, rupees
from stoory.deals.conditions import NO_ROUNDS_LEFT, Refusal
from stoory.deals.deal import TEXT_INPUT, Deal, Event, Press, Prompt, Terms, Unchanged
from stoory.deals.rules import (
    ACTIONS,
    CLOCKS,
    INPUTS,
    MOVES,
    OPENINGS,
    open_actions,
    refusal,
    side_of_operator,
    spoken,
)
from stoory.deals.states import PARTICIPANTS, Action, State
from stoory.errors import Conflict, FieldError, Forbidden, Invalid
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


def decide(deal: Deal, press: Press) -> Event | Prompt | Unchanged:
    """Return what happens when somebody presses: an event, a prompt when only input was asked for, or nothing new.

    Raises Invalid for an unknown action and for every bad field, Conflict (always with `allowed`) when the
    deal does not let this role make this move now.
    """
    action = _meant(deal, press)
    role = _side(deal, press, action)
    if why := refusal(deal, role, action):
        raise conflict(deal, press.role, why)
    values = dict(press.data) if press.role is Role.SYSTEM else forms.read(deal, press, action)
    if _only_asks(deal, action):
        return Prompt(action, asks=MOVES[deal.state, action].asks or action, by_role=role)
    if MOVES[deal.state, action].repeats:
        return Unchanged(action)
    amount, data = DECISIONS.get(action, _as_told)(deal, press, values)
    if press.role is Role.ADMIN:
        data["as_role"] = role.value
    return Event(
        seq=deal.seq + 1,
        actor_id=press.actor_id,
        role=press.role,
        action=action,
        from_state=deal.state,
        to_state=_target(deal, action, data),
        amount=amount,
        data=data,
        process_version=deal.terms.process_version,
        at=press.now,
    )


def _target(deal: Deal, action: Action, data: dict[str, Any]) -> State:
    """Return where the deal goes; some moves leave it to what is asked, or to where the dispute began."""
    match action:
        case Action.WITHDRAW_DISPUTE if deal.dispute:
            return deal.dispute.from_state
        case Action.RESOLVE_DISPUTE if not data["release"]:
            return State.CANCELLED
        case Action.REFUND if data["refund"] == deal.held.to_wire():
            return State.CANCELLED
        case _:
            return MOVES[deal.state, action].to or deal.state


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
    """Return the side that moves: an operator names one, or leaves it to the process."""
    if press.role is not Role.ADMIN:
        return press.role
    if press.data.get("as_role") in PARTICIPANTS:
        return Role(press.data["as_role"])
    return side_of_operator(deal, action)


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


def _paying(deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    return deal.agreed_amount, values


def _paid(_deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    """Take what the payments tell: order, payment and amount."""
    return Money.rupees(values.pop("amount")), values


def _approved(deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    """Release all that is held; without a submission the event says so."""
    unseen = {} if deal.work else {"without_submission": True}
    return deal.held, {**values, **unseen, "release": deal.held.to_wire()}


def _given_back(deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    """Give all that is held back to the brand."""
    back = {"refund": deal.held.to_wire()} if deal.is_funded else {}
    return None, {**values, **back}


def _split(deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    """End the deal as the other side has proposed."""
    refund = deal.cancel_proposal.refund_amount if deal.cancel_proposal else deal.held
    return None, {**values, "release": (deal.held - refund).to_wire(), "refund": refund.to_wire()}


def _cancel_proposed(_deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    refund: Money = values.pop("refund_amount")
    return None, {**values, "refund_amount": refund.to_wire()}


def _resolved(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    """Divide what is held as the operator decides, to the paisa."""
    release, refund = values.pop("release_amount"), values.pop("refund_amount")
    if release + refund != deal.held:
        wrong = f"together they must be {rupees(deal.held)}, which the escrow holds"
        names = ("release_amount", "refund_amount")
        errors = [FieldError(press.door.data + name, wrong) for name in names]
        raise Invalid(*errors, message=f"{wrong}.", code="amount_out_of_range")
    return None, {**values, "release": release.to_wire(), "refund": refund.to_wire()}


def _refunded(deal: Deal, _press: Press, values: dict[str, Any]) -> Facts:
    amount: Money = values.pop("amount", deal.held)
    return amount, {**values, "refund": amount.to_wire()}


def _auto_approved(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    _ran_out(deal, press, values)
    return _approved(deal, press, values)


def _overdue(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    _ran_out(deal, press, values)
    return _given_back(deal, press, values)


def _ran_out(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    """Let a clock end the deal only when its time has come: it may have moved since it was found due."""
    if press.now < deal.deadlines[Action(press.action)]:
        raise conflict(deal, press.role, NOT_DUE)
    return None, values


def _reminded(deal: Deal, press: Press, values: dict[str, Any]) -> Facts:
    wanted = (values.get("timer"), values.get("n"))
    if not any((r.timer, r.n) == wanted and r.at <= press.now for r in deal.reminders):
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
    Action.PROCEED_TO_PAYMENT: _paying,
    Action.PAYMENT_CAPTURED: _paid,
    Action.PAYMENT_FAILED: _paid,
    Action.APPROVE_WORK: _approved,
    Action.CANCEL_DEAL: _given_back,
    Action.PROPOSE_CANCEL: _cancel_proposed,
    Action.ACCEPT_CANCEL: _split,
    Action.RESOLVE_DISPUTE: _resolved,
    Action.REFUND: _refunded,
    **dict.fromkeys(CLOCKS, _ran_out),
    Action.REMINDER: _reminded,
    Action.AUTO_APPROVE: _auto_approved,
    Action.DELIVERY_OVERDUE: _overdue,
}
"""What a move demands beside who and when, and the facts its event keeps."""
