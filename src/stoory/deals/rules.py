"""The deal process, version 1, as one table: everything a deal can do, and who may do it when.

`MOVES` and `timers.TIMERS` are the only truth. Buttons, `next_states`, open actions, refusals, clocks, the
diagram in the documentation and the property tests are read from them; a new move is a new row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from msgspec import Struct

from stoory.actor import Actor, Role
from stoory.deals.conditions import (
    Refusal,
    answered,
    awaiting_the_influencer,
    confirmed,
    nothing_to_answer,
    others_dispute,
    out_of_changes,
    out_of_rounds,
    own_dispute,
    unconfirmed,
)
from stoory.deals.deal import Deal
from stoory.deals.states import (
    CLOSED,
    FUNDED,
    PARTICIPANTS,
    PENDING,
    ROLES,
    RUNNING,
    UNPAID,
    WORKING,
    Action,
    Party,
    State,
    Turn,
)
from stoory.deals.timers import TIMERS, Timer
from stoory.errors import NotFound

PROCESS_VERSION: Final = 1


class Move(Struct, frozen=True, kw_only=True):
    """What one action does to a deal in one state."""

    by: Party
    to: State | None = None
    """None: the deal stays where it is."""
    or_to: tuple[State, ...] = ()
    """Where else it may lead; what is asked decides."""
    next: Turn = Turn.SAME
    """Nobody's once the deal is closed."""
    asks: Action | None = None
    """A prompt: the button only asks for the input that this other action takes."""
    unless: Callable[[Deal, Role], Refusal | None] | None = None
    """What else the deal itself must allow that role."""
    repeats: bool = False
    """Made before: pressed again it shows the same, and nothing happens."""


def _ends(
    by: Party,
    to: State,
    *,
    or_to: tuple[State, ...] = (),
    unless: Callable[[Deal, Role], Refusal | None] | None = None,
) -> Move:
    return Move(by=by, to=to, or_to=or_to, next=Turn.NOBODY, unless=unless)


_INITIAL, _ACCEPTED, _PAYING = (State.INITIAL,), (State.ACCEPTED,), (State.PAYMENT_PENDING,)
_SUBMITTED, _DISPUTED = (State.WORK_SUBMITTED,), (State.DISPUTED,)
_PAID_OR_CLOSED: Final = (*FUNDED, *sorted(CLOSED))
_OPEN: Final = (*PENDING, *UNPAID, *FUNDED)

_BRAND, _INFLUENCER, _EITHER = Party.BRAND_OWNER, Party.INFLUENCER, Party.EITHER

