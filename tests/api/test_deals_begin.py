"""How deals begin: an application, an initialize call, an invitation."""

from __future__ import annotations

import httpx

from tests.deals import INITIALIZE, applied
from tests.world import ASHA, MEERA, VIDEO_BID

Client = httpx.AsyncClient


async def test_a_second_application_names_the_first(ravi: Client) -> None:
    request = await applied(ravi)
    body = {"bid_id": str(VIDEO_BID), "proposed_amount": 6000}

    answer = await ravi.post("/api/requests", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "already_applied")
    assert answer.json()["request"]["id"] == request["id"]


async def test_initializing_an_application_keeps_its_amount(asha: Client, ravi: Client) -> None:
    request = await applied(ravi, 6000)

    first = await asha.post("/api/bids/automated/initialize", json=INITIALIZE)
    second = await asha.post("/api/bids/automated/initialize", json=INITIALIZE)

    assert (first.status_code, first.json()["is_existing"]) == (201, False)
    assert (second.status_code, second.json()["is_existing"]) == (200, True)
    assert first.json()["conversation"]["request_id"] == request["id"]
    assert second.json()["conversation"]["flow_data"]["proposed_amount"] == 6000
    assert second.json()["conversation"]["last_message"]["action_data"]["buttons"]


async def test_initializing_shows_the_buttons_whatever_was_written_since(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    await ravi.post(
        "/api/messages", json={"conversation_id": request["conversation_id"], "message": "Any news?"}
    )

    opened = (await asha.post("/api/bids/automated/initialize", json=INITIALIZE)).json()

    assert opened["conversation"]["last_message"]["action_data"]["buttons"]


async def test_an_influencer_asha_begins_with_must_confirm_before_payment(asha: Client, ravi: Client) -> None:
    opened = (await asha.post("/api/bids/automated/initialize", json=INITIALIZE)).json()["conversation"]
    chat = f"/api/messages/conversations/{opened['id']}"
    accepted = (await asha.post(f"{chat}/button-click", json={"action": "accept_proposal"})).json()
    assert accepted["conversation"]["awaiting_role"] == "influencer"

    early = await asha.post(f"{chat}/button-click", json={"action": "proceed_to_payment"})
    confirmed = await ravi.post(f"{chat}/button-click", json={"action": "confirm_terms"})

    assert (early.status_code, early.json()["code"]) == (409, "awaiting_influencer")
    assert confirmed.json()["conversation"]["awaiting_role"] == "brand_owner"


async def test_nobody_else_may_initialize(meera: Client, kabir: Client) -> None:
    for stranger in (meera, kabir):
        answer = await stranger.post("/api/bids/automated/initialize", json=INITIALIZE)
        assert answer.status_code == 404


async def test_a_brand_cannot_begin_with_a_brand(asha: Client) -> None:
    answer = await asha.post(
        "/api/bids/automated/initialize", json=INITIALIZE | {"influencer_id": str(ASHA.id)}
    )

    assert answer.status_code == 404


async def test_an_invited_influencer_answers_first(asha: Client, meera: Client) -> None:
    body = {"influencer_id": str(MEERA.id), "amount": 5000, "message": "Would you join us?"}
    answer = await asha.post(f"/api/bids/{VIDEO_BID}/invitations", json=body)

    assert answer.status_code == 201, answer.text
    conversation = answer.json()["conversation"]
    assert (conversation["flow_state"], conversation["awaiting_role"]) == ("initial", "influencer")
    chat = f"/api/messages/conversations/{conversation['id']}"
    accepted = await meera.post(f"{chat}/button-click", json={"action": "accept_proposal"})
    assert (accepted.status_code, accepted.json()["next_flow_state"]) == (200, "accepted")
    again = await asha.post(f"/api/bids/{VIDEO_BID}/invitations", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "already_applied")
    assert again.json()["request"]["id"] == answer.json()["request"]["id"]


async def test_an_amount_outside_the_bid_is_named(ravi: Client) -> None:
    answer = await ravi.post("/api/requests", json={"bid_id": str(VIDEO_BID), "proposed_amount": 2999.99})

    assert answer.status_code == 422
    assert answer.json()["code"] == "amount_out_of_range"
    assert answer.json()["errors"][0]["field"] == "proposed_amount"
