"""The doors on the request: each is a move of its deal, and says no as the deal does."""

from __future__ import annotations

from typing import Any

import httpx

from tests.deals import INITIALIZE, applied
from tests.world import SUMMER_CAMPAIGN, VIDEO_BID

Client = httpx.AsyncClient


async def status(client: Client, request: dict[str, Any], wanted: str) -> httpx.Response:
    return await client.put(f"/api/requests/{request['id']}/status", json={"status": wanted})


async def amount(client: Client, request: dict[str, Any], rupees: float) -> httpx.Response:
    return await client.put(f"/api/requests/{request['id']}/amount", json={"agreed_amount": rupees})


async def test_ravi_edits_his_application_until_it_is_answered(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    edit = {
        "proposed_amount": 4800,
        "message": "I could start next week.",
        "portfolio_links": ["https://a.example/b"],
    }

    edited = (await ravi.put(f"/api/requests/{request['id']}", json=edit)).json()["request"]

    assert {key: edited[key] for key in edit} == edit
    chat = f"/api/messages/conversations/{request['conversation_id']}"
    shown = (await asha.get(chat)).json()["conversation"]
    assert shown["flow_data"]["proposed_amount"] == 4800
    assert shown["last_message"]["action_data"]["buttons"][0]["data"] == {"amount": 4800}
    await asha.post(
        f"{chat}/button-click", json={"action": "negotiate_amount", "data": {"proposed_amount": 4000}}
    )
    late = await ravi.put(f"/api/requests/{request['id']}", json=edit)
    assert (late.status_code, late.json()["code"]) == (409, "invalid_action")


async def test_what_get_returned_can_be_put_back(ravi: Client) -> None:
    request = await applied(ravi)

    answer = await ravi.put(f"/api/requests/{request['id']}", json=request)

    assert answer.status_code == 200, answer.text


async def test_withdrawing_keeps_the_row_cancelled(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)

    answer = await ravi.delete(f"/api/requests/{request['id']}")

    assert answer.json()["request"]["status"] == "cancelled"
    seen = (await asha.get(f"/api/requests/{request['id']}")).json()["request"]
    assert (seen["status"], seen["flow_state"]) == ("cancelled", "withdrawn")
    again = await applied(ravi)
    assert again["id"] != request["id"]
    assert again["conversation_id"] != request["conversation_id"]


async def test_asha_approves_by_the_status(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)

    answer = await status(asha, request, "approved")

    assert answer.status_code == 200, answer.text
    approved = answer.json()["request"]
    assert (approved["status"], approved["agreed_amount"]) == ("approved", 5000)
    assert (await status(asha, request, "approved")).status_code == 200


async def test_ravi_cannot_approve_his_own_application(ravi: Client) -> None:
    request = await applied(ravi)

    answer = await status(ravi, request, "approved")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_your_turn")


async def test_rejecting_declines_and_cancelling_by_the_brand_rejects(
    asha: Client, ravi: Client, meera: Client
) -> None:
    first, second = await applied(ravi), await applied(meera)

    assert (await status(asha, first, "rejected")).json()["request"]["status"] == "rejected"
    assert (await status(asha, second, "cancelled")).json()["request"]["status"] == "rejected"


async def test_work_cannot_begin_or_end_before_payment(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    await status(asha, request, "approved")

    begin, end = await status(asha, request, "in_progress"), await status(asha, request, "completed")

    assert (begin.status_code, begin.json()["code"]) == (409, "payment_required")
    assert (end.status_code, end.json()["code"]) == (409, "invalid_transition")
    assert end.json()["allowed"]
    assert end.json()["conversation"]["id"] == request["conversation_id"]


async def test_setting_a_lower_amount_asks_the_influencer_again(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)

    answer = await amount(asha, request, 4500)

    assert answer.status_code == 200, answer.text
    assert answer.json()["request"]["agreed_amount"] == 4500
    chat = f"/api/messages/conversations/{request['conversation_id']}"
    shown = (await asha.get(chat)).json()["conversation"]
    assert (shown["awaiting_role"], shown["flow_data"]["influencer_confirmed"]) == ("brand_owner", False)
    accepted = (await asha.post(f"{chat}/button-click", json={"action": "accept_proposal"})).json()
    assert accepted["conversation"]["awaiting_role"] == "influencer"


async def test_once_approved_the_amount_is_locked(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    await status(asha, request, "approved")

    same, other = await amount(asha, request, 5000), await amount(asha, request, 4000)

    assert same.status_code == 200
    assert (other.status_code, other.json()["code"]) == (409, "amount_locked")


async def test_an_influencer_never_sets_the_amount(ravi: Client) -> None:
    request = await applied(ravi)

    answer = await amount(ravi, request, 6000)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_an_amount_may_be_sent_under_either_name_but_one(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    path = f"/api/requests/{request['id']}/amount"

    assert (await asha.put(path, json={"amount": 4700})).json()["request"]["agreed_amount"] == 4700
    both = await asha.put(path, json={"amount": 4700, "agreed_amount": 4600})
    assert [error["field"] for error in both.json()["errors"]] == ["amount", "agreed_amount"]
    none = await asha.put(path, json={})
    assert none.status_code == 422


async def test_a_bid_hires_one(asha: Client, ravi: Client, meera: Client) -> None:
    first, second = await applied(ravi), await applied(meera)
    await status(asha, first, "approved")

    answer = await status(asha, second, "approved")

    assert (answer.status_code, answer.json()["code"]) == (409, "already_hired")


async def test_a_campaign_hires_while_its_budget_lasts(asha: Client, ravi: Client, meera: Client) -> None:
    requests: list[dict[str, Any]] = []
    for influencer, rupees in ((ravi, 6000), (meera, 4000.01)):
        body = {"campaign_id": str(SUMMER_CAMPAIGN), "proposed_amount": rupees}
        requests.append((await influencer.post("/api/requests", json=body)).json()["request"])
    await status(asha, requests[0], "approved")

    answer = await status(asha, requests[1], "approved")

    assert (answer.status_code, answer.json()["code"]) == (409, "budget_exhausted")
    assert "₹4,000" in answer.json()["message"]


async def test_om_may_move_for_the_awaited_side_and_is_recorded(
    asha: Client, ravi: Client, om: Client
) -> None:
    request = await applied(ravi)
    chat = f"/api/messages/conversations/{request['conversation_id']}"

    answer = await om.post(f"{chat}/button-click", json={"action": "accept_proposal"})

    assert answer.status_code == 200, answer.text
    seen = (await asha.get(f"{chat}/messages")).json()["data"]["messages"][0]
    assert seen["action_data"]["answered"]["by_role"] == "brand_owner"


async def test_om_may_say_for_whom_he_rejects(ravi: Client, om: Client) -> None:
    request = await applied(ravi)
    path = f"/api/requests/{request['id']}/status"

    answer = await om.put(
        path, json={"status": "cancelled", "as_role": "influencer", "reason": "He asked us to"}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["request"]["flow_state"] == "withdrawn"
    his = await ravi.put(path, json={"status": "approved", "as_role": "brand_owner"})
    assert his.status_code in {409, 422}


async def test_a_reason_may_go_with_a_yes_as_well(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)

    answer = await asha.put(
        f"/api/requests/{request['id']}/status", json={"status": "approved", "reason": "Lovely portfolio"}
    )

    assert answer.status_code == 200, answer.text


async def test_the_context_tells_what_can_be_done_and_until_when(asha: Client, ravi: Client) -> None:
    request = await applied(ravi)
    path = f"/api/messages/conversations/{request['conversation_id']}/context"

    hers, his = (await asha.get(path)).json()["context"], (await ravi.get(path)).json()["context"]

    assert "accept_proposal" in hers["open_actions"]
    assert his["open_actions"] == ["edit_proposal", "withdraw_proposal"]
    assert hers["business_rules"]["rounds_left"] == 5
    assert list(hers["deadlines"]) == ["offer_expired"]
    assert (hers["posting"]["id"], hers["posting"]["max_budget"]) == (str(VIDEO_BID), 8000)
    assert hers["request"]["id"] == request["id"]


async def test_applications_show_the_influencer_and_never_her_phone(
    asha: Client, ravi: Client, kabir: Client
) -> None:
    await applied(ravi)
    path = f"/api/bids/{VIDEO_BID}/applications"

    [application] = (await asha.get(path)).json()["applications"]

    assert application["influencer"]["name"] == "Ravi"
    assert set(application["influencer"]) == {"id", "name", "profile_image_url", "bio", "social_platforms"}
    assert (await kabir.get(path)).status_code == 404
    assert (await ravi.get(path)).status_code == 403


async def test_requests_are_listed_to_whom_they_concern(
    asha: Client, ravi: Client, meera: Client, kabir: Client, om: Client
) -> None:
    request = await applied(ravi)
    opened = await asha.post("/api/bids/automated/initialize", json=INITIALIZE)
    assert opened.status_code == 201

    for client, count in ((asha, 1), (ravi, 1), (om, 1), (meera, 0), (kabir, 0)):
        rows = (await client.get("/api/requests?include_total=true")).json()
        assert len(rows["requests"]) == rows["pagination"]["total"] == count
    assert (await asha.get("/api/requests?status=approved")).json()["requests"] == []
    [row] = (await asha.get(f"/api/requests?bid_id={VIDEO_BID}&status=pending")).json()["requests"]
    assert row == (await ravi.get(f"/api/requests/{request['id']}")).json()["request"]


async def test_an_application_names_exactly_one_posting(ravi: Client) -> None:
    both = {"bid_id": str(VIDEO_BID), "campaign_id": str(SUMMER_CAMPAIGN), "proposed_amount": 5000}

    for body in (both, {"proposed_amount": 5000}):
        answer = await ravi.post("/api/requests", json=body)
        assert answer.status_code == 422
        assert {error["field"] for error in answer.json()["errors"]} == {"bid_id", "campaign_id"}


async def test_every_bad_field_of_an_application_is_named(ravi: Client) -> None:
    body = {"bid_id": "x", "proposed_amount": "5000", "portfolio_links": ["http://a.example", 3], "hello": 1}

    answer = await ravi.post("/api/requests", json=body)

    assert answer.status_code == 422
    fields = {error["field"] for error in answer.json()["errors"]}
    assert {"bid_id", "proposed_amount", "hello"} <= fields
    assert any(field.startswith("portfolio_links") for field in fields)
