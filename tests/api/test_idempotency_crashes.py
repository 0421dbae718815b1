"""Idempotency-Key: whoever dies on the way, nothing has happened twice, and the next who asks goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from stoory.errors import Conflict
from stoory.platform.http import idempotency
from stoory.platform.http.idempotency import Asked, KeyedDatabase
from stoory.platform.http.routes import SIGNED_IN, Db, Gateway, Me, post
from stoory.platform.wire import Json
from tests.api.test_idempotency import CAMPAIGN, KEY, campaigns, kept
from tests.money import Market, agreed, pressed, state_of, submitted
from tests.world import ASHA, PASSWORD, World

Client = httpx.AsyncClient


def dies(*_: Any, **__: Any) -> bytes:
    """Stand for whatever ends a request before its answer is kept."""
    raise RuntimeError("killed")


async def test_what_dies_before_the_commit_leaves_no_key(
    asha: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await campaigns(asha)

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_written", dies)
        failed = await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)
    assert (failed.status_code, await campaigns(asha)) == (500, before)

    assert (await asha.post("/api/campaigns", json=CAMPAIGN, headers=KEY)).status_code == 201
    assert await campaigns(asha) == before + 1


async def test_a_payout_whose_answer_was_lost_is_not_asked_for_twice(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await pressed(market.asha, request, "approve_work")
    account = {"type": "vpa", "name": "Ravi", "vpa": "ravi@upi", "password": PASSWORD}
    await market.ravi.post("/api/wallet/payout-account", json=account)
    sent: Json = {"json": {"amount": 100}, "headers": KEY}

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_written", dies)
        lost = await market.ravi.post("/api/wallet/payouts", **sent)
    await market.world.pass_time(seconds=61)
    answers = [await market.ravi.post("/api/wallet/payouts", **sent) for _ in range(2)]

    assert [lost.status_code, *(answer.status_code for answer in answers)] == [500, 201, 201]
    assert len((await market.ravi.get("/api/wallet/payouts")).json()["payouts"]) == 1


async def test_a_press_whose_answer_was_lost_has_not_happened(
    asha: Client, ravi: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await agreed(asha, ravi)
    before = await state_of(asha, request)
    path = f"/api/messages/conversations/{request['conversation_id']}/button-click"
    sent: Json = {"json": {"action": "cancel_deal"}, "headers": KEY}

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_written", dies)
        await asha.post(path, **sent)
    assert await state_of(asha, request) == before

    first, again = [await asha.post(path, **sent) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content


async def test_a_request_that_failed_does_not_let_go_of_a_key_another_has_taken_on(world: World) -> None:
    actor = await world.sign_in(ASHA)
    asked = Asked(actor.id, "POST /x", "one", "fingerprint")

    async def goes_on_elsewhere() -> None:
        async with KeyedDatabase(world.db, asked).as_user(actor):
            pass

    async def slow() -> None:
        async with doors.as_user(actor):
            pass
        world.db.clock.advance(61)
        await goes_on_elsewhere()
        raise RuntimeError("too late")

    doors = KeyedDatabase(world.db, asked)
    with pytest.raises(RuntimeError):
        await doors.answer_in_parts(slow, 200)

    assert await kept(world) == 1
    with pytest.raises(Conflict):
        await goes_on_elsewhere()


def test_a_route_that_is_given_the_gateway_says_whether_it_leaves() -> None:
    async def forgetful(db: Db, actor: Me, gateway: Gateway) -> None:
        """Do not say."""

    with pytest.raises(TypeError, match="must say whether"):
        post("/api/forgetful", who=SIGNED_IN)(forgetful)


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
    market.world.db.clock.advance(61)
    later = await market.asha.post(path, headers=KEY)

    assert (at_once.status_code, at_once.json()["code"]) == (409, "idempotency_in_progress")
    assert later.status_code == 200


async def test_of_fifty_payments_at_once_one_asks_razorpay(market: Market) -> None:
    request = await agreed(market.asha, market.ravi)
    path = f"/api/requests/{request['id']}/payment"

    answers = await asyncio.gather(*(market.asha.post(path, headers=KEY) for _ in range(50)))

    first = [answer for answer in answers if "idempotent-replayed" not in answer.headers]
    assert [answer.status_code for answer in first if answer.status_code != 409] == [201]
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes <= {"idempotency_in_progress"}
