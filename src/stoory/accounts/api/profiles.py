"""What people say about themselves, and what others may read of it."""

from __future__ import annotations

from typing import Final

from litestar.params import JSONBody

from stoory.accounts import actions
from stoory.accounts.api.bodies import ProfileChange, PublicProfileAnswer, UserAnswer
from stoory.accounts.queries import people
from stoory.platform.http.body import given
from stoory.platform.http.routes import SIGNED_IN, Db, Id, Me, get, put


@get("/api/auth/profile", who=SIGNED_IN)
async def show_profile(db: Db, actor: Me) -> UserAnswer:
    """Return what Stoory knows of you."""
    async with db.as_user(actor, readonly=True) as tx:
        return UserAnswer(user=await people.user(tx, actor.id))


@put("/api/auth/profile", who=SIGNED_IN)
async def change_profile(data: JSONBody[ProfileChange], db: Db, actor: Me) -> UserAnswer:
    """Change your profile; what is left out stays. A new e-mail address has to be verified anew."""
    async with db.as_user(actor) as tx:
        return UserAnswer(user=await actions.change_profile(tx, actor, given(data)))


@get("/api/users/{user_id:uuid}", who=SIGNED_IN, fails=(404,))
async def show_public_profile(db: Db, actor: Me, user_id: Id) -> PublicProfileAnswer:
    """Return what everybody may know of a person."""
    async with db.as_user(actor, readonly=True) as tx:
        return PublicProfileAnswer(user=await people.public_profile(tx, user_id))


ROUTES: Final = [show_profile, change_profile, show_public_profile]
