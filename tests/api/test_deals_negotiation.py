"""Asha and Ravi negotiate over HTTP: the guide's own examples, and who may press when."""

from __future__ import annotations

import httpx

from tests.deals import INITIALIZE, applied
from tests.world import ASHA, RAVI, VIDEO_BID

Client = httpx.AsyncClient


async def test_an_application_answers_as_the_guide_prints_it(ravi: Client) -> None:
    request = await applied(ravi)

    printed = {
        "campaign_id": None,
        "bid_id": str(VIDEO_BID),
        "influencer_id": str(RAVI.id),
        "status": "pending",
        "proposed_amount": 5000,
        "agreed_amount": None,
        "message": "I'm interested in this campaign!",
        "portfolio_links": ["https://example.com/portfolio"],
    }
    assert {key: request[key] for key in printed} == printed
    assert {"id", "created_at"} <= set(request)


async def test_initializing_a_bid_answers_as_the_guide_prints_it(asha: Client) -> None:
    answer = await asha.post("/api/bids/automated/initialize", json=INITIALIZE)

    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["success"] is True
    assert body["message"] == "Automated conversation initialized successfully"
    assert (body["flow_state"], body["awaiting_role"], body["is_existing"]) == (
        "initial",
        "brand_owner",
        False,
    )
    conversation = body["conversation"]
    printed = {
        "bid_id": str(VIDEO_BID),
        "brand_owner_id": str(ASHA.id),
        "influencer_id": str(RAVI.id),
        "flow_state": "initial",
        "awaiting_role": "brand_owner",
        "chat_status": "automated",
        "automation_enabled": True,
    }
    assert {key: conversation[key] for key in printed} == printed
    assert conversation["flow_data"]["proposed_amount"] == 5000
    assert conversation["flow_data"]["bid_title"] == "Quick Video Promotion"


async def test_the_first_message_carries_the_guides_buttons_and_rules(asha: Client) -> None:
    opened = (await asha.post("/api/bids/automated/initialize", json=INITIALIZE)).json()
    page = (await asha.get(f"/api/messages/conversations/{opened['conversation']['id']}/messages")).json()

    message = page["data"]["messages"][0]
    assert message["message"] == "Welcome to the automated negotiation flow!"
    assert (message["message_type"], message["action_required"]) == ("automated", True)
    assert message["action_data"]["buttons"] == [
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
    context = message["flow_context"]
    assert context["current_state"] == "initial"
    assert context["next_states"] == ["negotiating", "accepted", "declined"]
    rules = context["business_rules"]
    assert (rules["can_negotiate"], rules["min_amount"], rules["max_amount"]) == (True, 3000, 8000)
    assert page["data"]["conversation"]["flow_state"] == "initial"


async def test_accepting_answers_as_the_guide_prints_it(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    press = {
        "action": "accept_proposal",
        "data": {"amount": 5000, "additional_notes": "Great proposal, let's proceed!"},
    }
    answer = await asha.post(
        f"/api/messages/conversations/{request['conversation_id']}/button-click", json=press
    )

    assert answer.status_code == 200, answer.text
    body = answer.json()
    del body["conversation"]
    assert body == {
        "success": True,
        "message": "Action processed successfully",
        "next_flow_state": "accepted",
        "automated_response": {
            "message": "Great! Your proposal has been accepted. The influencer will be notified.",
            "action_required": False,
            "next_steps": [
                "Payment processing will begin",
                "Contract will be generated",
                "Work timeline will be shared",
            ],
        },
    }
    seen = (await ravi.get(f"/api/requests/{request['id']}")).json()["request"]
    assert (seen["status"], seen["agreed_amount"], seen["flow_state"]) == ("approved", 5000, "accepted")


async def test_an_offer_by_text_input_passes_the_turn(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    chat = f"/api/messages/conversations/{request['conversation_id']}"
    asked = (await asha.post(f"{chat}/button-click", json={"action": "negotiate_amount"})).json()
    assert asked["next_flow_state"] == "negotiating"
    assert asked["automated_response"]["action_required"] is True
    fields = asked["automated_response"]["action_data"]["input_fields"]
    assert [field["id"] for field in fields] == ["proposed_amount", "reasoning", "deliver_by"]

    offer = {
        "input_type": "negotiation_amount",
        "values": {"proposed_amount": 4500, "reasoning": "Based on market rates and campaign scope"},
    }
    answer = await asha.post(f"{chat}/text-input", json=offer)

    assert answer.status_code == 200, answer.text
    conversation = answer.json()["conversation"]
    assert (conversation["flow_state"], conversation["awaiting_role"]) == ("negotiating", "influencer")
    again = await asha.post(f"{chat}/text-input", json=offer)
    assert (again.status_code, again.json()["code"]) == (409, "not_your_turn")
    assert again.json()["conversation"]["id"] == request["conversation_id"]
    assert "retract_proposal" in again.json()["allowed"]


async def test_only_ravi_is_told_what_he_would_receive(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    path = f"/api/messages/conversations/{request['conversation_id']}"

    [his] = (await ravi.get(path)).json()["conversation"]["flow_data"]["offers"]
    [hers] = (await asha.get(path)).json()["conversation"]["flow_data"]["offers"]

    assert his["you_receive"] == 4500
    assert "you_receive" not in hers


async def test_the_one_who_waits_sees_no_buttons(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    path = f"/api/messages/conversations/{request['conversation_id']}/messages"

    [hers] = (await asha.get(path)).json()["data"]["messages"]
    [his] = (await ravi.get(path)).json()["data"]["messages"]

    assert hers["action_required"] is True
    assert his["action_required"] is False
    assert "buttons" not in (his["action_data"] or {})


async def test_an_answered_message_shows_the_answer_to_both(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    chat = f"/api/messages/conversations/{request['conversation_id']}"
    await asha.post(f"{chat}/button-click", json={"action": "decline_proposal"})

    for client in (asha, ravi):
        first = (await client.get(f"{chat}/messages")).json()["data"]["messages"][0]
        assert first["action_data"]["answered"]["action"] == "decline_proposal"
        assert first["action_data"]["answered"]["by_role"] == "brand_owner"
        assert "buttons" not in first["action_data"]


async def test_a_button_of_an_answered_message_is_stale(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    chat = f"/api/messages/conversations/{request['conversation_id']}"
    [first] = (await asha.get(f"{chat}/messages")).json()["data"]["messages"]
    await asha.post(
        f"{chat}/button-click", json={"action": "negotiate_amount", "data": {"proposed_amount": 4000}}
    )
    press = {"action": "accept_proposal", "message_id": first["id"]}

    answer = await ravi.post(f"{chat}/button-click", json=press)

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_action")
    assert answer.json()["conversation"]["flow_state"] == "negotiating"


async def test_meera_is_told_nothing_of_their_deal(ravi: Client, meera: Client) -> None:
    request = await applied(ravi)
    chat = f"/api/messages/conversations/{request['conversation_id']}"
    answers = [
        await meera.get(chat),
        await meera.get(f"{chat}/messages"),
        await meera.get(f"{chat}/context"),
        await meera.post(f"{chat}/button-click", json={"action": "accept_proposal"}),
        await meera.post(
            f"{chat}/text-input",
            json={"input_type": "negotiation_amount", "values": {"proposed_amount": 4000}},
        ),
        await meera.get(f"/api/requests/{request['id']}"),
        await meera.delete(f"/api/requests/{request['id']}"),
        await meera.put(f"/api/requests/{request['id']}/status", json={"status": "cancelled"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
