"""Making, listing and revoking API keys. No key does: with a stolen one nobody makes another."""

from __future__ import annotations

from typing import Final

from litestar.params import JSONBody

from stoory.accounts import actions
from stoory.accounts.api.bodies import ApiKeysAnswer, KeyMadeAnswer, NewKey
from stoory.accounts.keys import KeyDraft
from stoory.accounts.queries import keys
from stoory.accounts.queries.sessions import Key
from stoory.platform.http.answers import Answer
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    IncludeTotal,
    Limit,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import SIGNED_IN, Db, Id, Me, delete, get, post


@post("/api/api-keys", who=SIGNED_IN, status=201, needs_session=True, fails=(409,))
async def make_api_key(data: JSONBody[NewKey], db: Db, actor: Me) -> KeyMadeAnswer:
    """Make an API key, with which a program asks for you: in the header `X-API-Key`, instead of `Authorization`.

    The key itself is shown this once; only its hash is kept. A key for reading may GET whatever you may. It has a
    limit of its own, that of your plan or what you say, whichever is less. It is over when it expires, when you revoke
    it, and when you are suspended; not when you change your password. At most 10 may be live: 409 `too_many_keys`.
    `Idempotency-Key` is not taken, since the answer is not kept: revoke a key whose answer you never saw.
    """
    draft = KeyDraft(data.name.strip(), data.scope, data.requests_per_minute, data.expires_at)
    async with db.as_user(actor) as tx:
        made = await actions.make_key(tx, actor, draft)
    return KeyMadeAnswer(message="Keep the key: it is not shown again.", api_key=made.api_key, key=made.key)


@get("/api/api-keys", who=SIGNED_IN, needs_session=True)
async def list_api_keys(
    *,
    db: Db,
    actor: Me,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> ApiKeysAnswer:
    """List your API keys that are not revoked, newest first; those that have expired are among them."""
    async with db.as_user(actor, readonly=True) as tx:
        rows = await keys.api_keys(tx, decode_cursor(Key, cursor), limit + 1)
        total = await keys.api_key_count(tx) if include_total else None
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id), total=total)
    return ApiKeysAnswer(api_keys=shown, pagination=pagination)


@delete("/api/api-keys/{key_id:uuid}", who=SIGNED_IN, needs_session=True, fails=(404,))
async def revoke_api_key(db: Db, actor: Me, key_id: Id) -> Answer:
    """Revoke one of your API keys, for good: its next request is 401, its sockets end. A second time it is 404."""
    async with db.as_user(actor) as tx:
        await actions.revoke_key(tx, actor, key_id)
    return Answer(message="That key is revoked.")


ROUTES: Final = [make_api_key, list_api_keys, revoke_api_key]
