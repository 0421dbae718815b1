"""Two nodes with one database and one Redis are one installation, and without Redis still two that know the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from msgspec import Struct, structs

from stoory.app import Application
from stoory.chat.sockets import room
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.chats import apply, open_with, press, say
from tests.redis import RedisServer
from tests.sockets.listening import listening, served
from tests.world import ASHA, MEERA, RAVI, World

SOON_SECONDS = 0.3
"""Instead of five, for what no hint has come of."""


class Nodes(Struct):
    """The addresses of two nodes."""

    one: str
    other: str


@asynccontextmanager
async def running(settings: Settings, server: Server) -> AsyncIterator[str]:
    application = Application(settings, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running(), served(application) as address:
        yield address


@pytest.fixture
async def nodes(
    world: World,
    settings: Settings,
    server: Server,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Nodes]:
    del world
    monkeypatch.setattr(room, "LOOK_AT_ALL_EVERY_SECONDS", SOON_SECONDS)
    shared = structs.replace(settings, redis_url=redis_server.url, limit_socket="6/minute")
    async with running(shared, server) as one, running(shared, server) as other:
        yield Nodes(one, other)


async def test_people_on_two_nodes_talk_see_and_type_to_each_other(
    nodes: Nodes, world: World, asha: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    async with (
        listening(nodes.one, world, ASHA) as asha_hears,
        listening(nodes.other, world, RAVI) as ravi_hears,
        listening(nodes.other, world, MEERA) as meera_hears,
    ):
        await asha_hears.hears("presence", user_id=str(RAVI.id), online=True)
        sent = await asha_hears.ask("send_message", conversation_id=id_, message="Hello!")
        heard = await ravi_hears.hears("new_message", conversation_id=id_)
        assert heard["message"]["id"] == sent["data"]["message"]["id"]
        await ravi_hears.ask("mark_seen", conversation_id=id_)
        await asha_hears.hears("message_seen", user_id=str(RAVI.id), up_to_seq=1)
        await ravi_hears.ask("typing", conversation_id=id_, is_typing=True)
        await asha_hears.hears("typing", user_id=str(RAVI.id), is_typing=True)
        assert meera_hears.heard == []
    assert len(asha_hears.of("new_message")) == len(ravi_hears.of("new_message")) == 1


async def test_a_move_at_one_node_is_heard_at_the_other(
    nodes: Nodes, world: World, asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    id_ = await apply(ravi)
    async with listening(nodes.other, world, RAVI) as ravi_hears:
        async with httpx.AsyncClient(base_url=nodes.one, headers=dict(asha.headers)) as asha_there:
            await press(asha_there, id_, "accept_proposal")
        moved = await ravi_hears.hears("conversation_updated", conversation_id=id_, reason="moved")
        assert moved["conversation"]["flow_state"] == "accepted"
        await ravi_hears.hears("conversation_updated", conversation_id=id_, reason="answered")


async def test_without_redis_nothing_is_lost_doubled_or_late_by_more_than_a_look(
    nodes: Nodes, world: World, asha: httpx.AsyncClient, redis_server: RedisServer
) -> None:
    id_ = await open_with(asha, RAVI)
    async with (
        listening(nodes.one, world, ASHA) as asha_hears,
        listening(nodes.other, world, RAVI) as ravi_hears,
    ):
        for number, happens in enumerate((redis_server.kill, redis_server.start, redis_server.flush), 1):
            await asyncio.to_thread(happens)
            answer = await asha_hears.ask("send_message", conversation_id=id_, message=f"message {number}")
            assert answer["success"] is True
            await ravi_hears.hears("new_message", conversation_id=id_, seq=number)
        assert [told["seq"] for told in ravi_hears.of("new_message")] == [1, 2, 3]
        assert [told["seq"] for told in asha_hears.of("new_message")] == [1, 2, 3]


async def test_a_session_that_ends_at_one_node_ends_its_sockets_at_the_other(
    nodes: Nodes, world: World, asha: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    async with listening(nodes.other, world, RAVI) as ravi_hears:
        token = ravi_hears.token
        async with httpx.AsyncClient(
            base_url=nodes.one, headers={"Authorization": f"Bearer {token}"}
        ) as there:
            assert (await there.post("/api/auth/logout")).is_success
        await ravi_hears.ends()
        await say(asha, id_, "Are you there?")
        assert ravi_hears.of("new_message") == []


async def test_the_budget_of_events_is_one_for_all_nodes(nodes: Nodes, world: World) -> None:
    async with (
        listening(nodes.one, world, RAVI) as here,
        listening(nodes.other, world, RAVI) as there,
    ):
        answers = [await ear.ask("resume") for ear in (here, there, here, there, here)]
    refused = [answer for answer in answers if not answer["success"]]
    assert [answer["success"] for answer in answers] == [True] * 4 + [False], "connecting counts, too"
    assert refused[0]["code"] == "too_many_requests"


async def test_only_websockets_are_served_where_there_are_several_nodes(nodes: Nodes) -> None:
    async with httpx.AsyncClient(base_url=nodes.one) as client:
        answer = await client.get("/socket.io/?EIO=4&transport=polling")
    assert (answer.status_code, answer.json()["code"]) == (400, "websocket_only")
