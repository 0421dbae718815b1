"""Razorpay's door: what it says is stored, and acknowledged only then; it is applied afterwards."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
from litestar import Request
from msgspec import Struct

from stoory.errors import Unreadable
from stoory.payments.actions.purposes import Till
from stoory.payments.queries.webhooks import Arrival, insert_webhook
from stoory.payments.rules import UNREADABLE
from stoory.platform.http.answers import Answer
from stoory.platform.http.routes import ANYONE, Db, post

LONGEST_EVENT_ID: Final = 100


class _Entity(Struct, frozen=True):
    """What of an entity says to which order it belongs."""

    id: str | None = None
    order_id: str | None = None


class _Part(Struct, frozen=True):
    entity: _Entity = _Entity()


class _Payload(Struct, frozen=True):
    payment: _Part = _Part()
    refund: _Part = _Part()


class _Envelope(Struct, frozen=True):
    event: str
    payload: _Payload = _Payload()


_decoder = msgspec.json.Decoder(_Envelope)


@post("/api/payments/webhook", who=ANYONE, limit=None, fails=(400, 413))
async def take_webhook(db: Db, till: Till, request: Request[Any, Any, Any]) -> Answer:
    """Take a webhook of Razorpay: `X-Razorpay-Signature` over the raw body, `x-razorpay-event-id` for once only.

    200 means stored. It is applied within a second or so; what cannot be applied waits for an operator, and is not to
    be sent again.
    """
    body = await request.body()
    if not till.gateway.is_webhook_signed(body, request.headers.get("x-razorpay-signature")):
        raise Unreadable("The signature does not fit this body.", code="invalid_signature")
    arrival = read(body, request.headers.get("x-razorpay-event-id"))
    async with db.as_system("a webhook") as tx:
        await insert_webhook(tx, arrival)
    return Answer()


def read(body: bytes, event_id: str | None) -> Arrival:
    """Read the outside of a webhook; what is signed but makes no sense is kept all the same. Unreadable if no text."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Unreadable from None
    if "\0" in text:
        raise Unreadable
    try:
        envelope = _decoder.decode(body)
    except msgspec.MsgspecError:
        envelope = _Envelope(event=UNREADABLE)
    payment = envelope.payload.payment.entity
    return Arrival(
        id=_id(body, event_id),
        event=envelope.event[:100],
        razorpay_order_id=payment.order_id,
        razorpay_payment_id=payment.id,
        body=text,
    )


def _id(body: bytes, event_id: str | None) -> str:
    """Return the event's id; a webhook without one is known by its content."""
    if event_id and len(event_id) <= LONGEST_EVENT_ID and event_id.isascii() and event_id.isprintable():
        return event_id
    return hashlib.sha256(body).hexdigest()


ROUTES: Final = [take_webhook]
