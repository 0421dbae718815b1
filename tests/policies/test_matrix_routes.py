"""Every route x object x actor is answered as who_may.py says, and a route that is not there fails by its name."""

from __future__ import annotations

import pytest

from stoory.actor import Role
from tests.policies.asking import ask, ask_everybody
from tests.policies.scene import ACTORS, PEOPLE, Scene
from tests.policies.secrets import leaks, secrets
from tests.policies.who_may import MATRIX, READS, WRITES, Line, handlers

FOR_WHO_IS_SIGNED_IN = [line for line in MATRIX if not line.is_public and line.first_allowed]
NOTHING: dict[str, list[str]] = {actor: [] for actor in ACTORS}

FORMER = {
    "suspended": "update users set status = 'suspended' where id = $1",
    "signed out": "update sessions set ended_at = now(), ended_why = 'logged_out' where user_id = $1",
    "promoted": "update users set role = 'admin' where id = $1 and role <> 'admin'",
    "demoted": "update users set role = 'influencer' where id = $1 and role <> 'influencer'",
}


def test_every_route_has_its_line_and_every_line_its_route(scene: Scene) -> None:
    declared = {route for route, handler in handlers(scene.app.litestar).items() if "who" in handler.opt}

    assert declared == {line.route for line in MATRIX}


async def test_what_the_framework_serves_without_being_asked_is_not_there(scene: Scene) -> None:
    routes = handlers(scene.app.litestar)

    for route in [route for route, handler in routes.items() if "who" not in handler.opt]:
        method, path = route.split()
        for actor in ACTORS:
            answer = await scene.clients[actor].request(method, path.format(path="x"))
            assert answer.status_code == 404, route


@pytest.mark.parametrize("line", MATRIX, ids=str)
async def test_each_actor_is_answered_as_declared_and_told_nothing_of_others(
    scene: Scene, line: Line
) -> None:
    hidden = await secrets(scene)

    answered = await ask_everybody(scene, line)

    assert answered.statuses == line.statuses
    assert answered.changed == []
    if not line.is_public:
        assert {actor: leaks(answer, hidden[actor]) for actor, answer in answered.answers.items()} == NOTHING


@pytest.mark.parametrize("line", [line for line in WRITES if not line.is_public], ids=str)
async def test_of_writes_the_rules_alone_would_refuse_the_same(unwalled_scene: Scene, line: Line) -> None:
    answered = await ask_everybody(unwalled_scene, line)

    assert answered.changed == []
    for actor, status in answered.statuses.items():
        is_hidden = line.route == APPLYING and line.statuses[actor] == 404
        assert status == (409 if is_hidden else line.statuses[actor]), actor


APPLYING = "POST /api/requests"
"""Who may see a closed posting, the walls alone decide; that nobody applies to it, the rules know by themselves."""


@pytest.mark.parametrize("line", [line for line in READS if not line.is_public], ids=str)
async def test_of_reads_the_walls_alone_would_tell_no_more(
    scene: Scene, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open to every role, a route tells nobody anything of others."""
    monkeypatch.setitem(handlers(scene.app.litestar)[line.route].opt, "who", frozenset(Role))

    for actor, hidden in (await secrets(scene)).items():
        answer = await ask(scene, line, actor)
        assert answer.status_code in (line.statuses[actor], 200, 404), actor
        assert leaks(answer, hidden) == [], actor


async def test_the_secrets_are_real(scene: Scene) -> None:
    """Meera's answers would tell them, were Meera Asha."""
    line = next(line for line in READS if line.path.endswith("/messages") and line.object == "asha-and-ravi")
    hidden = (await secrets(scene))["meera"]

    assert leaks(await ask(scene, line, "asha"), hidden) != []
    assert {"asha@example.org", "+919800000001", "asha whispers to ravi"} <= set(hidden)


@pytest.mark.parametrize("line", FOR_WHO_IS_SIGNED_IN, ids=str)
async def test_a_token_from_before_is_worth_nothing(scene: Scene, line: Line) -> None:
    """Ask as one who may, but who is suspended, signed out or no longer what the token says."""
    actor = line.first_allowed
    assert actor is not None
    for what, change in FORMER.items():
        if await scene.superuser.execute(change, PEOPLE[actor].id) != "UPDATE 0":
            assert (await ask(scene, line, actor)).status_code == 401, what
            await scene.restore()


async def test_every_address_tells_its_methods_and_nothing_else(scene: Scene) -> None:
    for path in {line.path for line in MATRIX}:
        answer = await scene.clients["nobody"].options(path.format_map(AnyId()))
        assert (answer.status_code, answer.content) == (204, b""), path


class AnyId(dict[str, str]):
    """An id for whatever an address names."""

    def __missing__(self, key: str) -> str:
        return "00000000-0000-4000-8000-000000000000"
