"""Going on with a session, looking at sessions, ending them."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request
from litestar.params import JSONBody

from stoory.accounts import actions, rules
from stoory.accounts.api.bodies import Refresh, RefreshedAnswer, SessionsAnswer
from stoory.accounts.queries import sessions
from stoory.errors import NotSignedIn
from stoory.platform.http.addresses import one_client
from stoory.platform.http.answers import Answer
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    IncludeTotal,
    Limit,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import ANYONE, SIGNED_IN, Db, Id, Me, delete, get, post
from stoory.platform.limits import Limits
from stoory.platform.tokens import Tokens, fingerprint


@post("/api/auth/refresh", who=ANYONE, limit=None, fails=(401,))
async def refresh(
    *,
    data: JSONBody[Refresh],
    request: Request[Any, Any, Any],
    db: Db,
    limits: Limits,
    tokens: Tokens,
) -> RefreshedAnswer:
    """Exchange a refresh token for the next one and a new access token.

    Presented again within 60 seconds, while its successor is unused, it is answered with the same successor: the
    first answer may have got lost. After that a used token ends its session: 401 `token_reused`.
    """
    async with db.as_system("a refresh token speaks for itself", readonly=True) as tx:
        found = await sessions.session_of_token(tx, fingerprint(data.refresh_token))
    if found is None:  # nobody's: only these count for the address, which a whole town may share
        scope: Any = request.scope
        await limits.require("auth", one_client(scope["client_address"]))
        raise NotSignedIn
    await limits.require("auth", f"session:{found.session_id}")
    async with db.as_system("a refresh token speaks for itself") as tx:
        refreshed = await actions.refresh(tx, found.session_id, data.refresh_token, tokens=tokens)
    if refreshed is None:  # said only now: the end of the session had to be committed
        raise rules.token_reused()
    return RefreshedAnswer(
        token=tokens.issue(refreshed.actor, refreshed.phone),
        refresh_token=refreshed.refresh_token,
        expires_in=tokens.ttl_seconds,
    )


@post("/api/auth/logout", who=SIGNED_IN, needs_session=True)
async def log_out(db: Db, actor: Me) -> Answer:
    """Sign out: this session's tokens are worth nothing from now on."""
    async with db.as_user(actor) as tx:
        await actions.log_out(tx, actor)
    return Answer(message="You are signed out.")


@get("/api/auth/sessions", who=SIGNED_IN, needs_session=True)
async def list_sessions(
    *,
    db: Db,
    actor: Me,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> SessionsAnswer:
    """List where you are signed in, newest first."""
    async with db.as_user(actor, readonly=True) as tx:
        after = decode_cursor(sessions.Key, cursor)
        rows = await sessions.live_sessions(tx, actor.session_id, after, limit + 1)
        total = await sessions.live_session_count(tx) if include_total else None
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id), total=total)
    return SessionsAnswer(sessions=shown, pagination=pagination)


@delete("/api/auth/sessions/{session_id:uuid}", who=SIGNED_IN, needs_session=True, fails=(404,))
async def end_session(db: Db, actor: Me, session_id: Id) -> Answer:
    """End one of your sessions, this one or another."""
    async with db.as_user(actor) as tx:
        await actions.end_session(tx, actor, session_id)
    return Answer(message="That session has ended.")


ROUTES: Final = [refresh, log_out, list_sessions, end_session]
