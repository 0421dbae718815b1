"""What is read, what is unread, what is deleted."""

from __future__ import annotations

import random
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.chats import apply, open_with, read, rows, say
from tests.world import ASHA, MEERA, RAVI


async def see(client: httpx.AsyncClient, conversation_id: str, **body: int) -> int:
    answer = await client.put(f"/api/messages/conversations/{conversation_id}/seen", json=body or None)
    assert answer.status_code == 200, answer.text
    return answer.json()["seen_up_to"]


async def unread(client: httpx.AsyncClient) -> tuple[int, dict[str, int]]:
    answer = (await client.get("/api/messages/unread-count")).json()
    return answer["unread_count"], answer["conversations"]


async def test_reading_marks_nothing_as_seen(asha: httpx.AsyncClient, ravi: httpx.AsyncClient) -> None:
    conversation_id = await open_with(asha, RAVI)
    await say(asha, conversation_id)

    await read(ravi, conversation_id)
    await rows(ravi)

    assert await unread(ravi) == (1, {conversation_id: 1})
    assert (await read(asha, conversation_id))["messages"][0]["seen"] is False


async def test_asha_learns_what_ravi_has_seen_and_when(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    conversation_id = await open_with(asha, RAVI)
    for _ in range(3):
        await say(asha, conversation_id)

    assert await see(ravi, conversation_id, up_to_seq=2) == 2

    messages = (await read(asha, conversation_id))["messages"]
    assert [message["seen"] for message in messages] == [True, True, False]
    assert [message["seen_at"] is not None for message in messages] == [True, True, False]
    assert (await read(ravi, conversation_id))["messages"] == messages
    assert await unread(ravi) == (1, {conversation_id: 1})


async def test_what_is_seen_stays_seen_and_never_exceeds_what_there_is(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    conversation_id = await open_with(asha, RAVI)
    for _ in range(3):
        await say(asha, conversation_id)

    assert await see(ravi, conversation_id, up_to_seq=2) == 2
    assert await see(ravi, conversation_id, up_to_seq=1) == 2
    assert await see(ravi, conversation_id, up_to_seq=0) == 2
    assert await see(ravi, conversation_id, up_to_seq=10**30) == 3
    assert await see(ravi, conversation_id) == 3


async def test_an_answer_has_read_what_it_answers(asha: httpx.AsyncClient, ravi: httpx.AsyncClient) -> None:
    conversation_id = await open_with(asha, RAVI)
    await say(asha, conversation_id)
    await say(ravi, conversation_id)

    assert await unread(ravi) == (0, {})
    assert await unread(asha) == (1, {conversation_id: 1})
    assert [message["seen"] for message in (await read(asha, conversation_id))["messages"]] == [True, False]


async def test_the_question_to_asha_is_seen_once_she_has_seen_it(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    conversation_id = await apply(ravi)
    assert await unread(asha) == (1, {conversation_id: 1})
    assert await unread(ravi) == (0, {})
    assert (await read(ravi, conversation_id))["messages"][0]["seen"] is False

    await see(asha, conversation_id)

    assert (await read(ravi, conversation_id))["messages"][0]["seen"] is True


@pytest.mark.parametrize("up_to_seq", [-1, "2", 1.5, True])
async def test_a_seq_is_a_whole_number(asha: httpx.AsyncClient, up_to_seq: object) -> None:
    conversation_id = await open_with(asha, RAVI)

    answer = await asha.put(
        f"/api/messages/conversations/{conversation_id}/seen", json={"up_to_seq": up_to_seq}
    )

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["up_to_seq"]


async def test_a_deleted_message_leaves_its_place_and_nothing_else(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    conversation_id = await open_with(asha, RAVI)
    await say(asha, conversation_id, "First")
    said = await say(asha, conversation_id, "Oh no", media_url="https://example.com/oh.png")

    answer = await asha.delete(f"/api/messages/{said['id']}")

    assert answer.json() == {"success": True, "message": "The message is deleted."}
    for client in (asha, ravi):
        messages = (await read(client, conversation_id))["messages"]
        assert [message["seq"] for message in messages] == [1, 2]
        tombstone = messages[1]
        assert (tombstone["message"], tombstone["media_url"], tombstone["deleted"]) == ("", None, True)
        assert (await rows(client))[0]["last_message"]["message"] == ""
    assert await unread(ravi) == (2, {conversation_id: 2})


async def test_deleting_twice_changes_nothing(
    asha: httpx.AsyncClient, superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    said = await say(asha, await open_with(asha, RAVI))
    query = "select deleted_at from messages where id = $1"

    first = await asha.delete(f"/api/messages/{said['id']}")
    deleted_at = await superuser.fetchval(query, UUID(said["id"]))
    second = await asha.delete(f"/api/messages/{said['id']}")

    assert (first.status_code, second.status_code) == (200, 200)
    assert await superuser.fetchval(query, UUID(said["id"])) == deleted_at


async def test_a_repeated_send_does_not_bring_a_deleted_message_back(asha: httpx.AsyncClient) -> None:
    conversation_id = await open_with(asha, RAVI)
    said = await say(asha, conversation_id, client_msg_id="1")
    await asha.delete(f"/api/messages/{said['id']}")

    again = await asha.post(
        "/api/messages", json={"conversation_id": conversation_id, "message": "Hello!", "client_msg_id": "1"}
    )

    assert again.status_code == 200
    assert again.json()["data"]["message"] == {**said, "message": "", "deleted": True}


async def test_only_ones_own_words_can_be_deleted(asha: httpx.AsyncClient, ravi: httpx.AsyncClient) -> None:
    conversation_id = await apply(ravi)
    said = await say(asha, conversation_id)
    automated, _ = (await read(asha, conversation_id))["messages"]

    for client, message_id in ((ravi, said["id"]), (asha, automated["id"]), (asha, str(uuid4()))):
        answer = await client.delete(f"/api/messages/{message_id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not any(message["deleted"] for message in (await read(asha, conversation_id))["messages"])


class Walk:
    """People send, read and delete at random, and the same is kept in plain numbers."""

    def __init__(self, people: dict[str, httpx.AsyncClient], members: dict[str, tuple[str, str]]) -> None:
        self.people = people
        self.members = members
        self.last = dict.fromkeys(members, 0)
        self.seen = {(id_, name): 0 for id_, names in members.items() for name in names}
        self.own: dict[str, list[str]] = {name: [] for name in people}

    async def step(self, dice: random.Random) -> None:
        id_ = dice.choice(list(self.members))
        name = dice.choice(self.members[id_])
        match dice.choice(("send", "send", "see", "see all", "delete")):
            case "send":
                self.own[name].append((await say(self.people[name], id_))["id"])
                self.last[id_] += 1
                self.seen[id_, name] = self.last[id_]
            case "see":
                up_to_seq = dice.randint(0, self.last[id_] + 2)
                self.seen[id_, name] = max(self.seen[id_, name], min(up_to_seq, self.last[id_]))
                assert await see(self.people[name], id_, up_to_seq=up_to_seq) == self.seen[id_, name]
            case "see all":
                self.seen[id_, name] = self.last[id_]
                assert await see(self.people[name], id_) == self.last[id_]
            case _ if self.own[name]:
                await self.people[name].delete(f"/api/messages/{dice.choice(self.own[name])}")
            case _:
                pass

    def left(self, name: str) -> dict[str, int]:
        return {
            id_: self.last[id_] - self.seen[id_, name] for id_ in self.members if name in self.members[id_]
        }


@pytest.mark.parametrize("seed", range(3))
async def test_unread_is_what_a_walk_of_sends_reads_and_deletes_leaves(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, meera: httpx.AsyncClient, seed: int
) -> None:
    walk = Walk(
        {ASHA.name: asha, RAVI.name: ravi, MEERA.name: meera},
        {
            await open_with(asha, RAVI): (ASHA.name, RAVI.name),
            await open_with(asha, MEERA): (ASHA.name, MEERA.name),
            (on_bid := await apply(ravi)): (ASHA.name, RAVI.name),
        },
    )
    walk.last[on_bid] = walk.seen[on_bid, RAVI.name] = 1  # the welcome, which answers his application
    dice = random.Random(seed)
    for _ in range(60):
        await walk.step(dice)

    for name, client in walk.people.items():
        left = walk.left(name)
        some = {id_: count for id_, count in left.items() if count > 0}
        assert await unread(client) == (sum(some.values()), some)
        assert {row["id"]: row["unread_count"] for row in await rows(client)} == left