_ROWS: Final[tuple[tuple[tuple[State, ...], Action, Move], ...]] = (
    (_INITIAL, Action.EDIT_PROPOSAL, Move(by=_INFLUENCER, next=Turn.BRAND_OWNER, unless=answered)),
    (PENDING, Action.ACCEPT_PROPOSAL, Move(by=Party.AWAITED, to=State.ACCEPTED, next=Turn.PAYER)),
    (_ACCEPTED, Action.CONFIRM_TERMS, Move(by=_INFLUENCER, next=Turn.BRAND_OWNER, unless=confirmed)),
    (
        PENDING,
        Action.NEGOTIATE_AMOUNT,
        Move(by=Party.AWAITED, to=State.NEGOTIATING, asks=Action.NEGOTIATION_AMOUNT, unless=out_of_rounds),
    ),
    (
        PENDING,
        Action.NEGOTIATION_AMOUNT,
        Move(by=Party.AWAITED, to=State.NEGOTIATING, next=Turn.OTHER, unless=out_of_rounds),
    ),
    (PENDING, Action.SET_AMOUNT, Move(by=_BRAND, unless=awaiting_the_influencer)),
    (PENDING, Action.DECLINE_PROPOSAL, _ends(Party.AWAITED, State.DECLINED)),
    (PENDING, Action.RETRACT_PROPOSAL, _ends(_BRAND, State.DECLINED)),
    ((*PENDING, *UNPAID), Action.WITHDRAW_PROPOSAL, _ends(_INFLUENCER, State.WITHDRAWN)),
    (
        _ACCEPTED,
        Action.PROCEED_TO_PAYMENT,
        Move(by=_BRAND, to=State.PAYMENT_PENDING, next=Turn.BRAND_OWNER, unless=unconfirmed),
    ),
    (_PAYING, Action.PROCEED_TO_PAYMENT, Move(by=_BRAND, repeats=True)),
    (
        UNPAID,
        Action.PAYMENT_CAPTURED,
        Move(by=Party.PAYMENTS, to=State.IN_PROGRESS, next=Turn.INFLUENCER),
    ),
    (_PAID_OR_CLOSED, Action.PAYMENT_CAPTURED, Move(by=Party.PAYMENTS)),
    (_PAYING, Action.PAYMENT_FAILED, Move(by=Party.PAYMENTS, to=State.ACCEPTED, next=Turn.BRAND_OWNER)),
    ((*_ACCEPTED, *_PAID_OR_CLOSED), Action.PAYMENT_FAILED, Move(by=Party.PAYMENTS)),
    (WORKING, Action.SUBMIT_WORK, Move(by=_INFLUENCER, asks=Action.WORK_SUBMISSION)),
    (
        WORKING,
        Action.WORK_SUBMISSION,
        Move(by=_INFLUENCER, to=State.WORK_SUBMITTED, next=Turn.BRAND_OWNER),
    ),
    (RUNNING, Action.APPROVE_WORK, _ends(_BRAND, State.COMPLETED)),
    (_SUBMITTED, Action.REQUEST_CHANGES, Move(by=_BRAND, asks=Action.CHANGE_REQUEST, unless=out_of_changes)),
    (
        _SUBMITTED,
        Action.CHANGE_REQUEST,
        Move(by=_BRAND, to=State.CHANGES_REQUESTED, next=Turn.INFLUENCER, unless=out_of_changes),
    ),
    (UNPAID, Action.CANCEL_DEAL, _ends(_BRAND, State.CANCELLED)),
    (WORKING, Action.CANCEL_DEAL, _ends(_INFLUENCER, State.CANCELLED)),
    (RUNNING, Action.PROPOSE_CANCEL, Move(by=_EITHER)),
    (RUNNING, Action.ACCEPT_CANCEL, _ends(_EITHER, State.CANCELLED, unless=nothing_to_answer)),
    (RUNNING, Action.REJECT_CANCEL, Move(by=_EITHER, unless=nothing_to_answer)),
    (RUNNING, Action.OPEN_DISPUTE, Move(by=_EITHER, asks=Action.DISPUTE)),
    (RUNNING, Action.DISPUTE, Move(by=_EITHER, to=State.DISPUTED, next=Turn.ADMIN)),
    (RUNNING, Action.CHARGED_BACK, Move(by=Party.PAYMENTS, to=State.DISPUTED, next=Turn.ADMIN)),
    (_DISPUTED, Action.DISPUTE_REPLY, Move(by=_EITHER, unless=own_dispute)),
    (
        _DISPUTED,
        Action.WITHDRAW_DISPUTE,
        Move(
            by=_EITHER,
            to=State.IN_PROGRESS,
            or_to=(State.WORK_SUBMITTED, State.CHANGES_REQUESTED),
            next=Turn.AS_BEFORE,
            unless=others_dispute,
        ),
    ),
    (_DISPUTED, Action.RESOLVE_DISPUTE, _ends(Party.ADMIN, State.COMPLETED, or_to=(State.CANCELLED,))),
    (FUNDED, Action.REFUND, Move(by=Party.ADMIN, or_to=(State.CANCELLED,))),
    (PENDING, Action.OFFER_EXPIRED, _ends(Party.TIMER, State.EXPIRED)),
    (_PAYING, Action.PAYMENT_ABANDONED, Move(by=Party.TIMER, to=State.ACCEPTED, next=Turn.BRAND_OWNER)),
    (UNPAID, Action.PAYMENT_EXPIRED, _ends(Party.TIMER, State.EXPIRED)),
    (_SUBMITTED, Action.AUTO_APPROVE, _ends(Party.TIMER, State.COMPLETED)),
    (WORKING, Action.DELIVERY_OVERDUE, _ends(Party.TIMER, State.CANCELLED)),
    (_OPEN, Action.REMINDER, Move(by=Party.TIMER)),
    (PENDING, Action.POSTING_CANCELLED, _ends(Party.POSTING, State.DECLINED)),
    (UNPAID, Action.POSTING_CANCELLED, _ends(Party.POSTING, State.CANCELLED)),
)

MOVES: Final[dict[tuple[State, Action], Move]] = {
    (state, action): move for states, action, move in _ROWS for state in states
}
"""Every move of every state. What is not here cannot happen."""

OPENINGS: Final[dict[Action, tuple[tuple[Role, ...], Role]]] = {
    Action.APPLY: ((Role.INFLUENCER,), Role.BRAND_OWNER),
    Action.INITIALIZE: ((Role.BRAND_OWNER, Role.ADMIN), Role.BRAND_OWNER),
    Action.INVITE: ((Role.BRAND_OWNER, Role.ADMIN), Role.INFLUENCER),
}
"""How a deal begins: who may, and whose turn it is then. An influencer's initialize is an application."""

