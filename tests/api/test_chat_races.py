"""Many at once: one order of messages, one message an id, one conversation a pair."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import asyncpg
import httpx
import pytest

from stoory.chat import actions
from stoory.chat.drafts import Draft
from stoory.errors import NotFound
from tests.chats import open_with, read, rows, seqs
from tests.world import ASHA, MEERA, RAVI, Person, World


@pytest.fixture
async def many(world: World) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Six sessions: three of Asha's, three of Ravi's."""
    async with AsyncExitStack() as stack:
        people: list[Person] = [ASHA, RAVI] * 3
        yield [await stack.enter_async_context(world.client(person)) for person in people]


async def test_fifty_messages_at_once_are_numbered_without_a_gap(
    many: list[httpx.AsyncClient], superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    conversation_id = await open_with(many[0], RAVI)
    texts = [f"Message {n}" for n in range(50)]

    answers = await asyncio.gather(
        *(
            many[n % 6].post("/api/messages", json={"conversation_id": conversation_id, "message": text})
            for n, text in enumerate(texts)
        )
    )

    assert {answer.status_code for answer in answers} == {201}
    assert sorted(answer.json()["data"]["message"]["seq"] for answer in answers) == list(range(1, 51))
    pages = [await read(client, conversation_id, limit=100) for client in many[:2]]
    for page in pages:
        assert [message["seq"] for message in page["messages"]] == list(range(1, 51))
        assert sorted(message["message"] for message in page["messages"]) == sorted(texts)
        assert page["conversation"]["last_seq"] == 50
    last_by = {message["sender_id"]: message["seq"] for message in pages[0]["messages"]}
    cursors = await superuser.fetch("select user_id, seen_seq from participations")
    assert {str(cursor["user_id"]): cursor["seen_seq"] for cursor in cursors} == last_by


async def test_what_is_rolled_back_leaves_no_gap(asha: httpx.AsyncClient, world: World) -> None:
    conversation_id = await open_with(asha, RAVI)
    actor = await world.sign_in(ASHA)

    async def send(n: int) -> None:
        async with world.db.as_user(actor) as tx:
            await actions.send(
                tx, actor, Draft(conversation_id=UUID(conversation_id), message=f"Message {n}")
            )
            if n % 2:
                raise NotFound

    outcomes = await asyncio.gather(*(send(n) for n in range(20)), return_exceptions=True)

    assert [isinstance(outcome, NotFound) for outcome in outcomes] == [False, True] * 10
    page = await read(asha, conversation_id)
    assert seqs(page) == list(range(1, 11))
    assert page["conversation"]["last_seq"] == 10


async def test_thirty_sends_of_one_message_are_one_message(
    many: list[httpx.AsyncClient], superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    conversation_id = await open_with(many[0], RAVI)
    body = {"conversation_id": conversation_id, "message": "Hello!", "client_msg_id": "local-1"}

    answers = await asyncio.gather(*(many[n % 3 * 2].post("/api/messages", json=body) for n in range(30)))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 29}
    assert len({answer.json()["data"]["message"]["id"] for answer in answers}) == 1
    assert {answer.json()["data"]["message"]["seq"] for answer in answers} == {1}
    assert await superuser.fetchval("select count(*) from messages") == 1
    assert await superuser.fetchval("select last_seq from conversations") == 1


async def test_one_id_sent_to_two_conversations_at_once_reaches_one(
    many: list[httpx.AsyncClient], superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    both = [await open_with(many[0], person) for person in (RAVI, MEERA)]

    for n in range(5):
        answers = await asyncio.gather(
            *(
                many[0].post(
                    "/api/messages",
                    json={"conversation_id": both[k % 2], "message": "Hello!", "client_msg_id": str(n)},
                )
                for k in range(10)
            )
        )
        assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 4, 409: 5}
    assert await superuser.fetchval("select count(*) from messages") == 5
    assert await superuser.fetchval("select sum(last_seq) from conversations") == 5


async def test_twenty_at_once_open_one_conversation(many: list[httpx.AsyncClient]) -> None:
    bodies = [{"user_id": str(RAVI.id)}, {"user_id": str(ASHA.id)}]

    answers = await asyncio.gather(
        *(many[n % 6].post("/api/messages/conversations", json=bodies[n % 2]) for n in range(20))
    )

    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert len({answer.json()["conversation"]["id"] for answer in answers}) == 1
    assert len(await rows(many[0])) == 1


async def test_cursors_moved_at_once_end_at_the_furthest(
    many: list[httpx.AsyncClient], superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    conversation_id = await open_with(many[0], RAVI)
    for _ in range(20):
        await many[0].post("/api/messages", json={"conversation_id": conversation_id, "message": "Hello!"})

    path = f"/api/messages/conversations/{conversation_id}/seen"
    answers = await asyncio.gather(*(many[1].put(path, json={"up_to_seq": n}) for n in range(20, 0, -1)))

    assert {answer.status_code for answer in answers} == {200}
    seen_seq = await superuser.fetchval("select seen_seq from participations where user_id = $1", RAVI.id)
    assert seen_seq == 20
