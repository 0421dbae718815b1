"""A key does, on every route, what its owner's line declares, or is refused by name; and once it is over, nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.keys import make, program
from tests.policies.asking import ask, changes
from tests.policies.scene import PEOPLE, Scene
from tests.policies.who_may import MATRIX, Line, handlers
from tests.world import World

SIGNED_IN = [line for line in MATRIX if not line.is_public and line.first_allowed]

FORMER = {
    "revoked": "update api_keys set revoked_at = now(), revoked_why = 'leaked' where user_id = $1",
    "suspended": "update users set status = 'suspended' where id = $1",
    "promoted": "update users set role = 'admin' where id = $1 and role <> 'admin'",
    "demoted": "update users set role = 'influencer' where id = $1 and role <> 'influencer'",
}


def needs_session(scene: Scene, line: Line) -> bool:
    return handlers(scene.app.litestar)[line.route].opt["needs_session"]


@asynccontextmanager
async def by_key(scene: Scene, actor: str, scope: str) -> AsyncIterator[None]:
    """Let a program with a key of that actor ask instead of them."""
    owner = scene.clients[actor]
    made = await make(owner, scope)
    async with program(World(scene.app), made.key) as client:
        scene.clients[actor] = client
        try:
            yield
        finally:
            scene.clients[actor] = owner
            await scene.restore()


@pytest.mark.parametrize("line", SIGNED_IN, ids=str)
async def test_with_a_key_for_writing_each_is_answered_as_declared_unless_a_session_is_needed(
    scene: Scene, line: Line
) -> None:
    for actor in PEOPLE:
        async with by_key(scene, actor, "write"):
            answer = await ask(scene, line, actor)
        if needs_session(scene, line):
            assert (answer.status_code, answer.json()["code"]) == (403, "needs_session"), actor
        else:
            assert answer.status_code == line.statuses[actor], actor


@pytest.mark.parametrize("line", [line for line in SIGNED_IN if not line.is_read], ids=str)
async def test_with_a_key_for_reading_nobody_changes_anything(scene: Scene, line: Line) -> None:
    for actor in PEOPLE:
        async with by_key(scene, actor, "read"):
            before = await scene.dump()
            answer = await ask(scene, line, actor)
            after = await scene.dump()
        code = "needs_session" if needs_session(scene, line) else "read_only_key"
        assert (answer.status_code, answer.json()["code"]) == (403, code), actor
        assert [row for row in changes(before, after) if not row.startswith("api_keys ")] == [], actor


@pytest.mark.parametrize("line", SIGNED_IN, ids=str)
async def test_a_key_from_before_is_worth_nothing_also_where_it_was_shown_a_moment_ago(
    scene: Scene, line: Line
) -> None:
    actor = line.first_allowed
    assert actor is not None
    if needs_session(scene, line):
        return
    for what, change in FORMER.items():
        async with by_key(scene, actor, "write"):
            assert (await scene.clients[actor].get("/api/auth/profile")).is_success
            if await scene.superuser.execute(change, PEOPLE[actor].id) != "UPDATE 0":
                assert (await ask(scene, line, actor)).status_code == 401, what
