"""News is not kept for ever: who was away for too long is told to begin anew."""

from __future__ import annotations

import httpx
import pytest

from stoory.chat import jobs
from tests.chats import open_with, say
from tests.sockets.listening import listening
from tests.world import RAVI, World


async def test_who_was_away_for_too_long_begins_with_the_lists(
    address: str, world: World, asha: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "NEWS_KEPT", 3)
    monkeypatch.setattr(jobs, "NEWS_SPARED", 2)
    id_ = await open_with(asha, RAVI)
    async with listening(address, world, RAVI) as ravi:
        beginning = (await ravi.ask("resume"))["cursor"]
    for number in range(8):
        await say(asha, id_, f"message {number}")

    await jobs.forget(world.db)

    async with listening(address, world, RAVI) as ravi:
        refused = await ravi.ask("resume", since=beginning)
        asked_anew = await ravi.ask("resume", conversations={id_: 6})
    assert (refused["success"], refused["code"]) == (False, "cursor_expired")
    assert [message["seq"] for message in asked_anew["messages"]] == [7, 8]


async def test_what_is_kept_is_resumed_from(
    address: str, world: World, asha: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "NEWS_KEPT", 3)
    monkeypatch.setattr(jobs, "NEWS_SPARED", 0)
    id_ = await open_with(asha, RAVI)
    for number in range(5):
        await say(asha, id_, f"message {number}")
    async with listening(address, world, RAVI) as ravi:
        here = (await ravi.ask("resume"))["cursor"]
    for number in range(3):
        await say(asha, id_, f"later {number}")

    await jobs.forget(world.db)

    async with listening(address, world, RAVI) as ravi:
        resumed = await ravi.ask("resume", since=here)
    assert [message["seq"] for message in resumed["messages"]] == [6, 7, 8]
