"""Pages of messages in both directions, pages of conversations, and what they cost."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.chats import apply, open_with, read, rows, say, seqs
from tests.watching import one_connection, statements
from tests.world import ASHA, MEERA, OM, RAVI, Person


@pytest.fixture
async def long_chat(asha: httpx.AsyncClient, superuser: asyncpg.Connection[asyncpg.Record]) -> str:
    """A conversation of 120 messages."""
    conversation_id = await open_with(asha, RAVI)
    await superuser.execute(
        """
        insert into messages (conversation_id, sender_id, receiver_id, message)
        select $1, $2, $3, 'Message ' || n from generate_series(1, 120) n
        """,
        conversation_id,
        ASHA.id,
        RAVI.id,
    )
    return conversation_id


async def test_the_latest_page_comes_first_and_ascends(asha: httpx.AsyncClient, long_chat: str) -> None:
    page = await read(asha, long_chat)

    assert seqs(page) == list(range(71, 121))
    assert page["messages"][0]["message"] == "Message 71"
    assert page["conversation"]["id"] == long_chat
    pagination = page["pagination"]
    assert pagination == {
        "limit": 50,
        "next_cursor": pagination["next_cursor"],
        "has_more": True,
        "before_seq": 71,
        "after_seq": 120,
    }


@pytest.mark.parametrize("key", ["cursor", "before_seq"])
async def test_asha_scrolls_back_to_the_beginning(asha: httpx.AsyncClient, long_chat: str, key: str) -> None:
    pages = [await read(asha, long_chat)]
    while (pagination := pages[-1]["pagination"])["has_more"]:
        onward = pagination["next_cursor"] if key == "cursor" else pagination["before_seq"]
        pages.append(await read(asha, long_chat, **{key: onward}))

    assert [seqs(page) for page in pages] == [
        list(range(71, 121)),
        list(range(21, 71)),
        list(range(1, 21)),
    ]
    last = pages[-1]["pagination"]
    assert (last["next_cursor"], last["before_seq"], last["after_seq"]) == (None, None, 20)


@pytest.mark.parametrize("key", ["cursor", "after_seq"])
async def test_ravi_catches_up_from_where_he_was(ravi: httpx.AsyncClient, long_chat: str, key: str) -> None:
    pages = [await read(ravi, long_chat, after_seq=5, limit=60)]
    while (pagination := pages[-1]["pagination"])["has_more"]:
        onward = pagination["next_cursor"] if key == "cursor" else pagination["after_seq"]
        pages.append(await read(ravi, long_chat, **{key: onward}, limit=60))

    assert [seqs(page) for page in pages] == [list(range(6, 66)), list(range(66, 121))]
    assert pages[0]["pagination"]["before_seq"] == 6


async def test_ravi_asks_again_later_for_what_has_come_since(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, long_chat: str
) -> None:
    at_the_end = (await read(ravi, long_chat, after_seq=120))["pagination"]
    await say(asha, long_chat)

    since = await read(ravi, long_chat, after_seq=at_the_end["after_seq"])

    assert at_the_end == {
        "limit": 50,
        "next_cursor": None,
        "has_more": False,
        "before_seq": 121,
        "after_seq": 120,
    }
    assert seqs(since) == [121]


async def test_an_exact_page_has_nothing_after_it(asha: httpx.AsyncClient, long_chat: str) -> None:
    newer = await read(asha, long_chat, after_seq=20, limit=100)
    older = await read(asha, long_chat, before_seq=101, limit=100)

    assert (seqs(newer), newer["pagination"]["has_more"]) == (list(range(21, 121)), False)
    assert (seqs(older), older["pagination"]["has_more"]) == (list(range(1, 101)), False)


async def test_an_empty_conversation_is_one_empty_page(asha: httpx.AsyncClient) -> None:
    page = await read(asha, await open_with(asha, RAVI), include_total=True)

    assert page["messages"] == []
    assert page["pagination"] == {
        "limit": 50,
        "next_cursor": None,
        "has_more": False,
        "total": 0,
        "before_seq": None,
        "after_seq": 0,
    }


async def test_the_total_is_asked_for(asha: httpx.AsyncClient, long_chat: str) -> None:
    assert (await read(asha, long_chat, include_total=True))["pagination"]["total"] == 120


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"before_seq": 0},
        {"before_seq": 2**63},
        {"after_seq": -1},
        {"before_seq": 5, "after_seq": 1},
        {"cursor": "nonsense"},
        {"cursor": "WzEsMl0"},
        {"cursor": "WyIyMDI2LTAxLTAxIiwxXQ"},
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    asha: httpx.AsyncClient, long_chat: str, params: dict[str, Any]
) -> None:
    answer = await asha.get(f"/api/messages/conversations/{long_chat}/messages", params=params)

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid"


async def test_conversations_come_newest_activity_first_page_by_page(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    direct, bid, campaign = (
        await open_with(asha, RAVI),
        await apply(ravi),
        await apply(ravi, on_campaign=True),
    )
    support = await open_with(asha, OM)
    await say(ravi, bid)

    pages: list[list[str]] = []
    cursor: str | None = None
    while not pages or cursor is not None:
        params = {"limit": 3, "include_total": True} | ({"cursor": cursor} if cursor else {})
        answer = (await asha.get("/api/messages/conversations", params=params)).json()
        pages.append([row["id"] for row in answer["conversations"]])
        cursor = answer["pagination"]["next_cursor"]
        assert answer["pagination"]["total"] == 4
        assert answer["pagination"]["has_more"] is (cursor is not None)

    assert pages == [[bid, support, campaign], [direct]]


async def test_conversations_of_one_instant_are_neither_lost_nor_doubled(
    asha: httpx.AsyncClient, superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    everybody = {await open_with(asha, person) for person in (RAVI, MEERA, OM)}
    await superuser.execute("update conversations set updated_at = '2026-02-01Z'")

    first = (await asha.get("/api/messages/conversations", params={"limit": 2})).json()
    rest = await rows(asha, limit=2, cursor=first["pagination"]["next_cursor"])

    assert {row["id"] for row in [*first["conversations"], *rest]} == everybody
    assert len(rest) == 1


async def test_om_pages_through_everybodys(
    asha: httpx.AsyncClient, kabir: httpx.AsyncClient, om: httpx.AsyncClient
) -> None:
    theirs = [await open_with(asha, RAVI), await open_with(kabir, RAVI), await open_with(asha, MEERA)]

    first = (
        await om.get("/api/messages/conversations/direct", params={"limit": 2, "include_total": 1})
    ).json()
    rest = await rows(om, "/direct", limit=2, cursor=first["pagination"]["next_cursor"])

    assert [row["id"] for row in [*first["conversations"], *rest]] == theirs[::-1]
    assert first["pagination"]["total"] == 3


@pytest.mark.parametrize("viewer", [ASHA, OM])
async def test_thirty_conversations_cost_as_many_queries_as_one(
    ravi: httpx.AsyncClient,
    server: Server,
    settings: Settings,
    superuser: asyncpg.Connection[asyncpg.Record],
    viewer: Person,
) -> None:
    costs: list[dict[str, int]] = []
    first = await apply(ravi)
    async with one_connection(server, settings) as (narrow, connection), narrow.client(viewer) as client:
        await rows(client)  # the driver asks for the types of a new connection once
        for extra in (0, 29):
            await _talk_to_many(superuser, extra)
            costs.append({})
            for path in ("", "/direct", "/bids", f"/{first}", f"/{first}/messages"):
                with statements(connection) as executed:
                    answer = await client.get(f"/api/messages/conversations{path}", params={"limit": 50})
                assert answer.status_code == 200
                costs[-1][path] = len(executed)
        assert len(await rows(client, limit=50)) == 30

    assert costs[0] == costs[1]
    assert max(costs[0].values()) == 4  # begin with its checks, which rows, the rows, commit


async def test_sending_is_one_statement(asha: httpx.AsyncClient, server: Server, settings: Settings) -> None:
    conversation_id = await open_with(asha, RAVI)
    async with one_connection(server, settings) as (narrow, connection), narrow.client(ASHA) as client:
        with statements(connection) as executed:
            await say(client, conversation_id, client_msg_id="1")

    assert len(executed) == 3, executed
    assert executed[1].strip().startswith("insert into messages")


async def _talk_to_many(superuser: asyncpg.Connection[asyncpg.Record], count: int) -> None:
    """Give Asha conversations with that many new influencers, a message in each."""
    await superuser.execute(
        """
        with many as (
            insert into users (name, phone, role)
            select 'Influencer ' || n, '+9199000' || n, 'influencer' from generate_series(1, $1::int) n
            returning id
        ), talks as (
            insert into conversations (brand_owner_id, influencer_id)
            select $2, id from many
            returning id, brand_owner_id, influencer_id
        ), cursors as (
            insert into participations (conversation_id, user_id, other_user_id)
            select id, brand_owner_id, influencer_id from talks
             union all
            select id, influencer_id, brand_owner_id from talks
        )
        select from talks
        """,
        count,
        ASHA.id,
    )
    await superuser.execute(
        """
        insert into messages (conversation_id, sender_id, receiver_id, message)
        select id, influencer_id, brand_owner_id, 'Hello!' from conversations where chat_status = 'direct'
        """
    )
