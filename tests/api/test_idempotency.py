"""Idempotency-Key: sent again, a POST is answered as the first time, and has its effect once."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Final

import httpx
import pytest

from stoory.platform.bus import Hint
from stoory.platform.http import idempotency
from stoory.platform.http.idempotency import forget_old_keys
from tests.money import agreed
from tests.world import ASHA, OM, PASSWORD, World

pytestmark = pytest.mark.usefixtures("unlimited")

Client = httpx.AsyncClient

CAMPAIGN: Final = {"title": "Winter", "description": "Snow", "budget": 10000}
KEY: Final = {"Idempotency-Key": "one and only"}
A_MONTH: Final = 30 * 24 * 3600 + 1
"""No round has removed what is that old: the clock alone has moved."""


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


async def test_nobody_who_reads_what_is_kept_can_try_passwords(ravi: Client, world: World) -> None:
    account = {"type": "vpa", "name": "Ravi", "vpa": "ravi@upi", "password": PASSWORD}
    made = await ravi.post("/api/wallet/payout-account", json=account, headers=KEY)

    async with world.db.as_system("a test reads what is kept", readonly=True) as tx:
        fingerprint = await tx.value(str, "select fingerprint from idempotency_keys")

    parts = (b"/api/wallet/payout-account", b"", made.request.content)
    assert fingerprint != sha256(b"".join(part + b"\0" for part in parts)).hexdigest()


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


async def kept(world: World) -> int:
    """Return how many keys are kept."""
    async with world.db.as_system("a test counts keys", readonly=True) as tx:
        return await tx.value(int, "select count(*) from idempotency_keys")


async def test_after_thirty_days_a_key_is_forgotten(asha: Client, world: World) -> None:
    first = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)

    await world.pass_time(days=30, seconds=1)
    second = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)

    assert second.status_code == 201
    assert first.json()["campaign"]["id"] != second.json()["campaign"]["id"]


async def test_a_key_of_a_month_ago_lends_nothing_to_the_next_request_that_bears_it(
    asha: Client, world: World
) -> None:
    await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)
    world.db.clock.advance(A_MONTH)

    other = {**CAMPAIGN, "budget": 9000}
    first, again = [await asha.post("/api/campaigns", json=other, headers=KEY) for _ in range(2)]

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.content == first.content


async def test_old_keys_are_removed_however_many_there_are(
    asha: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in "abc":
        await asha.post("/api/campaigns", json=CAMPAIGN, headers={"Idempotency-Key": key})
    monkeypatch.setattr(idempotency, "A_BATCH", 2)
    await forget_old_keys(world.db)
    assert await kept(world) == 3

    world.db.clock.advance(A_MONTH)
    await forget_old_keys(world.db)

    assert await kept(world) == 0


async def test_without_a_key_and_where_nothing_is_posted_nothing_is_kept(asha: Client, world: World) -> None:
    made = (await asha.post("/api/campaigns", json=CAMPAIGN)).json()["campaign"]
    path = f"/api/campaigns/{made['id']}"

    answers = [await asha.get(path, headers=KEY), await asha.put(path, json={"budget": 9000}, headers=KEY)]

    assert {answer.status_code for answer in answers} == {200}
    assert await kept(world) == 0


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


async def test_who_is_suspended_is_not_told_the_old_answer(world: World) -> None:
    async with world.client(ASHA) as asha, world.client(OM) as om:
        await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)
        path = f"/api/admin/users/{ASHA.id}/status"
        suspended = await om.put(path, json={"status": "suspended", "reason": "a test"})
        assert suspended.status_code == 200, suspended.text

        assert (await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)).status_code == 401
