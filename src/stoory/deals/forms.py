"""What a press may carry: the fields of each move, and how each is read. Every bad one is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, cast

from msgspec import Struct

from stoory.actor import Role
from stoory.deals.amounts import LEAST, OutOfRange, rupees, within
from stoory.deals.deal import NOTHING, Deal, Press
from stoory.deals.states import PARTICIPANTS, Action
from stoory.errors import FieldError, Invalid
from stoory.money import Money

TEXT_MAX_CHARACTERS: Final = 2000
LINK_MAX_CHARACTERS: Final = 2000
LINKS_MAX: Final = 10

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""NUL and lone surrogates: JSON can carry them, PostgreSQL cannot keep them."""


class Field(Struct, frozen=True):
    """One field of a form: how it is read (ValueError says what is wrong) and whether it must be there."""

    read: Callable[[object, Deal, datetime], object]
    required: bool = False


def amount(value: object, _deal: Deal, _now: datetime) -> Money:
    """Read an amount of rupees."""
    return Money.from_wire(value)


def offered_amount(value: object, deal: Deal, _now: datetime) -> Money:
    """Read an amount of rupees the terms allow."""
    return within(deal.terms, Money.from_wire(value))


def text(value: object, _deal: Deal, _now: datetime) -> str:
    """Read a text that can be stored."""
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004 - one kind of error for one kind of caller
    if len(value) > TEXT_MAX_CHARACTERS:
        raise ValueError(f"must have at most {TEXT_MAX_CHARACTERS} characters")
    if _UNSTORABLE.search(value):
        raise ValueError("contains characters that cannot be stored")
    return value


def future_date(value: object, _deal: Deal, now: datetime) -> str:
    """Read a date after today, in UTC, kept as it is written: YYYY-MM-DD."""
    if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("must be a date as YYYY-MM-DD")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    if day <= now.date():
        raise ValueError("must be in the future")
    return value


def links(value: object, deal: Deal, now: datetime) -> list[str]:
    """Read a list of https addresses."""
    addresses = cast("list[object]", value)
    if not isinstance(value, list) or len(addresses) > LINKS_MAX:
        raise ValueError(f"must be a list of at most {LINKS_MAX} addresses")
    return [_link(address, deal, now) for address in addresses]


def link_lines(value: object, deal: Deal, now: datetime) -> list[str]:
    """Read a list of https addresses, or a text with one on each line, as a form sends it."""
    if isinstance(value, str):
        value = [line.strip() for line in text(value, deal, now).splitlines() if line.strip()]
    return links(value, deal, now)


def no_files(value: object, _deal: Deal, _now: datetime) -> list[str]:
    """Read the files of a move: none for now."""
    if value != []:
        raise ValueError("must be empty: files cannot be attached yet, send links")
    return []


def part_of_held(value: object, deal: Deal, _now: datetime) -> Money:
    """Read what of the escrow is meant: nothing, or a rupee at least, which is the least that can be sent."""
    if value == 0 and not isinstance(value, bool):
        return NOTHING
    part = Money.from_wire(value)
    if part > deal.held:
        raise OutOfRange(f"must be at most {rupees(deal.held)}, which the escrow holds")
    if part < LEAST:
        raise OutOfRange(f"must be nothing, or {rupees(LEAST)} at least")
    return part


def released_part(value: object, deal: Deal, _now: datetime) -> Money:
    """Read what of the escrow is the influencer's: anything from nothing to all."""
    if value == 0 and not isinstance(value, bool):
        return NOTHING
    part = Money.from_wire(value)
    if part > deal.held:
        raise OutOfRange(f"must be at most {rupees(deal.held)}, which the escrow holds")
    return part


def refund(value: object, deal: Deal, now: datetime) -> Money:
    """Read what of the escrow goes back now: something, and no rest too small to be sent after it."""
    part = part_of_held(value, deal, now)
    if part == NOTHING:
        raise OutOfRange("must be greater than 0")
    if NOTHING < deal.held - part < LEAST:
        raise OutOfRange(f"must leave nothing of {rupees(deal.held)}, or {rupees(LEAST)} at least")
    return part


def participant(value: object, _deal: Deal, _now: datetime) -> str:
    """Read the side an operator moves for."""
    if value not in PARTICIPANTS:
        raise ValueError("must be brand_owner or influencer")
    return Role(value).value


