"""The deal process, version 1, as one table: everything a deal can do, and who may do it when.

`MOVES` and `TIMERS` are the only truth. Buttons, `next_states`, open actions, refusals, clocks, the
diagram in the documentation and the property tests are read from them; a new move is a new row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from stoory.actor import Actor, Role
from stoory.deals.deal import Deal
from stoory.deals.states import CLOSED, PARTICIPANTS, PENDING, ROLES, Action, Party, State, Turn
from stoory.errors import NotFound

PROCESS_VERSION: Final = 1
OFFER_TTL_HOURS: Final = 72
PAYMENT_TTL_DAYS: Final = 3
REMIND_AT_PERCENT: Final = (50, 90)


class Refusal(Struct, frozen=True):
    """Why a move is not open: the code and message of the conflict."""

    code: str
    message: str


NO_ROUNDS_LEFT: Final = Refusal(
    "no_rounds_left", "No more offers can be made: accept or decline the last one."
)


class Move(Struct, frozen=True, kw_only=True):
    """What one action does to a deal in one state."""

    by: Party
    to: State | None = None
    """None: the deal stays where it is."""
    next: Turn = Turn.SAME
    asks: Action | None = None
    """A prompt: the button only asks for the input that this other action takes."""
    unless: Callable[[Deal], Refusal | None] | None = None
    """What else the deal itself must allow."""


class Timer(Struct, frozen=True, kw_only=True):
    """A clock: how long it runs, from when, and at which parts of its time it reminds."""

    lasts: timedelta
    since: Callable[[Deal], datetime | None]
    reminders: tuple[int, ...] = REMIND_AT_PERCENT


def _answered(deal: Deal) -> Refusal | None:
    if deal.opening is Action.APPLY and len(deal.offers) == 1:
        return None
    return Refusal("invalid_action", "Only an application nobody has answered yet can be edited.")


def _confirmed(deal: Deal) -> Refusal | None:
    return (
        Refusal("invalid_action", "The terms are already confirmed.") if deal.influencer_confirmed else None
    )


def _unconfirmed(deal: Deal) -> Refusal | None:
    if deal.influencer_confirmed:
        return None
    return Refusal("awaiting_influencer", "The influencer has to confirm the terms before payment.")


def _out_of_rounds(deal: Deal) -> Refusal | None:
    return None if deal.rounds_left else NO_ROUNDS_LEFT


def _awaiting_the_influencer(deal: Deal) -> Refusal | None:
    if deal.awaiting_role is Role.BRAND_OWNER:
        return None
    return Refusal("not_your_turn", "It is not the brand's turn: the influencer answers next.")


_INITIAL, _NEGOTIATING, _ACCEPTED = (State.INITIAL,), (State.NEGOTIATING,), (State.ACCEPTED,)
_OPEN: Final = (*PENDING, State.ACCEPTED)

_ROWS: Final[tuple[tuple[tuple[State, ...], Action, Move], ...]] = (
    (_INITIAL, Action.EDIT_PROPOSAL, Move(by=Party.INFLUENCER, next=Turn.BRAND_OWNER, unless=_answered)),
    (PENDING, Action.ACCEPT_PROPOSAL, Move(by=Party.AWAITED, to=State.ACCEPTED, next=Turn.PAYER)),
    (_ACCEPTED, Action.CONFIRM_TERMS, Move(by=Party.INFLUENCER, next=Turn.BRAND_OWNER, unless=_confirmed)),
    (
        PENDING,
        Action.NEGOTIATE_AMOUNT,
        Move(by=Party.AWAITED, to=State.NEGOTIATING, asks=Action.NEGOTIATION_AMOUNT, unless=_out_of_rounds),
    ),
    (
        PENDING,
        Action.NEGOTIATION_AMOUNT,
        Move(by=Party.AWAITED, to=State.NEGOTIATING, next=Turn.OTHER, unless=_out_of_rounds),
    ),
    (PENDING, Action.SET_AMOUNT, Move(by=Party.BRAND_OWNER, unless=_awaiting_the_influencer)),
    (PENDING, Action.DECLINE_PROPOSAL, Move(by=Party.AWAITED, to=State.DECLINED, next=Turn.NOBODY)),
    (PENDING, Action.RETRACT_PROPOSAL, Move(by=Party.BRAND_OWNER, to=State.DECLINED, next=Turn.NOBODY)),
    (_OPEN, Action.WITHDRAW_PROPOSAL, Move(by=Party.INFLUENCER, to=State.WITHDRAWN, next=Turn.NOBODY)),
    (_ACCEPTED, Action.PROCEED_TO_PAYMENT, Move(by=Party.BRAND_OWNER, unless=_unconfirmed)),
    (_ACCEPTED, Action.CANCEL_DEAL, Move(by=Party.BRAND_OWNER, to=State.CANCELLED, next=Turn.NOBODY)),
    (PENDING, Action.OFFER_EXPIRED, Move(by=Party.TIMER, to=State.EXPIRED, next=Turn.NOBODY)),
    (_ACCEPTED, Action.PAYMENT_EXPIRED, Move(by=Party.TIMER, to=State.EXPIRED, next=Turn.NOBODY)),
    (_OPEN, Action.REMINDER, Move(by=Party.TIMER)),
    (PENDING, Action.POSTING_CANCELLED, Move(by=Party.POSTING, to=State.DECLINED, next=Turn.NOBODY)),
    (_ACCEPTED, Action.POSTING_CANCELLED, Move(by=Party.POSTING, to=State.CANCELLED, next=Turn.NOBODY)),
)

MOVES: Final[dict[tuple[State, Action], Move]] = {
    (state, action): move for states, action, move in _ROWS for state in states
}
"""Every move of every state. What is not here cannot happen."""

TIMERS: Final[dict[Action, Timer]] = {
    Action.OFFER_EXPIRED: Timer(
        lasts=timedelta(hours=OFFER_TTL_HOURS), since=lambda deal: deal.offers[-1].at
    ),
    Action.PAYMENT_EXPIRED: Timer(
        lasts=timedelta(days=PAYMENT_TTL_DAYS), since=lambda deal: deal.accepted_at
    ),
}
"""Every clock. It runs in the states in which its action is a move."""

OPENINGS: Final[dict[Action, tuple[tuple[Role, ...], Role]]] = {
    Action.APPLY: ((Role.INFLUENCER,), Role.BRAND_OWNER),
    Action.INITIALIZE: ((Role.BRAND_OWNER, Role.ADMIN), Role.BRAND_OWNER),
    Action.INVITE: ((Role.BRAND_OWNER, Role.ADMIN), Role.INFLUENCER),
}
"""How a deal begins: who may, and whose turn it is then. An influencer's initialize is an application."""

