"""Webhooks on their way: signed bodies that wait, arrive, are tried again and are given up.

Razorpay documentation, "Webhooks": at least once, in no certain order; an answer other than 2xx or later than
5 seconds is a failure; retried with exponential back-off for 24 hours after the event, then the webhook is disabled.
The intervals are not published; ours double from one minute on, with a last attempt when the 24 hours are over.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from stoory.sandbox.razorpay.refusals import Json
from stoory.sandbox.razorpay.store import Store

FIRST_RETRY_SECONDS: Final = 60
TRIED_FOR_SECONDS: Final = 24 * 3600
CONTAINS: Final = {"order.paid": ["payment", "order"]}
"""Razorpay documentation, "Order events": the payment is named before the order. Others: as they are told."""


class Webhook(Struct, kw_only=True):
    """Where events go."""

    url: str | None = None
    secret: str = ""
    events: list[str] | None = None
    """Only these; all of them without."""
    is_enabled: bool = True
    is_held: bool = False
    """Whether events wait for the control door instead of being sent."""

    @property
    def is_open(self) -> bool:
        """Whether events are sent now."""
        return self.is_enabled and not self.is_held


class Delivery(Struct, kw_only=True):
    """One event on its way to one URL."""

    seq: int
    event_id: str
    event: str
    url: str
    body: bytes
    signature: str
    status: str
    attempts: int
    answered: str | None
    created_at: int
    due_at: int
    place: int
    """Its place in the order it was given, from 1 on; 0 without one."""
    tried_until: int | None
    """Set where the control door decided when it arrives: until then it is tried, and it disables nothing."""

    @property
    def shown(self) -> Json:
        """How the control door shows it."""
        fields = msgspec.to_builtins(self)
        return {"id": fields.pop("seq"), **fields, "body": self.body.decode()}


def webhook(store: Store) -> Webhook:
    """Return where events go."""
    return msgspec.convert(store.fact("webhook", {}), Webhook)


def set_webhook(store: Store, hook: Webhook) -> None:
    """Change where events go. Those on their way keep the secret they were signed with, as Razorpay's do."""
    store.set_fact("webhook", msgspec.to_builtins(hook))


def send(
    store: Store, event: str, entities: Mapping[str, Json], *, account_id: str, event_id: str, now: int
) -> None:
    """Put an event on its way, unless nobody asked for it."""
    hook = webhook(store)
    if hook.url is None or not hook.is_enabled or (hook.events is not None and event not in hook.events):
        return
    contains = CONTAINS.get(event, list(entities))
    body = encoded(
        {
            "entity": "event",
            "account_id": account_id,
            "event": event,
            "contains": contains,
            "payload": {name: {"entity": entities[name]} for name in contains},
            "created_at": now,
        }
    )
    store.sql.execute(
        "insert into deliveries (event_id, event, url, body, signature, created_at, due_at)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        (event_id, event, hook.url, body, signed(body, hook.secret), now, now),
    )


def encoded(event: Json) -> bytes:
    r"""Encode as PHP does: `\/` and `\u20b9`. Whoever signs a re-encoded body learns here that it differs."""
    return json.dumps(event, separators=(",", ":")).replace("/", "\\/").encode()


def signed(body: bytes, secret: str) -> str:
    """Sign the raw body: HMAC-SHA256 with the webhook's secret, which is not the key's."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def due(store: Store, now: int, most: int) -> list[Delivery]:
    """Return what should be sent now at the same time: one of those that were given a place, or some of the others."""
    if not webhook(store).is_open:
        return []
    waiting = _read(
        store.sql.execute(
            "select * from deliveries where status = 'waiting' and due_at <= ?"
            " order by place = 0, place, due_at, seq limit ?",
            (now, most),
        )
    )
    # Sent together they would arrive in whatever order connections are made.
    return waiting[:1] if waiting and waiting[0].place else waiting


def next_due(store: Store) -> int | None:
    """Return when the next webhook is to be sent, which may be over already."""
    if not webhook(store).is_open:
        return None
    row = store.sql.execute("select min(due_at) as due from deliveries where status = 'waiting'").fetchone()
    return row["due"]


def renew(store: Store, now: int) -> None:
    """Let what waited beyond its time, held or disabled, be tried for a day from now on."""
    store.sql.execute(
        "update deliveries set tried_until = ?"
        " where status = 'waiting' and coalesce(tried_until, created_at + ?) <= ?",
        (now + TRIED_FOR_SECONDS, TRIED_FOR_SECONDS, now),
    )


def listed(store: Store, *, status: str | None = None, event: str | None = None) -> list[Delivery]:
    """Return deliveries, the oldest first."""
    return _read(
        store.sql.execute(
            "select * from deliveries where (? is null or status = ?) and (? is null or event = ?) order by seq",
            (status, status, event, event),
        )
    )


def found(store: Store, seq: int) -> Delivery | None:
    """Return one delivery."""
    return next(iter(_read(store.sql.execute("select * from deliveries where seq = ?", (seq,)))), None)


def note_answer(store: Store, delivery: Delivery, answered: str, *, is_taken: bool, now: int) -> None:
    """Write down how an attempt went, and when the next one is; after 24 hours the webhook is disabled."""
    attempts = delivery.attempts + 1
    is_by_itself = delivery.tried_until is None
    last_at = (
        delivery.created_at + TRIED_FOR_SECONDS if delivery.tried_until is None else delivery.tried_until
    )
    due_at = min(now + FIRST_RETRY_SECONDS * 2 ** (attempts - 1), last_at)
    status = "delivered" if is_taken else "failed" if now >= last_at else "waiting"
    if status == "failed" and is_by_itself:
        hook = webhook(store)
        hook.is_enabled = False
        set_webhook(store, hook)
    store.sql.execute(
        "update deliveries set status = ?, attempts = ?, answered = ?, due_at = ? where seq = ?",
        (status, attempts, answered, due_at, delivery.seq),
    )


def _read(rows: sqlite3.Cursor) -> list[Delivery]:
    columns = Delivery.__struct_fields__
    return [Delivery(**{name: row[name] for name in columns}) for row in rows]
