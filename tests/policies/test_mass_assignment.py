"""A body changes what its fields say and nothing else, whatever columns the tables have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest

from stoory.platform.http.body import MOST_ERRORS
from tests.policies.asking import ask, body_of, body_type
from tests.policies.bodies import FIELDS
from tests.policies.scene import PEOPLE, Dump, Scene
from tests.policies.who_may import MATRIX, WRITES, Line

BY_ROUTE: Final = {
    line.route: line for line in reversed(WRITES) if line.first_allowed and line.method in ("POST", "PUT")
}
"""For each route that changes something, a line in which somebody may."""

EVIL: Final[dict[str, Any]] = {
    "uuid": str(PEOPLE["meera"].id),
    "boolean": True,
    "jsonb": {"evil": "evil"},
    "ARRAY": ["evil"],
    "timestamp with time zone": "2001-01-01T00:00:00Z",
    "numeric": 1,
    "integer": 1,
    "bigint": 1,
}
"""What somebody would like a column to hold, by its type; admin where it is a text."""

LARGEST_DATA: Final = 50
"""So many fields the data of a move may have."""

UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NEW_EACH_TIME: Final = re.compile(
    rf"{UUID.pattern}|20(?!01)\d\d-\d\d-\d\d[ T][\d:.]+(?:\+00|Z)?|order_\w{{14}}"
    r"|\$argon2id\$[\w$=,+/]+|\\x[0-9a-f]{64}"
    r"|stoory_[\w-]{5}"
)
NUMBER_OF_A_LINE: Final = re.compile(r"^\(\d+,(?=a5000000)")
"""The audit log counts on, also what was rolled back."""


@pytest.fixture
async def evil(scene: Scene) -> dict[str, Any]:
    """Return every column of every table with what it should never hold."""
    columns = await scene.superuser.fetch(
        "select column_name, data_type from information_schema.columns where table_schema = 'public'"
    )
    return {column: EVIL.get(kind, "admin") for column, kind in columns}


def at(route: str) -> Line:
    return BY_ROUTE[route]


def test_a_body_has_the_declared_fields(scene: Scene) -> None:
    kinds = {line.route: body_type(scene, line) for line in MATRIX}

    assert {route: {*kind.__struct_fields__} for route, kind in kinds.items() if kind} == {
        route: {*fields.split()} for route, fields in FIELDS.items()
    }


@pytest.mark.parametrize("route", FIELDS)
async def test_no_column_is_taken_that_the_body_does_not_name(
    scene: Scene, evil: dict[str, Any], route: str
) -> None:
    kind = body_type(scene, at(route))
    assert kind is not None
    before = await scene.dump()

    for some in batches(evil.keys() - kind.READ_ONLY - {*FIELDS[route].split()}, MOST_ERRORS):
        answer = await ask(scene, at(route), actor(route), **{column: evil[column] for column in some})
        assert answer.status_code == 422, answer.text
        assert {error["field"] for error in answer.json()["errors"]} == set(some)
    assert await scene.dump() == before


@pytest.mark.parametrize("route", FIELDS)
async def test_a_column_that_may_come_back_with_the_body_changes_nothing(
    scene: Scene, evil: dict[str, Any], route: str
) -> None:
    kind = body_type(scene, at(route))
    assert kind is not None
    if kind.READ_ONLY:
        await expect_the_same(scene, route, {column: evil.get(column, "admin") for column in kind.READ_ONLY})


@pytest.mark.parametrize("route", [route for route in FIELDS if route.endswith(("-click", "-input"))])
async def test_no_column_is_taken_inside_the_data_of_a_move(
    scene: Scene, evil: dict[str, Any], route: str
) -> None:
    """Nor may one of the two speak for the other, as operators may."""
    body = body_of(scene, at(route), scene.ids[at(route).object]) or {}
    [name] = [name for name, value in body.items() if isinstance(value, dict)]
    before = await scene.dump()

    for some in batches((evil.keys() | {"as_role"}) - body[name].keys(), LARGEST_DATA - len(body[name])):
        data = body[name] | {column: evil.get(column, "influencer") for column in some}
        answer = await ask(scene, at(route), actor(route), **{name: data})
        assert answer.status_code == 422, answer.text
        assert {error["field"] for error in answer.json()["errors"]} == {
            f"{name}.{column}" for column in some
        }
    assert await scene.dump() == before


def batches(columns: Iterable[str], size: int) -> Iterator[list[str]]:
    """Cut the columns into so many at once: an answer names only so many wrong fields."""
    every = sorted(columns)
    assert every
    for first in range(0, len(every), size):
        yield every[first : first + size]


def actor(route: str) -> str:
    line = at(route)
    return line.first_allowed or "nobody"


async def expect_the_same(scene: Scene, route: str, more: dict[str, Any]) -> None:
    """Ask with and without; both must come to the same, but for what is new each time."""
    before = await scene.dump()
    plain = await ask(scene, at(route), actor(route))
    expected = comparable(await scene.dump(), before)
    await scene.restore()

    answer = await ask(scene, at(route), actor(route), **more)

    assert plain.is_success, plain.text
    assert answer.status_code == plain.status_code, answer.text
    assert comparable(await scene.dump(), before) == expected
    await scene.restore()


def comparable(dump: Dump, before: Dump) -> Dump:
    """Return a dump in which ids, times and hashes that were not there before are all alike."""
    known = {match for rows in before.values() for row in rows for match in NEW_EACH_TIME.findall(row)}

    def alike(match: re.Match[str]) -> str:
        return match[0] if match[0] in known else "new"

    return {
        table: sorted(NUMBER_OF_A_LINE.sub("(n,", NEW_EACH_TIME.sub(alike, row)) for row in rows)
        for table, rows in dump.items()
    }