ACTIONS: Final = tuple(dict.fromkeys(action for _, action in MOVES))
"""Every action that is a move somewhere, in the table's order."""

INPUTS: Final = frozenset(move.asks for move in MOVES.values() if move.asks)
"""The actions that arrive as text input."""


def check_table(moves: Mapping[tuple[State, Action], Move], timers: Mapping[Action, Timer]) -> None:
    """Refuse a table in which a deal could wait for ever, end twice or go nowhere; ValueError says where."""
    for (state, action), move in moves.items():
        if state in CLOSED:
            raise ValueError(f"{state} is closed but has the move {action}")
        if move.to is not None and move.to not in set(State):
            raise ValueError(f"{action} in {state} leads to {move.to}, which is no state")
        if (move.to in CLOSED) is not (move.next is Turn.NOBODY):
            raise ValueError(f"{action} in {state} leads to {move.to} but the turn of {move.next}")
        if move.asks and (move.to or state, move.asks) not in moves:
            raise ValueError(f"{action} in {state} asks for {move.asks}, which is no move there")
    for state in set(State) - CLOSED:
        if not any(
            action in timers or move.by is Party.ADMIN for (at, action), move in moves.items() if at is state
        ):
            raise ValueError(f"a deal could stay {state} for ever: neither a timer nor an operator ends it")


check_table(MOVES, TIMERS)


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
    return move.unless(deal) if move.unless else None


def spoken(role: Role | None) -> str:
    """Return the role as a word of a sentence: `brand`, `influencer`, `operator`."""
    return {Role.BRAND_OWNER: "brand", Role.INFLUENCER: "influencer", Role.ADMIN: "operator"}.get(
        role or Role.SYSTEM, "system"
    )
