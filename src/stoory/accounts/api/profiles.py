"""What people say about themselves, and what others may read of it."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

from litestar.params import JSONBody

from stoory.accounts import actions
from stoory.accounts.api.bodies import ProfileChange, PublicProfileAnswer, UserAnswer
from stoory.accounts.queries import people
from stoory.accounts.queries.people import PublicProfile
from stoory.platform.http.body import given
from stoory.platform.http.routes import SIGNED_IN, Db, Id, Me, get, put
from stoory.platform.remembered import Remembered

Profiles = Remembered[UUID, PublicProfile]
"""A handler's `profiles`: what everybody may know of people, until they change it."""


@get("/api/auth/profile", who=SIGNED_IN)
async def show_profile(db: Db, actor: Me) -> UserAnswer:
    """Return what Stoory knows of you."""
    async with db.as_user(actor, readonly=True) as tx:
        return UserAnswer(user=await people.user(tx, actor.id))


@put("/api/auth/profile", who=SIGNED_IN, needs_session=True)
async def change_profile(data: JSONBody[ProfileChange], db: Db, actor: Me) -> UserAnswer:
    """Change your profile; what is left out stays. A new e-mail address has to be verified anew."""
    async with db.as_user(actor) as tx:
        return UserAnswer(user=await actions.change_profile(tx, actor, given(data)))


@get("/api/users/{user_id:uuid}", who=SIGNED_IN, fails=(404,))
async def show_public_profile(db: Db, actor: Me, user_id: Id, profiles: Profiles) -> PublicProfileAnswer:
    """Return what everybody may know of a person."""
    async with db.as_user(actor, readonly=True) as tx:
        user = await profiles.get(user_id, partial(people.public_profile, tx, user_id))
    return PublicProfileAnswer(user=user)


ROUTES: Final = [show_profile, change_profile, show_public_profile]
