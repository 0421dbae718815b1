"""Idempotency-Key: a POST that is sent again, by somebody who never saw the answer, is answered as the first time.

The key stands in the same transaction as its effect. Where a handler leaves the house between two transactions (to
Razorpay, to the password hash), the first keeps the key without an answer and the answer follows; a request that
finds it so goes on with the same work, which business keys make safe to do again. Such a route says `leaves=`.
"""

from __future__ import annotations

import hmac
import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final, LiteralString, cast
from uuid import UUID

from litestar import Request, Response
from msgspec import Struct

from stoory.actor import Actor
from stoory.errors import Conflict, FieldError, Invalid
from stoory.platform import wire
from stoory.platform.database import Database, Tx
from stoory.platform.http.answers import JsonResponse

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
KEY: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
KEPT_FOR: Final = timedelta(days=30)
LEASE: Final = timedelta(seconds=60)
"""How long a request may be between two of its transactions before it counts as dead: longer than Razorpay is waited
for when a payment is verified, 45 seconds at worst. Whoever is overtaken all the same does no harm: business keys make
one effect of both."""
A_BATCH: Final = 5_000
FORGET_EVERY_SECONDS: Final = 3600.0

LEAVING: Final = frozenset({"gateway", "till", "passwords"})
"""A handler that is given one of these may leave the house between its transactions: it has to say whether."""

Handler = Callable[..., Awaitable[Any]]
Leaves = bool | Callable[[Any], bool]
"""Whether a handler leaves the house between its transactions, or for which bodies it does."""


class Kept(Struct):
    """What is kept of a key."""

    fingerprint: str
    status: int | None
    answer: bytes | None
    is_fresh: bool


class Replay(Exception):
    """The request was answered before."""

    def __init__(self, kept: Kept) -> None:
        """Take what was answered."""
        body, status = kept.answer or b"", kept.status or 200
        self.answer = JsonResponse(
            body, status_code=status, media_type="application/json", headers={REPLAYED: "true"}
        )
        super().__init__()


class Asked(Struct, frozen=True):
    """Who asks what under which key."""

    user_id: UUID
    route: str
    key: str
    fingerprint: str


class KeyedDatabase(Database):
    """The doors to the database for one request that carries a key."""

    def __init__(self, db: Database, asked: Asked) -> None:
        """Take the real doors, and what is asked."""
        self._db = db
        self._asked = asked
        self._shared: Tx | None = None
        self._begun_at: datetime | None = None
        self.clock = db.clock
        self.bus = db.bus

    async def answer_once(self, actor: Actor, answer: Callable[[], Awaitable[Any]], status: int) -> Any:
        """Run a handler in one transaction with its key and its answer."""
        async with self._db.as_user(actor) as tx:
            await _begin(tx, self._asked)
            self._shared = tx
            told = await answer()
            await tx.as_system("keep an answer")
            await _keep(tx, self._asked, *_written(told, status))
            return told

    async def answer_in_parts(self, answer: Callable[[], Awaitable[Any]], status: int) -> Any:
        """Run a handler that leaves the house: its first transaction keeps the key, a last one the answer."""
        self._shared, self._begun_at = None, None
        try:
            told = await answer()
        except BaseException:
            if self._begun_at is not None:
                async with self._db.as_system("an error is no answer") as tx:
                    await _forget(tx, self._asked, self._begun_at)
            raise
        async with self._db.as_system("keep an answer") as tx:
            await _keep(tx, self._asked, *_written(told, status))
        return told

    @asynccontextmanager
    async def as_user(self, actor: Actor, *, readonly: bool = False) -> AsyncIterator[Tx]:
        """Open the user's transaction, or go on with the one that is shared."""
        if self._shared is not None:
            await self._shared.as_user_again()
            yield self._shared
            return
        async with self._db.as_user(actor, readonly=readonly and self._begun_at is not None) as tx:
            if self._begun_at is None:
                await _begin(tx, self._asked)
                self._begun_at = tx.now
            yield tx

    @asynccontextmanager
    async def as_system(self, reason: LiteralString, *, readonly: bool = False) -> AsyncIterator[Tx]:
        """Open a transaction outside the walls; never before the user's first."""
        async with self._db.as_system(reason, readonly=readonly) as tx:
            yield tx


async def keyed_or_plain(request: Request[Any, Any, Any], application: Any) -> Database:
    """Return the doors for a request: plain ones, unless it carries a key. Invalid when that is none."""
    db: Database = application.db
    key = request.headers.get(HEADER)
    if key is None:
        return db
    if not KEY.fullmatch(key):
        wrong = "must be 1 to 255 visible characters"
        raise Invalid(FieldError(HEADER, wrong), message=f"{HEADER} {wrong}.")
    scope: Any = request.scope
    # Keyed, since bodies hold passwords: whoever reads the table must not be able to try some.
    seen = hmac.new(application.tokens.fingerprint_key, digestmod="sha256")
    for part in (scope["path"].encode(), scope["query_string"], await request.body()):
        seen.update(part + b"\0")
    asked = Asked(scope["actor"].id, f"{request.method} {scope['path_template']}", key, seen.hexdigest())
    return KeyedDatabase(db, asked)


