"""What each viewer sees of the same conversation, and who sees nothing of it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import httpx

from stoory.actor import SYSTEM_USER_ID
from stoory.chat import queries
from tests.chats import apply, open_with, press, read, rows, say
from tests.world import ASHA, MEERA, OM, RAVI, World

BUTTONS: Final[list[dict[str, Any]]] = [
    {
        "id": "accept_proposal",
        "text": "Accept Proposal",
        "action": "accept_proposal",
        "style": "success",
        "data": {"amount": 5000},
    },
    {"id": "negotiate", "text": "Negotiate Amount", "action": "negotiate_amount", "style": "primary"},
    {"id": "decline", "text": "Decline", "action": "decline_proposal", "style": "danger"},
]
"""As the guide prints them."""


async def test_the_guides_automated_message_reads_as_printed(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    conversation_id = await apply(ravi)

    answer = (await asha.get(f"/api/messages/conversations/{conversation_id}/messages")).json()

    assert answer["success"] is True
    [message] = answer["data"]["messages"]
    assert message["conversation_id"] == conversation_id
    assert message["message"] == "Welcome to the automated negotiation flow!"
    assert message["message_type"] == "automated"
    assert message["sender_id"] == str(SYSTEM_USER_ID)
    assert message["receiver_id"] == str(ASHA.id)
    assert message["action_required"] is True
    assert message["action_data"] == {"buttons": BUTTONS}
    context = message["flow_context"]
    assert (context["current_state"], context["next_states"]) == (
        "initial",
        ["negotiating", "accepted", "declined"],
    )
    assert (
        context["business_rules"].items()
        >= {
            "can_negotiate": True,
            "min_amount": 3000,
            "max_amount": 8000,
        }.items()
    )
    conversation = answer["data"]["conversation"]
    assert {key: conversation[key] for key in ("id", "flow_state", "awaiting_role", "chat_status")} == {
        "id": conversation_id,
        "flow_state": "initial",
        "awaiting_role": "brand_owner",
        "chat_status": "automated",
    }
    assert conversation["automation_enabled"] is True


async def test_ravi_reads_the_words_but_gets_no_buttons(ravi: httpx.AsyncClient) -> None:
    conversation_id = await apply(ravi)

    [message] = (await read(ravi, conversation_id))["messages"]
    [row] = await rows(ravi, "/bids")

    assert message["message"] == "Welcome to the automated negotiation flow!"
    assert (message["action_required"], message["action_data"]) == (False, None)
    assert row["last_message"]["message"] == "Welcome to the automated negotiation flow!"
    assert (row["last_message"]["action_required"], row["last_message"]["action_data"]) == (False, None)


async def test_om_sees_what_the_awaited_side_sees(ravi: httpx.AsyncClient, om: httpx.AsyncClient) -> None:
    conversation_id = await apply(ravi)

    [message] = (await read(om, conversation_id))["messages"]
    [row] = await rows(om)

    assert (message["action_required"], message["action_data"]) == (True, {"buttons": BUTTONS})
    assert row["last_message"]["action_data"] == {"buttons": BUTTONS}
    assert row["flow_data"]["offers"][0]["you_receive"] == 4500
    assert row["unread_count"] == 0
    assert row["other_user"]["id"] == str(RAVI.id)


async def test_the_answer_replaces_the_buttons_for_everybody(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, om: httpx.AsyncClient
) -> None:
    conversation_id = await apply(ravi)

    await press(asha, conversation_id, "accept_proposal")

    for client in (asha, ravi, om):
        message = (await read(client, conversation_id))["messages"][0]
        answered = message["action_data"]["answered"]
        assert message["action_required"] is False
        assert message["action_data"] == {"answered": answered}
        assert (answered["action"], answered["by_role"]) == ("accept_proposal", "brand_owner")


async def test_what_ravi_receives_is_told_to_ravi_alone(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    conversation_id = await apply(ravi)

    for client, keys in ((asha, set[str]()), (ravi, {"you_receive"})):
        single = (await client.get(f"/api/messages/conversations/{conversation_id}")).json()["conversation"]
        [listed] = await rows(client)
        paged = (await read(client, conversation_id))["conversation"]
        assert single == listed == paged
        [offer] = single["flow_data"]["offers"]
        assert offer["amount"] == 5000
        assert set(offer) & {"you_receive"} == keys
        assert single["flow_data"]["bid_title"] == "Quick Video Promotion"


async def test_free_text_after_the_buttons_leaves_them_findable(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, world: World
) -> None:
    conversation_id = await apply(ravi)
    await say(ravi, conversation_id, "What do you think?")
    actor = await world.sign_in(ASHA)

    async with world.db.as_user(actor, readonly=True) as tx:
        asking = await queries.conversation_with_action(tx, actor, UUID(conversation_id))

    assert (await rows(asha))[0]["last_message"]["message"] == "What do you think?"
    assert asking.last_message is not None
    assert asking.last_message.action_data == {"buttons": BUTTONS}


async def test_free_text_is_allowed_after_the_deal(asha: httpx.AsyncClient, ravi: httpx.AsyncClient) -> None:
    conversation_id = await apply(ravi)
    await press(asha, conversation_id, "decline_proposal")
    assert (await rows(ravi))[0]["chat_status"] == "completed"

    assert (await say(ravi, conversation_id, "Another time, then"))["seq"] == 3
    assert (await say(asha, conversation_id, "Gladly"))["seq"] == 4


async def test_each_list_holds_its_own_kind(asha: httpx.AsyncClient, ravi: httpx.AsyncClient) -> None:
    bid = await apply(ravi)
    campaign = await apply(ravi, on_campaign=True)
    direct = await open_with(asha, RAVI)

    assert [row["id"] for row in await rows(asha, "/bids")] == [bid]
    assert [row["id"] for row in await rows(asha, "/campaigns")] == [campaign]
    assert [row["id"] for row in await rows(asha, "/direct")] == [direct]
    assert [row["id"] for row in await rows(asha)] == [direct, campaign, bid]


async def test_meera_and_kabir_find_nothing_of_ashas_chat_with_ravi(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, meera: httpx.AsyncClient, kabir: httpx.AsyncClient
) -> None:
    direct = await open_with(asha, RAVI)
    message = await say(asha, direct)

    for conversation_id in (direct, await apply(ravi)):
        path = f"/api/messages/conversations/{conversation_id}"
        for stranger in (meera, kabir):
            answers = [
                await stranger.get(path),
                await stranger.get(f"{path}/messages"),
                await stranger.get(f"{path}/messages", params={"after_seq": 0}),
                await stranger.put(f"{path}/seen"),
                await stranger.put(f"{path}/seen", json={"up_to_seq": 1}),
                await stranger.post(
                    "/api/messages", json={"conversation_id": conversation_id, "message": "Hi"}
                ),
                await stranger.post(
                    "/api/messages",
                    json={"conversation_id": conversation_id, "message": "Hi", "client_msg_id": "1"},
                ),
                await stranger.delete(f"/api/messages/{message['id']}"),
            ]
            assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
                (404, "not_found")
            ] * len(answers)
            for kind in ("", "/direct", "/bids", "/campaigns"):
                assert await rows(stranger, kind) == []
            assert (await stranger.get("/api/messages/unread-count")).json()["unread_count"] == 0
    assert [row["last_seq"] for row in await rows(asha)] == [1, 1]


async def test_om_reads_every_chat_and_writes_in_none_of_them(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, om: httpx.AsyncClient
) -> None:
    direct = await open_with(asha, RAVI)
    message = await say(asha, direct)
    bid = await apply(ravi)

    assert {row["id"] for row in await rows(om)} == {direct, bid}
    for conversation_id in (direct, bid):
        sent = await om.post("/api/messages", json={"conversation_id": conversation_id, "message": "Hi"})
        seen = await om.put(f"/api/messages/conversations/{conversation_id}/seen")
        assert (sent.status_code, seen.status_code) == (404, 404)
        assert len((await read(om, conversation_id))["messages"]) == 1
    assert (await om.delete(f"/api/messages/{message['id']}")).status_code == 404
    assert (await read(asha, direct))["messages"][0]["seen"] is False


async def test_everybody_sees_the_other_one(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, meera: httpx.AsyncClient, kabir: httpx.AsyncClient
) -> None:
    await open_with(asha, RAVI)
    await open_with(asha, MEERA)
    await open_with(kabir, RAVI)
    await open_with(meera, OM)

    assert {row["other_user"]["name"] for row in await rows(asha)} == {"Ravi", "Meera"}
    assert {row["other_user"]["name"] for row in await rows(ravi)} == {"Asha", "Kabir"}
    assert {row["other_user"]["name"] for row in await rows(meera)} == {"Asha", "Om"}
    assert {row["other_user"]["name"] for row in await rows(kabir)} == {"Ravi"}