def _link(value: object, deal: Deal, now: datetime) -> str:
    address = text(value, deal, now)
    if not re.fullmatch(r"https://[^\s/?#]+\S*", address):
        raise ValueError("must hold https addresses only")
    return address


_NOTES: Final = {"additional_notes": Field(text)}
_REASON: Final = {"reason": Field(text), **_NOTES}

_OFFER: Final = {
    "proposed_amount": Field(offered_amount, required=True),
    "reasoning": Field(text),
    "deliver_by": Field(future_date),
    **_NOTES,
}

_WORK: Final = {
    "description": Field(text, required=True),
    "links": Field(link_lines),
    "file_ids": Field(no_files),
    **_NOTES,
}
_CHANGES: Final = {"feedback": Field(text, required=True), **_NOTES}
_DISPUTE: Final = {"reason": Field(text, required=True), "file_ids": Field(no_files), **_NOTES}

FORMS: Final[dict[Action, dict[str, Field]]] = {
    Action.EDIT_PROPOSAL: {
        "proposed_amount": Field(offered_amount),
        "message": Field(text),
        "portfolio_links": Field(links),
    },
    Action.ACCEPT_PROPOSAL: {"amount": Field(amount), **_NOTES},
    Action.CONFIRM_TERMS: _NOTES,
    Action.NEGOTIATE_AMOUNT: {name: Field(field.read) for name, field in _OFFER.items()},
    Action.NEGOTIATION_AMOUNT: _OFFER,
    Action.SET_AMOUNT: {"amount": Field(offered_amount, required=True), **_NOTES},
    Action.DECLINE_PROPOSAL: _REASON,
    Action.RETRACT_PROPOSAL: _REASON,
    Action.WITHDRAW_PROPOSAL: _REASON,
    Action.PROCEED_TO_PAYMENT: _NOTES,
    Action.CANCEL_DEAL: _REASON,
    Action.SUBMIT_WORK: {name: Field(field.read) for name, field in _WORK.items()},
    Action.WORK_SUBMISSION: _WORK,
    Action.APPROVE_WORK: _NOTES,
    Action.REQUEST_CHANGES: {name: Field(field.read) for name, field in _CHANGES.items()},
    Action.CHANGE_REQUEST: _CHANGES,
    Action.PROPOSE_CANCEL: {"refund_amount": Field(part_of_held, required=True), **_REASON},
    Action.ACCEPT_CANCEL: _NOTES,
    Action.REJECT_CANCEL: _REASON,
    Action.OPEN_DISPUTE: {name: Field(field.read) for name, field in _DISPUTE.items()},
    Action.DISPUTE: _DISPUTE,
    Action.DISPUTE_REPLY: _DISPUTE,
    Action.WITHDRAW_DISPUTE: _NOTES,
    Action.RESOLVE_DISPUTE: {
        "release_amount": Field(released_part, required=True),
        "refund_amount": Field(part_of_held, required=True),
        "reason": Field(text, required=True),
        **_NOTES,
    },
    Action.REFUND: {"amount": Field(refund), "reason": Field(text, required=True), **_NOTES},
}
"""The fields of each move a person can make. Operators may add `as_role` to any of them."""


def read(deal: Deal, press: Press, action: Action) -> dict[str, Any]:
    """Return the fields that were filled in, read; Invalid names every bad one as the body calls it.

    A field left empty (null, or a text of blanks as a web form sends it) counts as not sent.
    """
    form = FORMS[action] | ({"as_role": Field(participant)} if press.role is Role.ADMIN else {})
    errors = [_wrong(press, name, "is not a field of this move") for name in press.data if name not in form]
    values: dict[str, Any] = {}
    code: str | None = None
    for name, field in form.items():
        value = press.data.get(name)
        if _is_empty(value):
            if field.required:
                errors.append(_wrong(press, name, "is required"))
            continue
        try:
            values[name] = field.read(value, deal, press.now)
        except ValueError as error:
            code = "amount_out_of_range" if isinstance(error, OutOfRange) else code
            errors.append(_wrong(press, name, str(error)))
    if errors:
        raise Invalid(*errors, message=f"{errors[0].field} {errors[0].message}.", code=code)
    return values


def is_filled(press: Press, action: Action) -> bool:
    """Tell whether the press holds everything that action requires, right or wrong."""
    required = [name for name, field in FORMS[action].items() if field.required]
    return not any(_is_empty(press.data.get(name)) for name in required)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _wrong(press: Press, name: str, message: str) -> FieldError:
    return FieldError(press.door.data + name, message)
