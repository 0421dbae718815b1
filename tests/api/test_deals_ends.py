"""How a paid deal ends before its time, over HTTP: by agreement, or by a dispute that an operator decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.money import Market, balances, entered, funded, pressed, submitted
from tests.shown import buttons, context, conversation, messages, newest, stands
from tests.world import OM, RAVI, VIDEO_BID

Json = dict[str, Any]

REASON = {"reason": "It is not what we agreed"}


async def bid_status(market: Market) -> str:
    return (await market.asha.get(f"/api/bids/{VIDEO_BID}")).json()["bid"]["status"]


async def days_left(market: Market, request: Json, clock: str) -> float:
    """Return how many days a clock of the deal has still to run."""
    ends_at = datetime.fromisoformat((await context(market.asha, request))["deadlines"][clock])
    return round((ends_at - market.world.db.clock.now()).total_seconds() / 86400, 2)


async def news(market: Market, kind: str) -> list[str]:
    """Return what Om was told of that kind, the oldest first."""
    async with market.world.db.as_system("a test looks at notifications") as tx:
        return await tx.value(
            list[str],
            """
            select coalesce(array_agg(data ->> 'text' order by created_at, id), '{}')
              from notifications
             where user_id = $1
               and kind = $2
            """,
            OM.id,
            kind,
        )


async def pressed_on(market: Market, request: Json, message: Json, action: str) -> tuple[int, Json]:
    """Let Ravi press a button of a certain message; return the status and the answer."""
    path = f"/api/messages/conversations/{request['conversation_id']}/button-click"
    answer = await market.ravi.post(path, json={"action": action, "message_id": message["id"]})
    return answer.status_code, answer.json()


async def test_asha_proposes_to_cancel_and_ravi_who_is_to_deliver_is_asked(market: Market) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)

    answer = await entered(market.asha, request, "propose_cancel", {"refund_amount": 2000})

    told = await newest(market.ravi, request)
    assert told["message"] == (
        "The brand proposes to cancel: ₹2,000 of ₹5,000 would go back to the brand. "
        "The influencer can accept or reject this."
    )
    assert answer["automated_response"]["message"] == told["message"]
    assert buttons(told) == ["submit_work", "accept_cancel", "reject_cancel"]
    assert buttons(await newest(market.asha, request)) == []
    assert await stands(market.asha, request) == ("in_progress", "influencer")
    proposal = (await conversation(market.asha, request))["flow_data"]["cancel"]
    assert proposal == {"by": "brand_owner", "refund_amount": 2000}


async def test_whoever_is_not_awaited_may_answer_a_proposal_without_having_buttons_for_it(
    market: Market,
) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)

    await entered(market.asha, request, "propose_cancel", {"refund_amount": 5000})

    assert buttons(await newest(market.ravi, request)) == []
    assert {"accept_cancel", "reject_cancel"} <= {*(await context(market.ravi, request))["open_actions"]}
    own = await pressed(market.asha, request, "accept_cancel", expect=409)
    assert own["code"] == "invalid_action"
    assert not {"accept_cancel", "reject_cancel"} & {*own["allowed"]}


@pytest.mark.parametrize("rupees", [0.5, 5000.01, -1])
async def test_a_proposal_gives_back_nothing_or_a_rupee_up_to_what_is_held(
    market: Market, rupees: float
) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)

    refused = await entered(market.asha, request, "propose_cancel", {"refund_amount": rupees}, expect=422)

    assert [error["field"] for error in refused["errors"]] == ["values.refund_amount"]


async def test_an_accepted_proposal_divides_the_money_and_cancels_request_and_bid(market: Market) -> None:
    request, order = await submitted(market.asha, market.ravi, market.till)
    await entered(market.ravi, request, "propose_cancel", {"refund_amount": 1999.99})
    assert buttons(await newest(market.asha, request)) == [
        "approve_work", "request_changes", "accept_cancel", "reject_cancel", "open_dispute",
    ]  # fmt: skip

    answer = await pressed(market.asha, request, "accept_cancel")
    await market.world.do_jobs()

    assert answer["automated_response"]["message"] == (
        "The brand has accepted to cancel. "
        "₹3,000.01 is released to the influencer and ₹1,999.99 goes back to the brand."
    )
    assert await stands(market.ravi, request) == ("cancelled", None)
    shown = (await market.asha.get(f"/api/requests/{request['id']}")).json()["request"]
    assert (shown["status"], shown["payment_status"]) == ("cancelled", "paid")
    assert await bid_status(market) == "cancelled"
    kept = await balances(market.om)
    assert (kept["commission"], kept[f"influencer:{RAVI.id}"]) == (-300, -2700.01)
    assert not {f"escrow:{request['id']}", "refunds_due"} & {*kept}
    [refund] = (await market.order(order))["refunds"]
    assert (refund["amount"], refund["status"]) == (1999.99, "processed")


async def test_a_rejected_proposal_is_answered_and_new_buttons_stand_in_the_newest_message(
    market: Market,
) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)
    await entered(market.asha, request, "propose_cancel", {"refund_amount": 2000})
    asked = await newest(market.ravi, request)

    status, _ = await pressed_on(market, request, asked, "reject_cancel")

    assert status == 200
    *_, answered, told = await messages(market.ravi, request)
    assert (answered["id"], answered["action_required"]) == (asked["id"], False)
    assert answered["action_data"].keys() == {"answered"}
    assert answered["action_data"]["answered"]["action"] == "reject_cancel"
    assert answered["action_data"]["answered"]["by_role"] == "influencer"
    assert told["message"] == "The influencer has not accepted to cancel. The deal goes on."
    assert buttons(told) == ["submit_work"]
    late, refused = await pressed_on(market, request, asked, "accept_cancel")
    assert (late, refused["code"]) == (409, "stale_action")
    assert "cancel" not in (await conversation(market.asha, request))["flow_data"]


async def test_a_proposal_is_dropped_by_the_next_move_and_its_buttons_with_it(market: Market) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)
    await entered(market.asha, request, "propose_cancel", {"refund_amount": 2000})

    await entered(market.ravi, request, "work_submission", {"description": "Two videos"})

    assert (await pressed(market.ravi, request, "accept_cancel", expect=409))["code"] == "invalid_action"
    assert buttons(await newest(market.asha, request)) == ["approve_work", "request_changes", "open_dispute"]


async def test_whoever_opens_a_dispute_is_asked_why_and_the_other_side_may_reply(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)

    asked = (await pressed(market.ravi, request, "open_dispute"))["automated_response"]
    answer = await entered(market.ravi, request, "dispute", REASON)

    assert (asked["action_required"], asked["action_data"]["input_type"]) == (True, "dispute")
    assert [field["id"] for field in asked["action_data"]["input_fields"]] == ["reason"]
    assert answer["automated_response"]["next_steps"] == ["The other side can reply", "An operator decides"]
    assert await stands(market.asha, request) == ("disputed", "admin")
    told = await newest(market.asha, request)
    assert told["message"] == (
        "The influencer has opened a dispute. All clocks stand until an operator has decided.\n"
        "Reason: It is not what we agreed"
    )
    assert [buttons(each) for each in await messages(market.asha, request) if buttons(each)] == []
    opened = (await conversation(market.asha, request))["flow_data"]["dispute"]
    assert (opened["by"], opened["reason"], opened["from_state"], opened["from_role"]) == (
        "influencer", REASON["reason"], "work_submitted", "brand_owner",
    )  # fmt: skip
    assert (await context(market.asha, request))["open_actions"] == ["dispute_reply"]
    assert (await context(market.ravi, request))["open_actions"] == ["withdraw_dispute"]


async def test_only_the_other_side_replies_and_only_who_opened_it_withdraws(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await entered(market.asha, request, "dispute", REASON)

    own = await entered(market.asha, request, "dispute_reply", {"reason": "So there"}, expect=409)
    foreign = await pressed(market.ravi, request, "withdraw_dispute", expect=409)
    decided = await entered(market.ravi, request, "resolve_dispute", {"reason": "So"}, expect=409)
    reply = await entered(market.ravi, request, "dispute_reply", {"reason": "It is exactly that"})

    assert {own["code"], foreign["code"], decided["code"]} == {"invalid_action"}
    assert (own["allowed"], foreign["allowed"]) == (["withdraw_dispute"], ["dispute_reply"])
    assert reply["automated_response"]["message"] == (
        "The influencer has replied to the dispute.\nReason: It is exactly that"
    )
    assert await stands(market.asha, request) == ("disputed", "admin")


async def test_the_clocks_stand_during_a_dispute_and_go_on_with_the_time_that_was_left(
    market: Market,
) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await market.world.pass_time(days=10)
    assert await days_left(market, request, "auto_approve") == 4
    await entered(market.asha, request, "dispute", REASON)
    await market.world.pass_time(days=30)
    stood = (await context(market.asha, request))["deadlines"]

    answer = await pressed(market.asha, request, "withdraw_dispute")

    assert (stood, await days_left(market, request, "auto_approve")) == ({}, 4)
    text = "The brand has withdrawn the dispute. The deal goes on where it was."
    assert answer["automated_response"]["message"] == text
    assert await stands(market.asha, request) == ("work_submitted", "brand_owner")
    assert buttons(await newest(market.asha, request)) == ["approve_work", "request_changes", "open_dispute"]
    await market.world.pass_time(days=3.99)
    assert await stands(market.asha, request) == ("work_submitted", "brand_owner")
    await market.world.pass_time(days=0.02)
    assert await stands(market.asha, request) == ("completed", None)


async def test_om_hears_of_a_dispute_at_once_and_after_3_and_7_days(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await entered(market.ravi, request, "dispute", REASON)
    told: list[int] = []

    for days in (0.01, 2.98, 0.02, 3.98, 0.02, 30):
        await market.world.pass_time(days=days)
        told.append(len(await news(market, "dispute_waits")))

    assert told == [1, 1, 2, 2, 3, 3]
    waits = "Quick Video Promotion: a dispute opened by the influencer waits for a decision"
    assert await news(market, "dispute_waits") == [
        f"{waits}.",
        f"{waits} for 3 days.",
        f"{waits} for 7 days.",
    ]


async def test_om_divides_what_is_held_and_request_and_bid_are_completed(market: Market) -> None:
    request, order = await submitted(market.asha, market.ravi, market.till)
    await entered(market.asha, request, "dispute", REASON)
    values = {"release_amount": 1234.56, "refund_amount": 3765.44, "reason": "One of four"}

    answer = await entered(market.om, request, "resolve_dispute", values)
    await market.world.do_jobs()

    told = await newest(market.ravi, request)
    assert answer["automated_response"]["message"] == told["message"]
    assert told["message"] == (
        "An operator has decided the dispute. "
        "₹1,234.56 is released to the influencer and ₹3,765.44 goes back to the brand.\nReason: One of four"
    )
    assert await stands(market.ravi, request) == ("completed", None)
    assert await bid_status(market) == "completed"
    kept = await balances(market.om)
    assert (kept["commission"], kept[f"influencer:{RAVI.id}"]) == (-123.46, -1111.1)
    assert not {f"escrow:{request['id']}", "refunds_due"} & {*kept}
    assert [each["amount"] for each in (await market.order(order))["refunds"]] == [3765.44]


async def test_a_dispute_decided_for_asha_alone_gives_all_back_and_cancels_request_and_bid(
    market: Market,
) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await entered(market.asha, request, "dispute", REASON)
    values = {"release_amount": 0, "refund_amount": 5000, "reason": "Nothing came"}

    await entered(market.om, request, "resolve_dispute", values)
    await market.world.do_jobs()

    shown = (await market.asha.get(f"/api/requests/{request['id']}")).json()["request"]
    assert (shown["flow_state"], shown["status"], shown["payment_status"]) == (
        "cancelled", "cancelled", "refunded",
    )  # fmt: skip
    assert await bid_status(market) == "cancelled"
    assert not {f"escrow:{request['id']}", f"influencer:{RAVI.id}", "commission"} & {
        *await balances(market.om)
    }


async def test_a_division_that_does_not_come_to_what_is_held_names_both_amounts(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await entered(market.asha, request, "dispute", REASON)
    values = {"release_amount": 3000, "refund_amount": 1999.99, "reason": "So"}

    refused = await entered(market.om, request, "resolve_dispute", values, expect=422)

    assert refused["code"] == "amount_out_of_range"
    assert [e["field"] for e in refused["errors"]] == ["values.release_amount", "values.refund_amount"]
    assert await stands(market.asha, request) == ("disputed", "admin")
