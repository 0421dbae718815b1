"""What is not yours is answered exactly as what never was: status, body and headers."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.policies.asking import ask, body_of
from tests.policies.scene import Scene
from tests.policies.who_may import MATRIX, Line

OF_THIS_ANSWER_ALONE = {"date", "x-request-id"}
LIMITS = ("ratelimit", "retry-after")

ABOUT_SOMETHING = [line for line in MATRIX if line.object != "." and line.refused]


@pytest.mark.parametrize("line", ABOUT_SOMETHING, ids=str)
async def test_a_strangers_answer_is_that_of_an_id_nobody_ever_gave(scene: Scene, line: Line) -> None:
    ids = scene.ids[line.object]
    used = [name for name in ids if f"{{{name}}}" in line.path or name in (body_of(scene, line, ids) or ())]
    never_were = [{**ids, name: str(uuid4())} for name in used]

    assert used
    for actor in strangers(line):
        theirs = await ask(scene, line, actor)
        assert theirs.status_code == line.statuses[actor], actor
        for other in never_were:
            assert told(await ask(scene, line, actor, other)) == told(theirs), actor


def strangers(line: Line) -> list[str]:
    """Return those for whom the object might as well not exist, or whom nobody lets look for it."""
    return [actor for actor, status in line.statuses.items() if status in (401, 403, 404)]


def told(answer: httpx.Response) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
    """Return all that an answer says but its own number and time, and how often one may still ask."""
    body = answer.json()
    headers = [
        (name, value)
        for name, value in answer.headers.multi_items()
        if name not in OF_THIS_ANSWER_ALONE and not name.startswith(LIMITS)
    ]
    assert body.pop("request_id") == answer.headers["x-request-id"]
    return answer.status_code, body, sorted(headers)


async def test_the_comparison_is_real(scene: Scene) -> None:
    """For Asha, whose it is, the two answers differ."""
    line = next(line for line in ABOUT_SOMETHING if line.object == "bare-bid")

    assert (await ask(scene, line, "asha")).status_code == 200
    assert (await ask(scene, line, "asha", {"bid_id": str(uuid4())})).status_code == 404
