"""Where what was missed ends and what is told live begins: no message is left out there, and none comes twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from uuid import UUID

import httpx
import pytest
from msgspec import structs

from stoory.platform.postgres import Server
from stoory.platform.sockets import connections
from stoory.settings import Settings
from tests.chats import apply, open_with, press, say
from tests.sockets.devices import By, Device, gathered, number_of
from tests.sockets.history import Superuser, check_copies, check_told, listed, truth
from tests.sockets.nodes import Node
from tests.world import ASHA, RAVI, Person

BYS: tuple[By, ...] = ("since", "conversations")
COMES_BACK = 4
"""How often somebody does while messages pour in."""
MANY = 250
"""Messages, more than two pages of them."""

MISSED = """
insert into messages (id, conversation_id, sender_id, receiver_id, message, created_at)
select gen_random_uuid(), $1, $2, $3, 'message ' || n, now()
  from generate_series(1, $4::int) n
"""


@pytest.fixture
async def node(settings: Settings, server: Server) -> AsyncIterator[Node]:
    """Return a server that lets anybody ask as often as they like."""
    node = Node(server, structs.replace(settings, limit_socket="unlimited"))
    await node.start()
    yield node
    await node.stop()


@asynccontextmanager
async def device_of(node: Node, person: Person) -> AsyncIterator[Device]:
    """Return a new device of somebody's, which is not connected."""
    token = node.world.app.tokens.issue(await node.world.sign_in(person), person.phone)
    async with node.world.client(person) as client:
        device = Device(str(person.id), token, lambda: node.address, partial(listed, client))
        async with gathered(device):
            yield device


async def write(superuser: Superuser, id_: str, times: int = MANY) -> None:
    """Let Asha have written so many messages to Ravi, all at one instant."""
    await superuser.execute(MISSED, UUID(id_), ASHA.id, RAVI.id, times)


async def knows_everything(device: Device, client: httpx.AsyncClient, superuser: Superuser) -> None:
    """See that a device has been told all there is, and nothing twice, as soon as it can be."""
    there = await truth(superuser)
    await device.until(lambda device: device.number >= there.last_numbers[device.user_id])
    check_told(device, there)
    await check_copies([device], client, there)


async def pour(device: Device, ids: list[str], is_over: asyncio.Event) -> None:
    """Write one message after the other until it is over."""
    number = 0
    while not is_over.is_set():
        number += 1
        sent = await device.ask("send_message", conversation_id=ids[number % len(ids)], message="x" * number)
        assert sent["success"], sent


@pytest.mark.parametrize("by", BYS)
async def test_who_comes_back_again_and_again_while_messages_pour_in_hears_each_once_and_in_order(
    node: Node, superuser: Superuser, asha: httpx.AsyncClient, ravi: httpx.AsyncClient, by: By
) -> None:
    ids = [await open_with(asha, RAVI), await apply(ravi)]
    async with AsyncExitStack() as stack:
        device = await stack.enter_async_context(device_of(node, RAVI))
        writers = [await stack.enter_async_context(device_of(node, person)) for person in (ASHA, ASHA, RAVI)]
        await device.come()
        is_over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for writer in writers:
                await writer.come()
                group.create_task(pour(writer, ids, is_over))
            for _ in range(COMES_BACK):
                await device.leave()
                await write(superuser, ids[0])
                await device.connect(by)
                await device.until(lambda device: device.call.heard)  # some comes before it asks
                await device.resume()
                await device.until(lambda device: len(device.call.heard) > 20)
            is_over.set()
        await knows_everything(device, ravi, superuser)
    assert {call.is_resumed for call in device.calls} == {True}


@pytest.mark.parametrize("by", BYS)
async def test_more_than_a_page_told_since_one_connected_keeps_nobody_asking(
    node: Node, superuser: Superuser, asha: httpx.AsyncClient, ravi: httpx.AsyncClient, by: By
) -> None:
    """What is told live is no page: by conversations, the second one waits behind none of the first."""
    first, second = sorted([await open_with(asha, RAVI), await apply(ravi)])
    async with device_of(node, RAVI) as device:
        await device.come()
        await device.leave()
        await write(superuser, second, 1)
        await device.connect(by)
        await write(superuser, first)
        async with asyncio.timeout(5):
            await device.resume()
        assert len([None for name, _ in device.call.heard if name == "resumed"]) == 1
        await knows_everything(device, ravi, superuser)


@pytest.mark.parametrize("by", BYS)
async def test_who_takes_their_time_over_a_page_is_told_live_meanwhile_and_misses_nothing(
    node: Node,
    superuser: Superuser,
    asha: httpx.AsyncClient,
    ravi: httpx.AsyncClient,
    *,
    monkeypatch: pytest.MonkeyPatch,
    by: By,
) -> None:
    monkeypatch.setattr(connections, "HELD_SECONDS", 0.05)
    id_ = await open_with(asha, RAVI)
    async with device_of(node, RAVI) as device:
        await device.come()
        await device.leave()
        await write(superuser, id_)
        await device.connect(by)
        asked = {"since": device.cursor} if by == "since" else {"conversations": device.copy.last_seqs()}
        answer = await device.ask("resume", **asked)
        assert answer["has_more"] is True
        await say(asha, id_, "Are you still reading?")
        await device.until(lambda device: device.call.heard[-1][0] == "new_message")
        device.call.heard.remove(("resumed", answer))  # and begins anew
        await device.resume()
        await knows_everything(device, ravi, superuser)


@pytest.mark.parametrize("by", BYS)
async def test_what_changed_without_a_message_is_missed_neither(
    node: Node, superuser: Superuser, asha: httpx.AsyncClient, ravi: httpx.AsyncClient, by: By
) -> None:
    """Somebody has read, a word is taken back, a deal has moved, an older button is answered."""
    chat, deal = await open_with(asha, RAVI), await apply(ravi)
    regretted = await say(asha, chat, "I regret this")
    await say(ravi, chat, "What?")
    async with device_of(node, ASHA) as device:
        await device.come()
        await device.leave()
        await ravi.put(f"/api/messages/conversations/{deal}/seen")
        await asha.delete(f"/api/messages/{regretted['id']}")
        await asha.put(f"/api/messages/conversations/{chat}/seen")
        await press(asha, deal, "accept_proposal")
        await device.come(by)
        await knows_everything(device, asha, superuser)


async def test_each_page_goes_on_where_the_one_before_ended(
    node: Node, superuser: Superuser, asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    async with device_of(node, RAVI) as device:
        await device.come()
        await device.leave()
        await write(superuser, id_)
        await device.come()
        pages = [answer for name, answer in device.call.heard if name == "resumed"]
        assert [len(page["messages"]) for page in pages] == [100, 100, 50]
        assert [page["has_more"] for page in pages] == [True, True, False]
        numbers = [number_of(page["cursor"]) for page in pages]
        assert numbers == sorted(numbers)
        await knows_everything(device, ravi, superuser)


async def test_of_conversations_of_others_a_resume_tells_nothing(
    node: Node, asha: httpx.AsyncClient, kabir: httpx.AsyncClient
) -> None:
    id_ = await open_with(kabir, RAVI)
    await say(kabir, id_, "Between us")
    async with device_of(node, ASHA) as device:
        await open_with(asha, RAVI)
        await device.come()
        answer = await device.ask("resume", conversations={id_: 0})
    assert (answer["messages"], answer["conversations"], answer["seen"]) == ([], [], [])
