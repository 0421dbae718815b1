"""A person has so many events a minute over all sockets; who goes on all the same is told, and then cut off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from msgspec import structs

from stoory.app import Application
from stoory.platform.postgres import Server
from stoory.platform.sockets.connections import MOST_REFUSED_EVENTS
from tests.chats import open_with
from tests.sockets.attacking import token_of
from tests.sockets.listening import served
from tests.sockets.raw import Gone, Raw, entered, polling, websocket
from tests.world import ASHA, MEERA, OM, RAVI, World

BUDGET = 10
"""Connecting counts as well, so that nobody escapes by doing that again."""


@pytest.fixture
async def strict_address(world: World, server: Server) -> AsyncIterator[str]:
    """Serve the same world with a small budget."""
    settings = structs.replace(world.app.settings, limit_socket=f"{BUDGET}/minute")
    application = Application(settings, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running(), served(application) as address:
        yield address


async def asks(raw: Raw) -> dict[str, Any]:
    return await raw.ask("presence", {"user_ids": []})


async def test_one_event_too_many_is_acknowledged_with_when_to_try_again(
    strict_address: str, world: World
) -> None:
    async with entered(strict_address, await token_of(world, ASHA)) as raw:
        answers = [await asks(raw) for _ in range(BUDGET)]
    assert [answer["success"] for answer in answers] == [True] * (BUDGET - 1) + [False]
    assert answers[-1]["code"] == "too_many_requests"
    assert 0 < answers[-1]["retry_after_seconds"] <= 60


async def test_the_budget_is_one_persons_over_all_their_sockets(strict_address: str, world: World) -> None:
    asha, meera = await token_of(world, ASHA), await token_of(world, MEERA)
    async with entered(strict_address, asha) as one, entered(strict_address, asha) as other:
        while (await asks(one))["success"]:
            pass
        assert (await asks(other))["code"] == "too_many_requests"
        async with entered(strict_address, meera) as hers:
            assert (await asks(hers))["success"] is True


async def test_connecting_again_is_no_way_out(strict_address: str, world: World) -> None:
    token = await token_of(world, ASHA)
    async with entered(strict_address, token) as raw:
        while (await asks(raw))["success"]:
            pass
    for signed_in in (token, await token_of(world, ASHA)):
        async with websocket(strict_address) as raw:
            refused = (await raw.enter(signed_in))["data"]
            assert refused["code"] == "too_many_requests"
            assert 0 < refused["retry_after_seconds"] <= 60
    async with polling(strict_address) as poller:
        assert (await poller.enter(token))["data"]["code"] == "too_many_requests"


UNACKNOWLEDGED = {
    "without an acknowledgement": '42["presence",{"user_ids":[]}]',
    "an unknown one": '42["nothing of ours"]',
    "an empty one": "42[]",
    "typing": '42["typing",{"conversation_id":"ID","is_typing":true}]',
}


@pytest.mark.parametrize("packet", UNACKNOWLEDGED.values(), ids=UNACKNOWLEDGED)
async def test_every_event_counts(
    strict_address: str, world: World, asha: httpx.AsyncClient, packet: str
) -> None:
    packet = packet.replace("ID", await open_with(asha, RAVI))
    async with entered(strict_address, await token_of(world, ASHA)) as raw:
        raw.send(*[packet] * BUDGET)
        assert (await asks(raw))["code"] == "too_many_requests"


async def test_who_does_not_listen_is_cut_off(strict_address: str, world: World) -> None:
    """After as many refusals as are patient, whether or not they ask for acknowledgements."""
    async with entered(strict_address, await token_of(world, ASHA)) as raw:
        for _ in range(BUDGET + MOST_REFUSED_EVENTS):
            raw.event("presence", {"user_ids": []})
        heard: list[str] = []
        with suppress(Gone):
            while True:
                heard.append(await raw.packet())
    answers = [packet for packet in heard if packet.startswith("43")]
    assert len([answer for answer in answers if "too_many_requests" in answer]) == MOST_REFUSED_EVENTS
    assert heard[-2:] == ["41", "1"]


async def test_operators_have_no_budget(strict_address: str, world: World) -> None:
    """As over HTTP."""
    async with entered(strict_address, await token_of(world, OM)) as raw:
        answers = [await asks(raw) for _ in range(BUDGET + 1)]
    assert {answer["success"] for answer in answers} == {True}