ACTIONS: Final = tuple(dict.fromkeys(action for _, action in MOVES))
"""Every action that is a move somewhere, in the table's order."""

INPUTS: Final = frozenset(
    {
        *(move.asks for move in MOVES.values() if move.asks),
        Action.PROPOSE_CANCEL,
        Action.DISPUTE_REPLY,
        Action.RESOLVE_DISPUTE,
    }
)
"""The actions that arrive as text input."""

CLOCKS: Final = frozenset(action for (_, action), move in MOVES.items() if move.by is Party.TIMER)
"""The actions that clocks make."""


def check_table(moves: Mapping[tuple[State, Action], Move], timers: Mapping[Action, Timer]) -> None:
    """Refuse a table in which a deal could wait for ever, end twice or go nowhere; ValueError says where."""
    for (state, action), move in moves.items():
        targets = {move.to or state, *move.or_to}
        if state in CLOSED and (move.by is not Party.PAYMENTS or targets != {state}):
            raise ValueError(f"{state} is closed but has the move {action}")
        if not targets <= set(State):
            raise ValueError(f"{action} in {state} leads to {move.to}, which is no state")
        if move.next is not Turn.SAME and (targets <= CLOSED) is not (move.next is Turn.NOBODY):
            raise ValueError(f"{action} in {state} leads to {move.to} but the turn of {move.next}")
        if move.next is Turn.SAME and move.to in CLOSED:
            raise ValueError(f"{action} in {state} leads to {move.to} but the turn of {move.next}")
        if move.asks and (move.to or state, move.asks) not in moves:
            raise ValueError(f"{action} in {state} asks for {move.asks}, which is no move there")
    for state in set(State) - CLOSED:
        if not any(
            action in timers or (move.by is Party.ADMIN and move.next is Turn.NOBODY)
            for (at, action), move in moves.items()
            if at is state
        ):
            raise ValueError(f"a deal could stay {state} for ever: neither a timer nor an operator ends it")


check_table(MOVES, TIMERS)


def awaits_payment(deal: Deal) -> bool:
    """Tell whether a captured payment funds the deal; otherwise it is given back."""
    move = MOVES.get((deal.state, Action.PAYMENT_CAPTURED))
    return move is not None and move.to is not None


def require_party(actor: Actor, *parties: UUID) -> None:
    """Let the two of a deal and operators pass; for everybody else there is no deal: NotFound."""
    if not (actor.is_admin or actor.id in parties):
        raise NotFound


def refusal(deal: Deal, role: Role, action: Action) -> Refusal | None:
    """Return why that role cannot make this move now, or None when it is open to it.

    An operator may make the moves of both sides, so only what neither side can do is refused.
    """
    if role is Role.ADMIN:
        reasons = [_refusal(deal, side, action) for side in (*PARTICIPANTS, role)]
        return None if None in reasons else reasons[0]
    return _refusal(deal, role, action)


def open_actions(deal: Deal, role: Role) -> list[Action]:
    """Return every move open to that role now, in the table's order."""
    return [action for action in ACTIONS if refusal(deal, role, action) is None]


def side_of_operator(deal: Deal, action: Action) -> Role:
    """Return the side for which an operator moves who names none: the only one that can, else the awaited one."""
    move = MOVES.get((deal.state, action))
    sides = [role for role in ROLES[move.by] if role is not Role.SYSTEM] if move else []
    able = [side for side in sides if _refusal(deal, side, action) is None]
    for only in (able, sides):
        if len(only) == 1:
            return only[0]
    return deal.awaiting_role or Role.ADMIN


def refusals(deal: Deal, role: Role) -> dict[Action, Refusal]:
    """Return every move that is not open to that role now, each with its reason."""
    why = {action: refusal(deal, role, action) for action in ACTIONS}
    return {action: reason for action, reason in why.items() if reason}


def _refusal(deal: Deal, role: Role, action: Action) -> Refusal | None:
    move = MOVES.get((deal.state, action))
    if move is None:
        return Refusal("invalid_action", f"{action} is not possible: the deal is {deal.state}.")
    if role not in ROLES[move.by]:
        return Refusal("invalid_action", f"{action} is never a move of the {spoken(role)}.")
    if move.by is Party.AWAITED and role is not deal.awaiting_role:
        return Refusal(
            "not_your_turn", f"It is not your turn: the {spoken(deal.awaiting_role)} answers next."
        )
    return move.unless(deal, role) if move.unless else None


def spoken(role: Role | None) -> str:
    """Return the role as a word of a sentence: `brand`, `influencer`, `operator`."""
    return {Role.BRAND_OWNER: "brand", Role.INFLUENCER: "influencer", Role.ADMIN: "operator"}.get(
        role or Role.SYSTEM, "system"
    )
