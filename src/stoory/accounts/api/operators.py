"""What operators see of people, and do to them."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from litestar.params import JSONBody, QueryParameter

from stoory.accounts import actions
from stoory.accounts.api.bodies import StatusChange, UserAnswer, UsersAnswer
from stoory.accounts.queries import people
from stoory.accounts.user import Status
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    IncludeTotal,
    Limit,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import OPERATORS, Db, Id, Me, get, put

RoleFilter = Annotated[
    Literal["influencer", "brand_owner", "admin"] | None,
    QueryParameter(name="role", description="only people of this role"),
]
StatusFilter = Annotated[Status | None, QueryParameter(name="status", description="only people who stand so")]
Search = Annotated[
    str | None,
    QueryParameter(name="search", max_length=255, description="a part of the name, phone or e-mail address"),
]


@get("/api/admin/users", who=OPERATORS)
async def list_users(
    *,
    db: Db,
    actor: Me,
    role: RoleFilter = None,
    status: StatusFilter = None,
    search: Search = None,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> UsersAnswer:
    """List people, newest first. Whose data was read goes to the audit log."""
    which = people.Filter(role=role, status=status, search=search)
    async with db.as_user(actor) as tx:
        rows = await people.users(tx, which, decode_cursor(people.Key, cursor), limit + 1)
        total = await people.user_count(tx, which) if include_total else None
        shown, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id), total=total)
        await tx.as_system("the audit log is written by the system alone")
        await actions.audit(tx, actor, "list_users", data={"user_ids": [user.id for user in shown]})
    return UsersAnswer(users=shown, pagination=pagination)


@put("/api/admin/users/{user_id:uuid}/status", who=OPERATORS, fails=(404, 409))
async def change_status(data: JSONBody[StatusChange], db: Db, actor: Me, user_id: Id) -> UserAnswer:
    """Suspend somebody, which signs them out everywhere, or let them in again."""
    async with db.as_user(actor) as tx:
        user = await actions.change_status(tx, actor, user_id, status=data.status, reason=data.reason)
    return UserAnswer(user=user)


ROUTES: Final = [list_users, change_status]
