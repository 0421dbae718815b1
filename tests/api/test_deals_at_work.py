"""The funded half over HTTP: Ravi works, Asha reviews, sends back and approves; and who is told what meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.money import WORK, Market, balances, entered, funded, pressed, submitted
from tests.shown import buttons, context, conversation, messages, newest, stands
from tests.world import RAVI, VIDEO_BID

Json = dict[str, Any]

REVIEW = ["approve_work", "request_changes", "open_dispute"]


async def bid_status(market: Market) -> str:
    return (await market.asha.get(f"/api/bids/{VIDEO_BID}")).json()["bid"]["status"]


async def request_of(market: Market, request: Json) -> Json:
    return (await market.ravi.get(f"/api/requests/{request['id']}")).json()["request"]


async def sent_back(market: Market, request: Json, feedback: str) -> Json:
    """Let Asha send the work back; return what she is answered."""
    return await entered(market.asha, request, "change_request", {"feedback": feedback})


async def test_once_asha_has_paid_ravi_is_asked_for_the_work_and_the_bid_is_in_progress(
    market: Market,
) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)

    told, seen = await newest(market.ravi, request), await newest(market.asha, request)

    assert await stands(market.asha, request) == ("in_progress", "influencer")
    assert told["message"] == seen["message"]
    assert told["message"] == "₹5,000 has been paid and is held in escrow. The influencer can begin."
    assert (buttons(told), buttons(seen)) == (["submit_work"], [])
    assert await bid_status(market) == "in_progress"


async def test_submit_work_asks_for_it_as_often_as_it_is_pressed_and_nothing_happens(
    market: Market,
) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)
    before = await messages(market.ravi, request)

    first = await pressed(market.ravi, request, "submit_work")
    again = await pressed(market.ravi, request, "submit_work")

    asked = first["automated_response"]
    assert first["automated_response"] == again["automated_response"]
    assert (first["next_flow_state"], asked["action_required"]) == ("in_progress", True)
    assert asked["action_data"]["input_type"] == "work_submission"
    assert [field["id"] for field in asked["action_data"]["input_fields"]] == ["description", "links"]
    assert await messages(market.ravi, request) == before


async def test_work_that_is_handed_in_asks_asha_to_approve_it_or_to_send_it_back(market: Market) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)

    answer = await entered(market.ravi, request, "work_submission", WORK)

    assert (answer["next_flow_state"], answer["conversation"]["awaiting_role"]) == (
        "work_submitted",
        "brand_owner",
    )
    response = answer["automated_response"]
    assert response["action_required"] is False
    assert response["next_steps"] == ["The brand reviews the work", "Approval releases the money"]
    told = await newest(market.asha, request)
    assert told["message"] == (
        "The influencer has submitted the work. "
        "The brand has 14 days to review it; then it is approved by itself.\n"
        "Two videos of 20 seconds\nhttps://example.com/video-1"
    )
    assert buttons(told) == REVIEW
    assert buttons(await newest(market.ravi, request)) == []
    work = (await conversation(market.asha, request))["flow_data"]["work"]
    assert (work["description"], work["links"]) == (WORK["description"], WORK["links"])


async def test_ravi_cannot_approve_his_own_work_nor_asha_hand_it_in(market: Market) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)

    approved = await pressed(market.ravi, request, "approve_work", expect=409)
    handed_in = await entered(market.asha, request, "work_submission", WORK, expect=409)

    assert (approved["code"], handed_in["code"]) == ("invalid_action", "invalid_action")
    assert "approve_work" in handed_in["allowed"]
    assert "work_submission" in approved["allowed"]
    assert await stands(market.asha, request) == ("in_progress", "influencer")


async def test_request_changes_asks_what_should_change_and_asha_may_still_approve(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)

    asked = (await pressed(market.asha, request, "request_changes"))["automated_response"]

    assert asked["message"] == "What should change? After these, changes can be asked for 2 more times."
    assert asked["action_data"]["input_type"] == "change_request"
    assert [field["id"] for field in asked["action_data"]["input_fields"]] == ["feedback"]
    assert [button["id"] for button in asked["action_data"]["buttons"]] == ["approve_work"]
    assert await stands(market.asha, request) == ("work_submitted", "brand_owner")


async def test_work_that_is_sent_back_is_ravis_to_submit_again(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)

    answer = await sent_back(market, request, "Show the logo")

    assert answer["next_flow_state"] == "changes_requested"
    assert answer["automated_response"]["next_steps"] == [
        "The influencer makes the changes",
        "The work is submitted again",
    ]
    told = await newest(market.ravi, request)
    assert told["message"].endswith("\nShow the logo")
    assert (buttons(told), buttons(await newest(market.asha, request))) == (["submit_work"], [])
    assert await stands(market.ravi, request) == ("changes_requested", "influencer")
    again = await entered(market.ravi, request, "work_submission", WORK)
    assert again["next_flow_state"] == "work_submitted"
    assert buttons(await newest(market.asha, request)) == REVIEW


async def test_the_third_change_request_is_announced_as_the_last_and_a_fourth_is_refused(
    market: Market,
) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    said: list[str] = []
    for feedback in ("The logo", "The sound", "The end"):
        said.append((await sent_back(market, request, feedback))["automated_response"]["message"])
        await entered(market.ravi, request, "work_submission", WORK)

    asked = await pressed(market.asha, request, "request_changes", expect=409)
    sent = await entered(market.asha, request, "change_request", {"feedback": "The title"}, expect=409)

    assert [text.partition(". ")[2].partition("\n")[0] for text in said] == [
        "After these, changes can be asked for 2 more times.",
        "After these, changes can be asked for one more time.",
        "These are the last changes that can be asked for.",
    ]
    assert (asked["code"], sent["code"]) == ("no_changes_left", "no_changes_left")
    assert sent["allowed"] == ["approve_work", "propose_cancel", "open_dispute", "dispute"]
    assert sent["conversation"]["flow_state"] == "work_submitted"
    assert buttons(await newest(market.asha, request)) == ["approve_work", "open_dispute"]


async def test_approving_releases_the_money_and_completes_request_and_bid(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)

    answer = await pressed(market.asha, request, "approve_work")

    text = "The brand has approved the work. ₹5,000 is released to the influencer."
    assert answer["automated_response"]["message"] == text
    told = await newest(market.ravi, request)
    assert (told["message"], buttons(told)) == (text, [])
    assert await stands(market.ravi, request) == ("completed", None)
    closed = await conversation(market.ravi, request)
    assert (closed["chat_status"], closed["automation_enabled"]) == ("completed", False)
    shown = await request_of(market, request)
    assert (shown["status"], shown["payment_status"]) == ("completed", "paid")
    assert await bid_status(market) == "completed"
    kept = await balances(market.om)
    assert (kept["commission"], kept[f"influencer:{RAVI.id}"]) == (-500, -4500)


async def test_asha_may_approve_before_anything_was_handed_in_but_no_button_suggests_it(
    market: Market,
) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)

    assert "approve_work" in (await context(market.asha, request))["open_actions"]
    assert buttons(await newest(market.asha, request)) == []
    assert (await pressed(market.asha, request, "approve_work"))["next_flow_state"] == "completed"


async def test_nothing_happens_to_a_completed_deal_but_they_may_go_on_talking(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await pressed(market.asha, request, "approve_work")

    late = await pressed(market.ravi, request, "cancel_deal", expect=409)
    talk = {"conversation_id": request["conversation_id"], "message": "Thank you!"}
    said = await market.ravi.post("/api/messages", json=talk)

    assert (late["code"], late["allowed"]) == ("invalid_action", [])
    assert said.status_code == 201, said.text


async def test_work_nobody_looks_at_is_approved_after_14_days_and_asha_is_reminded_at_7_and_13(
    market: Market,
) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    said_before = len(await messages(market.asha, request))
    told: list[list[str]] = []

    for days in (6.99, 0.02, 5.98, 0.02, 0.98, 0.02):
        await market.world.pass_time(days=days)
        said = await messages(market.asha, request)
        told.append([message["message"] for message in said[said_before:]])

    week = "A reminder for the brand: 6 days left to review the work; then it is approved by itself."
    day = "A reminder for the brand: 23 hours left to review the work; then it is approved by itself."
    end = "The time to review is over, so the work is approved. ₹5,000 is released."
    assert told == [[], [week], [week], [week, day], [week, day], [week, day, end]]
    assert await stands(market.ravi, request) == ("completed", None)
    assert await bid_status(market) == "completed"
    assert (await balances(market.om))[f"influencer:{RAVI.id}"] == -4500


async def test_a_reminder_leaves_ashas_buttons_where_they_are(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    asked = await newest(market.asha, request)

    await market.world.pass_time(days=7.01)

    *_, kept, reminder = await messages(market.asha, request)
    assert (kept["id"], buttons(kept), buttons(reminder)) == (asked["id"], REVIEW, [])


async def test_each_submission_gives_asha_her_whole_time_to_review(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await market.world.pass_time(days=10)
    await sent_back(market, request, "Show the logo")
    await entered(market.ravi, request, "work_submission", WORK)

    left = datetime.fromisoformat((await context(market.asha, request))["deadlines"]["auto_approve"])

    assert round((left - market.world.db.clock.now()).total_seconds() / 86400, 2) == 14


async def test_ravi_who_cannot_deliver_gives_everything_back_and_the_bid_is_cancelled(
    market: Market,
) -> None:
    request, order = await funded(market.asha, market.ravi, market.till)

    answer = await pressed(market.ravi, request, "cancel_deal", {"reason": "I am ill"})
    await market.world.do_jobs()

    assert answer["automated_response"]["message"] == (
        "The influencer has cancelled this deal. ₹5,000 goes back to the brand.\nReason: I am ill"
    )
    shown = await request_of(market, request)
    assert (shown["status"], shown["payment_status"]) == ("cancelled", "refunded")
    assert await bid_status(market) == "cancelled"
    [refund] = (await market.order(order))["refunds"]
    assert (refund["amount"], refund["status"]) == (5000, "processed")


async def test_asha_cannot_cancel_what_she_has_paid_by_herself(market: Market) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)

    refused = await pressed(market.asha, request, "cancel_deal", expect=409)

    assert refused["code"] == "invalid_action"
    assert {"propose_cancel", "dispute"} <= {*refused["allowed"]}
