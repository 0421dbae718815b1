"""Idempotency-Key: sent again, a POST is answered as the first time, and has its effect once."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import httpx
import pytest

from stoory.platform.bus import Hint
from tests.money import Market, agreed
from tests.world import ASHA, World

Client = httpx.AsyncClient

CAMPAIGN: Final = {"title": "Winter", "description": "Snow", "budget": 10000}
KEY: Final = {"Idempotency-Key": "one and only"}


async def campaigns(client: Client) -> int:
    """Return how many campaigns there are."""
    return (await client.get("/api/campaigns?include_total=true")).json()["pagination"]["total"]


async def test_sent_again_it_is_answered_as_the_first_time_and_posted_once(asha: Client) -> None:
    before = await campaigns(asha)
    first = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)

    second = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert await campaigns(asha) == before + 1


async def test_another_body_under_the_same_key_is_refused(asha: Client) -> None:
    await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)

    answer = await asha.post("/api/campaigns", json={**CAMPAIGN, "budget": 9000}, headers=KEY)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_another_address_of_the_same_route_is_another_request(asha: Client, ravi: Client) -> None:
    request = await agreed(asha, ravi)
    path = "/api/messages/conversations/{}/button-click"
    body = {"action": "cancel_deal"}
    await asha.post(path.format(request["conversation_id"]), json=body, headers=KEY)

    other = await asha.post(path.format(request["id"]), json=body, headers=KEY)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


async def test_somebody_elses_key_and_another_route_have_nothing_to_do_with_it(
    asha: Client, kabir: Client
) -> None:
    mine = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)
    his = await kabir.post("/api/campaigns", json=CAMPAIGN, headers=KEY)
    bid = {"title": "Winter", "min_budget": 1000, "max_budget": 2000}
    other = await asha.post("/api/bids", json=bid, headers=KEY)

    assert {mine.status_code, his.status_code, other.status_code} == {201}
    assert mine.json()["campaign"]["id"] != his.json()["campaign"]["id"]


async def test_a_refusal_is_not_kept(asha: Client) -> None:
    refused = await asha.post("/api/campaigns", json={**CAMPAIGN, "budget": 0}, headers=KEY)

    made = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)

    assert (refused.status_code, made.status_code) == (422, 201)


async def test_of_a_hundred_at_once_one_is_made(asha: Client) -> None:
    before = await campaigns(asha)

    answers = await asyncio.gather(
        *(asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY) for _ in range(100))
    )

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
        "idempotency_in_progress"
    }
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await campaigns(asha) == before + 1


async def test_what_dies_before_the_commit_leaves_no_key(
    asha: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await campaigns(asha)

    def dies(*_: Any, **__: Any) -> bytes:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("stoory.platform.http.idempotency._written", dies)
        failed = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)
    assert (failed.status_code, await campaigns(asha)) == (500, before)

    assert (await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)).status_code == 201
    assert await campaigns(asha) == before + 1


async def test_a_payment_is_asked_for_once_also_when_razorpay_was_down_in_between(market: Market) -> None:
    request = await agreed(market.asha, market.ravi)
    await market.till.fault("server_error", path="/v1/orders", times=20)
    path = f"/api/requests/{request['id']}/payment"

    down = await market.asha.post(path, headers=KEY)
    await market.till.heal()
    up = await market.asha.post(path, headers=KEY)
    again = await market.asha.post(path, headers=KEY)

    assert (down.status_code, up.status_code) == (502, 200)
    assert up.content == again.content
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_request_that_died_between_its_transactions_is_gone_on_with_after_a_while(
    market: Market,
) -> None:
    request = await agreed(market.asha, market.ravi)
    path = f"/api/requests/{request['id']}/payment"
    await market.asha.post(path, headers=KEY)
    async with market.world.db.as_system("a test takes the answer away") as tx:
        await tx.run("update idempotency_keys set status = null, answer = null")

    at_once = await market.asha.post(path, headers=KEY)
    market.world.db.clock.advance(31)
    later = await market.asha.post(path, headers=KEY)

    assert (at_once.status_code, at_once.json()["code"]) == (409, "idempotency_in_progress")
    assert later.status_code == 200


async def test_after_thirty_days_a_key_is_forgotten(asha: Client, world: World) -> None:
    first = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)

    await world.pass_time(days=30, seconds=1)
    second = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)

    assert second.status_code == 201
    assert first.json()["campaign"]["id"] != second.json()["campaign"]["id"]


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "ünsichtbar", "tab\there"])
async def test_an_odd_key_is_refused_by_name(asha: Client, key: str) -> None:
    answer = await asha.post("/api/campaigns", json=CAMPAIGN, headers=[(b"idempotency-key", key.encode())])

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_people_are_told_once(asha: Client, ravi: Client, told: list[Hint]) -> None:
    request = await agreed(asha, ravi)
    told.clear()
    body = {"conversation_id": request["conversation_id"], "message": "Hello"}

    await asha.post("/api/messages", json=body, headers=KEY)
    once = len(told)
    await asha.post("/api/messages", json=body, headers=KEY)

    assert once > 0
    assert len(told) == once


async def test_who_is_signed_out_is_not_told_the_old_answer(world: World) -> None:
    async with world.client(ASHA) as asha:
        await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)
        await asha.post("/api/auth/logout")

        assert (await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)).status_code == 401
