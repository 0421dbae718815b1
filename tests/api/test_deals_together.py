"""Deals under pressure: many presses at once, clocks that run out, postings that end; and the diary agrees."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.deals import applied
from tests.world import ASHA, VIDEO_BID, World

Client = httpx.AsyncClient


async def test_of_fifty_presses_at_once_one_is_made(world: World, ravi: Client) -> None:
    request = await applied(ravi)
    path = f"/api/messages/conversations/{request['conversation_id']}/button-click"

    async def press(action: str) -> httpx.Response:
        async with world.client(ASHA) as asha:
            return await asha.post(path, json={"action": action})

    presses = ["accept_proposal", "decline_proposal"] * 25
    answers = await asyncio.gather(*(press(action) for action in presses))

    made = [answer for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code == 409]
    assert (len(made), len(lost)) == (1, 49)
    state = made[0].json()["next_flow_state"]
    assert all(answer.json()["conversation"]["flow_state"] == state for answer in lost)
    assert all("allowed" in answer.json() for answer in lost)


async def test_of_twenty_applications_at_once_one_is_made(ravi: Client) -> None:
    body = {"bid_id": str(VIDEO_BID), "proposed_amount": 5000}

    answers = await asyncio.gather(*(ravi.post("/api/requests", json=body) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert len((await ravi.get("/api/requests")).json()["requests"]) == 1


async def test_two_acceptances_at_once_hire_one(asha: Client, ravi: Client, meera: Client) -> None:
    first, second = await applied(ravi), await applied(meera)
    paths = [
        f"/api/messages/conversations/{each['conversation_id']}/button-click" for each in (first, second)
    ]

    answers = await asyncio.gather(*(asha.post(path, json={"action": "accept_proposal"}) for path in paths))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [lost] = [answer for answer in answers if answer.status_code == 409]
    assert lost.json()["code"] == "already_hired"


async def test_an_offer_nobody_answers_expires_after_72_hours(
    world: World, asha: Client, ravi: Client
) -> None:
    request = await applied(ravi)

    await world.pass_time(hours=71, minutes=59)
    before = (await asha.get(f"/api/requests/{request['id']}")).json()["request"]
    await world.pass_time(minutes=2)
    after = (await asha.get(f"/api/requests/{request['id']}")).json()["request"]

    assert (before["status"], after["status"], after["flow_state"]) == ("pending", "cancelled", "expired")
    chat = (await asha.get(f"/api/messages/conversations/{request['conversation_id']}")).json()[
        "conversation"
    ]
    assert (chat["chat_status"], chat["automation_enabled"]) == ("completed", False)


async def test_the_awaited_side_is_reminded_at_half_time_once(
    world: World, asha: Client, ravi: Client
) -> None:
    request = await applied(ravi)
    path = f"/api/messages/conversations/{request['conversation_id']}/messages"

    await world.pass_time(hours=36, minutes=1)
    await world.pass_time(minutes=1)

    messages = (await asha.get(path)).json()["data"]["messages"]
    assert [message["message"].startswith("A reminder for the brand") for message in messages] == [
        False,
        True,
    ]
    assert messages[0]["action_data"]["buttons"], "a reminder answers nothing"
    async with world.db.as_system("a test looks at notifications") as tx:
        reminders = await tx.value(int, "select count(*) from notifications where kind = 'deal_reminder'")
    assert reminders == 1


async def test_an_accepted_deal_that_is_not_paid_expires_after_three_days(
    world: World, asha: Client, ravi: Client
) -> None:
    request = await applied(ravi)
    await asha.put(f"/api/requests/{request['id']}/status", json={"status": "approved"})

    await world.pass_time(hours=73)

    seen = (await ravi.get(f"/api/requests/{request['id']}")).json()["request"]
    assert (seen["status"], seen["flow_state"]) == ("cancelled", "expired")


async def test_cancelling_a_bid_closes_its_deals(
    world: World, asha: Client, ravi: Client, meera: Client
) -> None:
    pending, accepted = await applied(ravi), await applied(meera)
    await asha.put(f"/api/requests/{accepted['id']}/status", json={"status": "approved"})

    answer = await asha.put(f"/api/bids/{VIDEO_BID}", json={"status": "cancelled"})
    assert answer.status_code == 200, answer.text
    await world.do_jobs()

    first = (await ravi.get(f"/api/requests/{pending['id']}")).json()["request"]
    second = (await meera.get(f"/api/requests/{accepted['id']}")).json()["request"]
    assert (first["flow_state"], first["status"]) == ("declined", "rejected")
    assert (second["flow_state"], second["status"]) == ("cancelled", "cancelled")


async def test_a_posting_past_its_end_takes_no_applications_and_closes(
    world: World, asha: Client, ravi: Client, meera: Client
) -> None:
    request = await applied(ravi)
    ends = world.db.clock.now().replace(microsecond=0)
    set_end = await asha.put(f"/api/bids/{VIDEO_BID}", json={"ends_at": ends.isoformat()})
    assert set_end.status_code == 200, set_end.text

    late = await meera.post("/api/requests", json={"bid_id": str(VIDEO_BID), "proposed_amount": 5000})
    await world.pass_time(seconds=1)
    still = (await asha.get(f"/api/bids/{VIDEO_BID}")).json()["bid"]["status"]
    await ravi.delete(f"/api/requests/{request['id']}")
    await world.pass_time(seconds=1)

    assert (late.status_code, late.json()["code"]) == (409, "not_open")
    assert (still, (await asha.get(f"/api/bids/{VIDEO_BID}")).json()["bid"]["status"]) == (
        "open",
        "cancelled",
    )


@pytest.mark.breaks_invariants
async def test_a_clock_that_fails_does_not_stop_the_others(
    world: World, asha: Client, ravi: Client, meera: Client
) -> None:
    broken, sound = await applied(ravi), await applied(meera)
    async with world.db.as_system("a test breaks a deal") as tx:
        await tx.run("update deals set flow_data = '{}' where request_id = $1", broken["id"])

    await world.pass_time(hours=73)

    assert (await asha.get(f"/api/requests/{sound['id']}")).json()["request"]["flow_state"] == "expired"
    assert (await asha.get(f"/api/requests/{broken['id']}")).json()["request"]["flow_state"] == "initial"
