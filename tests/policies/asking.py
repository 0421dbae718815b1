"""Asking what a line of the matrix is about, as each actor, with everything else about the request right."""

from __future__ import annotations

from typing import Any, get_args

import httpx
from msgspec import Struct

from stoory.platform.http.body import Body
from tests.policies.bodies import BODIES
from tests.policies.scene import ACTORS, Dump, Scene
from tests.policies.who_may import Line, handlers


async def ask(
    scene: Scene, line: Line, actor: str, ids: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    """Send the request of a line; with other `ids` about another object, with `more` in its body."""
    ids = scene.ids.get(line.object, {}) if ids is None else ids
    content = body_of(scene, line, ids)
    return await scene.clients[actor].request(
        line.method, line.path.format(**ids), json=None if content is None else content | more
    )


def body_of(scene: Scene, line: Line, ids: dict[str, str]) -> dict[str, Any] | None:
    """Return a body in which nothing is wrong: the documented example, about that object."""
    kind = body_type(scene, line)
    if kind is None:
        return None
    example = kind.EXAMPLE | BODIES.get(line.route, {})
    if "refresh_token" in example:
        example |= {"refresh_token": scene.refresh_token}
    return example | {key: value for key, value in ids.items() if key in example}


def body_type(scene: Scene, line: Line) -> type[Body] | None:
    """Return what the route takes for its body, optional or not."""
    field = handlers(scene.app.litestar)[line.route].parsed_data_field
    if field is None:
        return None
    return next(kind for kind in (field.annotation, *get_args(field.annotation)) if is_body(kind))


def is_body(kind: Any) -> bool:
    """Whether it is a Struct of the wire."""
    return isinstance(kind, type) and issubclass(kind, Body)


class Answered(Struct, frozen=True):
    """What everybody was answered, and what those who were to be refused changed all the same."""

    answers: dict[str, httpx.Response]
    changed: list[str]

    @property
    def statuses(self) -> dict[str, int]:
        """The status of each answer."""
        return {actor: answer.status_code for actor, answer in self.answers.items()}


async def ask_everybody(scene: Scene, line: Line) -> Answered:
    """Ask as each actor, the ones to be refused first; whoever may, asks in the scene as it was laid."""
    answers: dict[str, httpx.Response] = {}
    before = await scene.dump()
    for actor in line.refused:
        answers[actor] = await ask(scene, line, actor)
    changed = changes(before, await scene.dump())
    for actor in ACTORS:
        if actor not in line.refused:
            if not line.is_read:
                await scene.restore()
            answers[actor] = await ask(scene, line, actor)
    return Answered({actor: answers[actor] for actor in ACTORS}, changed)


def changes(before: Dump, after: Dump) -> list[str]:
    """Return the rows that came and went, with their table."""
    rows = [{f"{table} {row}" for table, those in dump.items() for row in those} for dump in (before, after)]
    return sorted(rows[0] ^ rows[1])
