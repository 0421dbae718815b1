"""What a plan allows is held where it is made, however many ask at once and by whichever door."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from stoory.platform.database import Tx
from tests.postings import BIDS, CAMPAIGNS, Address, lay, posted
from tests.subscriptions import plan_of, subscribed
from tests.till import Till
from tests.world import ASHA, COFFEE_BID, KABIR, MEERA, RAVI, VIDEO_BID, World

Client = httpx.AsyncClient
Superuser = asyncpg.Connection


async def usage(client: Client) -> dict[str, Any]:
    return (await client.get("/api/account/usage")).json()["usage"]


async def applied(client: Client, bid_id: object, *, expect: int = 201) -> dict[str, Any]:
    answer = await client.post("/api/requests", json={"bid_id": str(bid_id), "proposed_amount": 4000})
    assert answer.status_code == expect, answer.text
    return answer.json()


async def test_ashas_fourth_posting_is_refused_and_she_is_told_what_helps(asha: Client) -> None:
    await posted(asha, BIDS)

    refused = await asha.post("/api/campaigns", json=CAMPAIGNS.example)

    assert refused.status_code == 402
    told = refused.json()
    assert (told["success"], told["code"], told["message"]) == (
        False,
        "plan_limit_reached",
        "Your plan, Basic, allows 3 open campaigns and bids at a time.",
    )
    assert (told["limit"], told["used"], told["plan"], told["upgrade_to"]) == (3, 3, "basic", "premium")
    assert (await usage(asha))["open_postings"] == {"used": 3, "limit": 3, "upgrade_to": "premium"}


async def test_what_is_closed_makes_room(asha: Client) -> None:
    bid = await posted(asha, BIDS)
    assert (await asha.post("/api/bids", json=BIDS.example)).status_code == 402

    assert (await asha.put(f"/api/bids/{bid['id']}", json={"status": "cancelled"})).status_code == 200

    await posted(asha, CAMPAIGNS)


async def test_a_wrong_posting_is_told_what_is_wrong_before_the_plan_is_asked(asha: Client) -> None:
    await posted(asha, BIDS)

    answer = await asha.post("/api/bids", json=BIDS.example | {"min_budget": 9000})

    assert answer.status_code == 422


async def test_on_premium_she_posts_as_she_likes_and_pays_less_commission(
    asha: Client, ravi: Client, till: Till
) -> None:
    await subscribed(asha, till)

    bids = [await posted(asha, BIDS) for _ in range(5)]
    request = await applied(ravi, bids[-1]["id"])

    conversation = request["request"]["conversation_id"]
    page = await ravi.get(f"/api/messages/conversations/{conversation}")
    [offer] = page.json()["conversation"]["flow_data"]["offers"]
    assert offer["you_receive"] == 3680
    assert (await usage(asha))["open_postings"] == {"used": 7, "limit": None, "upgrade_to": None}


@pytest.mark.parametrize("at", [BIDS, CAMPAIGNS], ids=str)
async def test_of_twenty_at_once_only_those_are_posted_that_the_plan_allows(
    asha: Client, at: Address
) -> None:
    answers = await asyncio.gather(*(asha.post(at.url, json=at.example) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] + [402] * 19
    assert (await usage(asha))["open_postings"]["used"] == 3


async def test_campaigns_and_bids_at_once_share_the_room(asha: Client) -> None:
    calls = [asha.post(at.url, json=at.example) for at in (BIDS, CAMPAIGNS) for _ in range(5)]

    answers = await asyncio.gather(*calls)

    assert sorted(answer.status_code for answer in answers) == [201] + [402] * 9


async def test_by_another_door_the_database_holds_the_plan(world: World) -> None:
    asha = await world.sign_in(ASHA)
    insert = "insert into campaigns (title, budget, created_by) values ('Past the API', 100, $1)"
    async with world.db.as_user(asha) as tx:
        await tx.run(insert, ASHA.id)

    with pytest.raises(Exception, match="Your plan's limit is reached"):
        async with world.db.as_user(asha) as tx:
            await tx.run(insert, ASHA.id)


async def test_what_is_closed_is_not_opened_again_past_the_plan(world: World, asha: Client) -> None:
    bid = await posted(asha, BIDS)
    await asha.put(f"/api/bids/{bid['id']}", json={"status": "cancelled"})
    await posted(asha, BIDS)
    reopen = "update bids set status = 'open', updated_at = $2 where id = $1"

    async def open_again(tx: Tx) -> None:
        await tx.run(reopen, bid["id"], tx.now)

    with pytest.raises(Exception, match="Your plan's limit is reached"):
        async with world.db.as_user(await world.sign_in(ASHA)) as tx:
            await open_again(tx)


async def test_what_was_open_before_goes_on_and_can_be_changed(
    asha: Client, superuser: Superuser[asyncpg.Record]
) -> None:
    laid = [await lay(superuser, BIDS, title=f"From better days {n}") for n in range(4)]

    changed = await asha.put(f"/api/bids/{laid[0]}", json={"title": "Still mine"})

    assert changed.status_code == 200
    assert (await usage(asha))["open_postings"] == {"used": 6, "limit": 3, "upgrade_to": "premium"}


async def test_ravis_eleventh_live_application_is_refused(
    ravi: Client, superuser: Superuser[asyncpg.Record]
) -> None:
    bids = [await lay(superuser, BIDS, by=KABIR, title=f"Coffee {n}") for n in range(11)]
    requests = [await applied(ravi, bid) for bid in bids[:10]]

    refused = await applied(ravi, bids[10], expect=402)
    assert (refused["limit"], refused["used"], refused["upgrade_to"]) == (10, 10, "premium")

    request_id = requests[3]["request"]["id"]
    assert (await ravi.delete(f"/api/requests/{request_id}")).status_code == 200
    await applied(ravi, bids[10])


async def test_an_invitation_costs_the_influencer_nothing(
    asha: Client, ravi: Client, world: World, superuser: Superuser[asyncpg.Record]
) -> None:
    await world.agree(RAVI, max_live_applications=1)
    body = {"influencer_id": str(RAVI.id), "amount": 5000, "message": "Join us"}
    assert (await asha.post(f"/api/bids/{VIDEO_BID}/invitations", json=body)).status_code == 201

    await applied(ravi, await lay(superuser, BIDS, by=KABIR))
    refused = await applied(ravi, COFFEE_BID, expect=402)

    assert (refused["used"], refused["limit"]) == (1, 1)


async def test_of_many_applications_at_once_only_those_are_made_that_the_plan_allows(
    meera: Client, world: World, superuser: Superuser[asyncpg.Record]
) -> None:
    await world.agree(MEERA, max_live_applications=3)
    bids = [await lay(superuser, BIDS, by=KABIR, title=f"Coffee {n}") for n in range(12)]

    answers = await asyncio.gather(
        *(meera.post("/api/requests", json={"bid_id": str(bid), "proposed_amount": 5000}) for bid in bids)
    )

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [402] * 9
    assert (await usage(meera))["live_applications"]["used"] == 3


async def test_an_influencers_first_initialize_is_an_application_and_a_brands_is_none(
    asha: Client, ravi: Client, world: World
) -> None:
    await world.agree(RAVI, max_live_applications=0)
    body = {"bid_id": str(VIDEO_BID), "influencer_id": str(RAVI.id), "proposed_amount": 5000}

    assert (await ravi.post("/api/bids/automated/initialize", json=body)).status_code == 402
    assert (await asha.post("/api/bids/automated/initialize", json=body)).status_code == 201


async def test_operators_have_no_limit(om: Client) -> None:
    for _ in range(5):
        await posted(om, BIDS)

    told = await usage(om)
    assert (told["open_postings"], told["requests_per_minute"]) == (
        {"used": 5, "limit": None, "upgrade_to": None},
        None,
    )


async def test_terms_of_one_customer_are_not_anothers(asha: Client, kabir: Client, om: Client) -> None:
    body = {"limits": {"open_postings": 4}, "commission_bp": 500, "reason": "She brought friends"}
    assert (await om.put(f"/api/admin/users/{ASHA.id}/terms", json=body)).status_code == 200

    for _ in range(2):
        await posted(asha, BIDS)
    assert (await asha.post("/api/bids", json=BIDS.example)).json()["limit"] == 4
    assert (await usage(asha))["commission_bp"] == 500
    assert (await usage(kabir))["commission_bp"] == 1000
    assert await plan_of(asha) == "basic"