def keyed(function: Handler, status: int, leaves: Leaves | None) -> Handler:
    """Let a handler answer a request with a key once.

    Whoever could leave the house must say whether it does. To guess yes would be no caution: what a request changed in
    its first transaction would be changed again after a crash before its answer was kept.
    """
    if leaves is None and not LEAVING.isdisjoint(inspect.signature(function).parameters):
        raise TypeError(
            f"{function.__name__} must say whether it `leaves` the house between its transactions"
        )

    @wraps(function)
    async def handler(*args: Any, **kwargs: Any) -> Any:
        db = kwargs.get("db")
        if not isinstance(db, KeyedDatabase):
            return await function(*args, **kwargs)

        async def answer() -> Any:
            return await function(*args, **kwargs)

        try:
            if leaves(kwargs["data"]) if callable(leaves) else leaves:
                return await db.answer_in_parts(answer, status)
            return await db.answer_once(kwargs["actor"], answer, status)
        except Replay as replay:
            return replay.answer

    return handler


async def forget_old_keys(db: Database) -> None:
    """Remove keys nobody will send again, so many at once that nobody waits for it."""
    removed = A_BATCH
    while removed == A_BATCH:
        async with db.as_system("old idempotency keys") as tx:
            removed = await tx.run(
                """
                delete from idempotency_keys
                 where (user_id, route, key) in (select user_id, route, key
                                                   from idempotency_keys
                                                  where started_at < $1
                                                  limit $2)
                """,
                tx.now - KEPT_FOR,
                A_BATCH,
            )


def _written(told: Any, status: int) -> tuple[int, bytes]:
    """Return the status and the body of an answer, as they go over the wire."""
    if isinstance(told, Response):
        answer = cast("Response[Any]", told)
        return answer.status_code or status, wire.encode(answer.content)
    return status, wire.encode(told)


async def _begin(tx: Tx, asked: Asked) -> None:
    """Take the key, or raise: Replay when it was answered, Conflict while it runs, Invalid for another request."""
    await tx.as_system("the idempotency key")
    is_ours = await tx.value(
        bool,
        """
        select pg_try_advisory_xact_lock(hashtextextended($1, 0))
        """,
        f"{asked.user_id} {asked.route} {asked.key}",
    )
    kept = await _kept(tx, asked)
    if kept and kept.fingerprint != asked.fingerprint:
        message = "This Idempotency-Key belongs to another request of yours."
        raise Invalid.field(HEADER, message, code="idempotency_mismatch")
    if kept and kept.status is not None:
        raise Replay(kept)
    if not is_ours or (kept and kept.is_fresh):
        raise Conflict("The request with this Idempotency-Key still runs.", code="idempotency_in_progress")
    await tx.run(
        """
        insert into idempotency_keys (user_id, route, key, fingerprint, started_at)
        values ($1, $2, $3, $4, $5)
            on conflict (user_id, route, key) do update
           set fingerprint = excluded.fingerprint,
               started_at = excluded.started_at,
               status = null,
               answer = null
        """,
        asked.user_id,
        asked.route,
        asked.key,
        asked.fingerprint,
        tx.now,
    )
    await tx.as_user_again()


async def _kept(tx: Tx, asked: Asked) -> Kept | None:
    return await tx.maybe(
        Kept,
        """
        select fingerprint, status, answer, started_at > $4 as is_fresh
          from idempotency_keys
         where user_id = $1
           and route = $2
           and key = $3
           and started_at > $5
        """,
        asked.user_id,
        asked.route,
        asked.key,
        tx.now - LEASE,
        tx.now - KEPT_FOR,
    )


async def _keep(tx: Tx, asked: Asked, status: int, answer: bytes) -> None:
    await tx.run(
        """
        update idempotency_keys
           set status = $4,
               answer = $5
         where user_id = $1
           and route = $2
           and key = $3
        """,
        asked.user_id,
        asked.route,
        asked.key,
        status,
        answer,
    )


async def _forget(tx: Tx, asked: Asked, begun_at: datetime) -> None:
    """Let go of a key, unless another request has taken it on since."""
    await tx.run(
        """
        delete from idempotency_keys
         where user_id = $1
           and route = $2
           and key = $3
           and started_at = $4
           and status is null
        """,
        asked.user_id,
        asked.route,
        asked.key,
        begun_at,
    )
