"""What must never be told to whom: every text and id of every row that somebody does not see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import httpx
import msgspec

from tests.policies.scene import Scene
from tests.policies.walls import viewers
from tests.policies.who_sees import PUBLIC_PROFILE, TABLES, Row, Viewer

SHORTEST_SECRET_CHARS: Final = 12
"""What is shorter, or a name of ours, is a status or a word that anybody may say."""
NAME_OF_OURS: Final = re.compile("[a-z_]+")


def leaks(answer: httpx.Response, hidden: list[str]) -> list[str]:
    """Return what an answer tells that was to be hidden, and that the one who asked did not say."""
    said = answer.request.content.decode()
    return [text for text in hidden if text in answer.text and text not in said]


async def secrets(scene: Scene) -> dict[str, list[str]]:
    """Return for each actor the texts that may stand in no answer to them, as JSON would write them.

    Computed once, before anything in the scene has changed: it is always put back.
    """
    if not scene.hidden:
        rows = await scene.rows()
        scene.hidden = {
            viewer.name: sorted(_hidden(viewer, rows)) for viewer in await viewers(scene.superuser)
        }
    return scene.hidden


def _hidden(viewer: Viewer, rows: dict[str, list[Row]]) -> set[str]:
    """What stands in rows the viewer does not see, and nowhere else."""
    hidden: set[str] = set()
    seen: set[str] = set()
    for table, those in rows.items():
        sees = TABLES[table].sees
        for row in those:
            if sees is not None and sees(viewer, row):
                seen.update(_texts(row.values()))
            else:
                hidden.update(_texts(row.values()))
    for user in rows["users"]:
        seen.update(_texts(user[column] for column in PUBLIC_PROFILE.split()))
    return hidden - seen


def _texts(values: Any) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict):
            yield from _texts(value.values())
        elif isinstance(value, list | tuple):
            yield from _texts(value)
        elif value is not None and not isinstance(value, datetime):
            text = msgspec.json.encode(str(value)).decode().strip('"')
            if len(text) >= SHORTEST_SECRET_CHARS and not NAME_OF_OURS.fullmatch(text):
                yield text
