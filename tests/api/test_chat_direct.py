"""People talk to each other: guide section 5.2."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import httpx
import pytest

from stoory.actor import SYSTEM_USER_ID
from tests.chats import apply, open_with, read, rows, say
from tests.subscriptions import subscribed
from tests.till import Till
from tests.world import ASHA, KABIR, MEERA, OM, RAVI, Person


async def test_the_guides_direct_conversation_lists_as_printed(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    conversation_id = await open_with(asha, RAVI)
    said = await say(ravi, conversation_id, "Hello! How are you doing?")

    answer = (await asha.get("/api/messages/conversations/direct")).json()

    assert answer["success"] is True
    [row] = answer["conversations"]
    assert row == {
        "id": conversation_id,
        "campaign_id": None,
        "bid_id": None,
        "request_id": None,
        "brand_owner_id": str(ASHA.id),
        "influencer_id": str(RAVI.id),
        "chat_status": "direct",
        "flow_state": None,
        "awaiting_role": None,
        "automation_enabled": False,
        "flow_data": None,
        "payment_required": False,
        "payment_completed": False,
        "created_at": row["created_at"],
        "updated_at": said["created_at"],
        "last_message": {
            "id": said["id"],
            "message": "Hello! How are you doing?",
            "message_type": "user",
            "sender_id": str(RAVI.id),
            "created_at": said["created_at"],
            "action_required": False,
            "action_data": None,
        },
        "other_user": {"id": str(RAVI.id), "name": "Ravi", "role": "influencer", "profile_image_url": None},
        "unread_count": 1,
        "last_seq": 1,
    }
    assert answer["pagination"] == {"limit": 20, "next_cursor": None, "has_more": False}


async def test_the_guides_message_is_sent_as_printed(asha: httpx.AsyncClient) -> None:
    conversation_id = await open_with(asha, RAVI)

    answer = await asha.post(
        "/api/messages",
        json={
            "conversation_id": conversation_id,
            "message": "Hello! This is my message",
            "media_url": "https://example.com/image.jpg",
        },
    )

    assert answer.status_code == 201
    message = answer.json()["data"]["message"]
    assert message == {
        "id": message["id"],
        "conversation_id": conversation_id,
        "seq": 1,
        "sender_id": str(ASHA.id),
        "receiver_id": str(RAVI.id),
        "message": "Hello! This is my message",
        "message_type": "user",
        "action_required": False,
        "action_data": None,
        "flow_context": None,
        "media_url": "https://example.com/image.jpg",
        "metadata": None,
        "seen": False,
        "seen_at": None,
        "deleted": False,
        "client_msg_id": None,
        "created_at": message["created_at"],
    }
    assert (await read(asha, conversation_id))["messages"] == [message]


async def test_asha_opens_a_conversation_with_ravi_once(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    first = await asha.post(
        "/api/messages/conversations", json={"user_id": str(RAVI.id), "message": " Hi Ravi "}
    )
    again = await ravi.post("/api/messages/conversations", json={"user_id": str(ASHA.id)})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["conversation"]["id"] == again.json()["conversation"]["id"]
    assert first.json()["conversation"]["unread_count"] == 0
    assert again.json()["conversation"]["unread_count"] == 1
    assert again.json()["conversation"]["last_message"]["message"] == "Hi Ravi"


async def test_a_deal_with_ravi_is_not_the_direct_conversation_with_him(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    of_the_deal = await apply(ravi)

    assert await open_with(asha, RAVI) != of_the_deal


@pytest.mark.parametrize("nobody", ["00000000-0000-4000-8000-00000000dead", str(SYSTEM_USER_ID)])
async def test_nobody_is_talked_to_who_is_not_there(asha: httpx.AsyncClient, nobody: str) -> None:
    opened = await asha.post("/api/messages/conversations", json={"user_id": nobody})
    sent = await asha.post("/api/messages", json={"receiver_id": nobody, "message": "Hello?"})

    assert (opened.status_code, opened.json()["code"]) == (404, "not_found")
    assert (sent.status_code, sent.json()["code"]) == (404, "not_found")


async def test_a_suspended_influencer_looks_like_nobody(
    asha: httpx.AsyncClient, superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    await superuser.execute("update users set status = 'suspended' where id = $1", MEERA.id)

    answer = await asha.post("/api/messages/conversations", json={"user_id": str(MEERA.id)})

    assert answer.status_code == 404
    assert await rows(asha) == []


@pytest.mark.parametrize("who", [ASHA, KABIR])
async def test_a_brand_talks_neither_to_itself_nor_to_a_brand(asha: httpx.AsyncClient, who: Person) -> None:
    opened = await asha.post("/api/messages/conversations", json={"user_id": str(who.id)})
    sent = await asha.post("/api/messages", json={"receiver_id": str(who.id), "message": "Hello?"})

    assert opened.status_code == 422
    assert [error["field"] for error in opened.json()["errors"]] == ["user_id"]
    assert sent.status_code == 422
    assert [error["field"] for error in sent.json()["errors"]] == ["receiver_id"]


async def test_ravi_and_om_have_one_support_thread_whoever_begins(
    ravi: httpx.AsyncClient, om: httpx.AsyncClient, asha: httpx.AsyncClient
) -> None:
    conversation_id = await open_with(ravi, OM)
    await say(ravi, conversation_id, "I need help")
    await say(om, conversation_id, "I am here")

    assert await open_with(om, RAVI) == conversation_id
    [row] = await rows(ravi, "/direct")
    assert (row["support"], row["priority"]) == (True, False)
    assert row["other_user"]["name"] == "Om"
    assert row["unread_count"] == 1
    assert row["influencer_id"] == str(RAVI.id)
    assert await open_with(om, ASHA) != conversation_id
    assert [row["id"] for row in await rows(asha)] != [conversation_id]


async def test_a_message_to_a_person_opens_the_conversation(
    ravi: httpx.AsyncClient, asha: httpx.AsyncClient
) -> None:
    first = await ravi.post("/api/messages", json={"receiver_id": str(ASHA.id), "message": "Hello Asha"})
    second = await ravi.post("/api/messages", json={"receiver_id": str(ASHA.id), "message": "Are you there?"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["data"]["message"]["seq"] == 2
    [row] = await rows(asha)
    assert row["unread_count"] == 2


async def test_a_message_is_trimmed(asha: httpx.AsyncClient) -> None:
    conversation_id = await open_with(asha, RAVI)

    assert (await say(asha, conversation_id, "  Hello \n"))["message"] == "Hello"
    assert (await say(asha, conversation_id, "x" * 4000 + "   "))["message"] == "x" * 4000


async def test_a_picture_needs_no_words(asha: httpx.AsyncClient) -> None:
    conversation_id = await open_with(asha, RAVI)

    message = await say(asha, conversation_id, "  ", media_url="https://example.com/a.png?x=1#y")

    assert (message["message"], message["media_url"]) == ("", "https://example.com/a.png?x=1#y")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"message": "   "}, {"message"}),
        ({}, {"message"}),
        ({"message": "x" * 4001}, {"message"}),
        ({"message": 5}, {"message"}),
        ({"message": "Hi", "media_url": "http://example.com/a.png"}, {"media_url"}),
        ({"message": "Hi", "media_url": "javascript:alert(1)"}, {"media_url"}),
        ({"message": "Hi", "media_url": "https://example.com/a b"}, {"media_url"}),
        ({"message": "Hi", "media_url": "https://example.com/" + "a" * 1981}, {"media_url"}),
        ({"message": "", "media_url": "data:image/png;base64,AAAA"}, {"media_url"}),
        ({"message": "Hi", "client_msg_id": ""}, {"client_msg_id"}),
        ({"message": "Hi", "receiver_id": str(RAVI.id)}, {"conversation_id"}),
        ({"message": "Hi", "seen": True}, {"seen"}),
        ({"message": " ", "receiver_id": str(RAVI.id)}, {"conversation_id", "message"}),
    ],
)
async def test_every_wrong_field_of_a_message_is_named(
    asha: httpx.AsyncClient, fields: dict[str, object], wrong: set[str]
) -> None:
    conversation_id = await open_with(asha, RAVI)

    answer = await asha.post("/api/messages", json={"conversation_id": conversation_id, **fields})

    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == wrong
    assert (await read(asha, conversation_id))["messages"] == []


async def test_a_message_goes_to_somebody(asha: httpx.AsyncClient) -> None:
    answer = await asha.post("/api/messages", json={"message": "Hello?"})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["conversation_id"]


async def test_an_empty_first_message_opens_nothing(asha: httpx.AsyncClient) -> None:
    answer = await asha.post("/api/messages/conversations", json={"user_id": str(RAVI.id), "message": " "})

    assert answer.status_code == 422
    assert await rows(asha) == []


async def test_asha_sees_her_own_id_of_a_message_and_ravi_does_not(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    conversation_id = await open_with(asha, RAVI)

    sent = await say(asha, conversation_id, client_msg_id="local-1")

    assert sent["client_msg_id"] == "local-1"
    assert (await read(asha, conversation_id))["messages"][0]["client_msg_id"] == "local-1"
    assert (await read(ravi, conversation_id))["messages"][0]["client_msg_id"] is None


async def test_a_message_sent_twice_is_there_once(asha: httpx.AsyncClient, ravi: httpx.AsyncClient) -> None:
    conversation_id = await open_with(asha, RAVI)
    body = {"conversation_id": conversation_id, "message": "Hello!", "client_msg_id": "local-1"}
    first = await asha.post("/api/messages", json=body)
    await ravi.put(f"/api/messages/conversations/{conversation_id}/seen")

    again = await asha.post("/api/messages", json=body)
    other = await asha.post("/api/messages", json={**body, "message": "Bye!"})
    elsewhere = await asha.post(
        "/api/messages", json={**body, "conversation_id": await open_with(asha, MEERA)}
    )

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["data"]["message"]["id"] == first.json()["data"]["message"]["id"]
    assert again.json()["data"]["message"]["seen"] is True
    assert (other.status_code, other.json()["code"]) == (409, "client_msg_id_reused")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "client_msg_id_reused")
    assert len((await read(ravi, conversation_id))["messages"]) == 1


async def test_two_people_may_choose_the_same_id(asha: httpx.AsyncClient, ravi: httpx.AsyncClient) -> None:
    conversation_id = await open_with(asha, RAVI)

    await say(asha, conversation_id, "Hello!", client_msg_id="1")
    message = await say(ravi, conversation_id, "Hello!", client_msg_id="1")

    assert message["seq"] == 2


async def test_static_addresses_are_no_messages(asha: httpx.AsyncClient) -> None:
    for path in ("unread-count", "conversations", "conversations/direct", "conversations/bids"):
        assert (await asha.get(f"/api/messages/{path}")).status_code == 200
        assert (await asha.delete(f"/api/messages/{path}")).status_code == 405
    assert (await asha.get("/api/messages/conversations/nonsense")).status_code == 404
    assert (await asha.get(f"/api/messages/{uuid4()}")).status_code == 405


async def test_the_support_of_who_has_it_in_their_plan_has_priority(
    asha: httpx.AsyncClient, om: httpx.AsyncClient, till: Till
) -> None:
    await open_with(asha, OM)
    assert [row["priority"] for row in await rows(asha, "/direct")] == [False]

    await subscribed(asha, till, plan="enterprise")

    for client in (asha, om):
        assert [(row["support"], row["priority"]) for row in await rows(client, "/direct")] == [(True, True)]
