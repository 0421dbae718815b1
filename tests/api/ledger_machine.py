"""A market with its money, for Hypothesis to play: payments, lost and doubled webhooks, disputes, payouts, crashes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias, TypeVar

import asyncpg
import httpx
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from stoory.payments import errands
from stoory.payments.actions.apply import Applied
from tests import invariants
from tests.money import WORK, Market, books_agree
from tests.till import Delivery
from tests.world import ASHA, MEERA, OM, PASSWORD, RAVI, SUMMER_CAMPAIGN, VIDEO_BID, Person, lay

T = TypeVar("T")
Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Json = dict[str, Any]

ACCOUNT = {"type": "vpa", "name": "Ravi Kumar", "vpa": "ravi@okaxis", "password": PASSWORD}
AMOUNTS = st.sampled_from([3000, 3000.01, 4999.99, 5000, 7777.77, 8000])
PRESSES = (
    "approve_work",
    "work_submission",
    "change_request",
    "cancel_deal",
    "withdraw_proposal",
    "propose_cancel",
    "accept_cancel",
    "dispute",
    "withdraw_dispute",
    "resolve_dispute",
    "refund",
)
GOES_ON = {200, 201, 409, 422, 502}
"""What a wild press may be answered; anything else is a fault of ours."""


class Killed(BaseException):
    """The process is gone."""


class LedgerMachine(RuleBasedStateMachine):
    """Asha and her influencers, Razorpay, and bad luck."""

    market: ClassVar[Market]
    loop: ClassVar[asyncio.AbstractEventLoop]
    superuser: ClassVar[Superuser]

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Json] = []
        self.orders: list[Json] = []
        self.checkouts: list[Json] = []
        self.seen: list[Delivery] = []
        self.elsewhere = 0
        """Paise that Razorpay has sent to our bank, or that a payer's bank has taken back."""

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Do in the application's loop what this thread asks for."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    @initialize()
    def the_market_opens(self) -> None:
        self.wait_for(begin_anew(self.market, self.superuser))

    @rule(who=st.sampled_from([RAVI, MEERA]), is_bid=st.booleans(), amount=AMOUNTS)
    def somebody_is_accepted(self, who: Person, amount: float, *, is_bid: bool) -> None:
        self.wait_for(self._accept(who, amount, is_bid=is_bid))

    async def _accept(self, who: Person, amount: float, *, is_bid: bool) -> None:
        posting = {"bid_id": str(VIDEO_BID)} if is_bid else {"campaign_id": str(SUMMER_CAMPAIGN)}
        async with self.market.world.client(who) as client:
            made = await client.post("/api/requests", json={**posting, "proposed_amount": amount})
        if made.status_code == 201:
            request = {**made.json()["request"], "who": who}
            status = {"status": "approved"}
            answer = await self.market.asha.put(f"/api/requests/{request['id']}/status", json=status)
            assert answer.status_code in GOES_ON, answer.text
            self.requests.append(request)

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), is_down=st.sampled_from([False, False, False, True]))
    def asha_proceeds_to_payment(self, data: st.DataObject, *, is_down: bool) -> None:
        request = data.draw(st.sampled_from(self.requests))
        if is_down:
            self.wait_for(self.market.till.fault("lost_response", path="/v1/orders", times=1))
        answer = self.wait_for(self.market.asha.post(f"/api/requests/{request['id']}/payment"))
        assert answer.status_code in GOES_ON, answer.text
        if answer.is_success:
            self.orders.append(answer.json()["order"])

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), outcome=st.sampled_from(["captured", "captured", "authorized", "failed", "late"]))
    def somebody_pays_at_the_checkout(self, data: st.DataObject, outcome: str) -> None:
        order = data.draw(st.sampled_from(self.orders))
        self.checkouts.append(self.wait_for(self.market.till.pay(order["razorpay_order_id"], outcome)))

    @precondition(lambda self: self.checkouts)
    @rule(data=st.data(), times=st.integers(1, 3))
    def the_browser_says_so(self, data: st.DataObject, times: int) -> None:
        fields = data.draw(st.sampled_from(self.checkouts))
        for answer in self.wait_for(self._verify(fields, times)):
            assert answer.status_code in GOES_ON, answer.text

    async def _verify(self, fields: Json, times: int) -> list[httpx.Response]:
        path = "/api/payments/verify-payment"
        return await asyncio.gather(*(self.market.asha.post(path, json=fields) for _ in range(times)))

    @rule(seed=st.integers(0, 9), copies=st.integers(1, 3), lost=st.integers(0, 3))
    def webhooks_arrive_shuffled_doubled_or_not_at_all(self, seed: int, copies: int, lost: int) -> None:
        self.wait_for(self._webhooks(seed, copies, lost))

    async def _webhooks(self, seed: int, copies: int, lost: int) -> None:
        waiting = await self.market.till.take()
        self.seen += waiting
        luck = random.Random(seed)
        arriving = [each for each in waiting if luck.randint(0, 9) >= lost] * copies + self.seen[-3:]
        luck.shuffle(arriving)
        for delivery in arriving:
            answer = await self.market.nobody.post(
                "/api/payments/webhook", content=delivery.body, headers=delivery.headers
            )
            assert answer.status_code == 200
        await self.market.world.apply_webhooks()

    @precondition(lambda self: self.requests)
    @rule(
        data=st.data(),
        who=st.sampled_from(["asha", "influencer", "om"]),
        action=st.sampled_from(PRESSES),
        part=st.sampled_from([0, 1, 1000.01, 2500]),
    )
    def somebody_presses(self, data: st.DataObject, who: str, action: str, part: float) -> None:
        request = data.draw(st.sampled_from(self.requests))
        answer = self.wait_for(self._press(request, who, action, part))
        assert answer.status_code in GOES_ON, answer.text

    async def _press(self, request: Json, who: str, action: str, part: float) -> httpx.Response:
        shown = (
            await self.market.asha.get(f"/api/messages/conversations/{request['conversation_id']}")
        ).json()
        held = shown["conversation"]["flow_data"].get("held", 0)
        values: Json = {
            "work_submission": WORK,
            "change_request": {"feedback": "Show the logo"},
            "propose_cancel": {"refund_amount": part},
            "dispute": {"reason": "It is not what we agreed"},
            "resolve_dispute": {
                "release_amount": round(max(held - part, 0), 2),
                "refund_amount": part,
                "reason": "So",
            },
            "refund": {"reason": "So", **({"amount": part} if part else {})},
        }.get(action, {})
        path = f"/api/messages/conversations/{request['conversation_id']}/button-click"
        body = {"action": action, "data": values}
        person = {"influencer": request["who"], "om": OM}.get(who)
        if person is None:
            return await self.market.asha.post(path, json=body)
        async with self.market.world.client(person) as client:
            return await client.post(path, json=body)

    @rule(amount=st.sampled_from([1, 100.5, 2700]), way=st.sampled_from(["processed", "failed", "reversed"]))
    def ravi_is_paid_out(self, amount: float, way: str) -> None:
        self.wait_for(self._pay_out(amount, way))

    async def _pay_out(self, amount: float, way: str) -> None:
        await self.market.ravi.post("/api/wallet/payout-account", json=ACCOUNT)
        made = await self.market.ravi.post("/api/wallet/payouts", json={"amount": amount})
        assert made.status_code in GOES_ON, made.text
        if made.status_code != 201:
            return
        path = f"/api/admin/payouts/{made.json()['payout']['id']}"
        for step in ("processed", "reversed") if way == "reversed" else (way,):
            body = {"reference": "UPI42"} if step == "processed" else {"reason": "Closed"}
            assert (await self.market.om.post(f"{path}/{step}", json=body)).status_code == 200

    @rule(hours=st.sampled_from([0.3, 1, 30, 80, 400]))
    def time_passes(self, hours: float) -> None:
        self.wait_for(self.market.till.advance(int(hours * 3600)))
        self.wait_for(self.market.world.pass_time(hours=hours))

    @rule()
    def the_process_is_killed_before_its_commit(self) -> None:
        self.wait_for(self._killed())

    async def _killed(self) -> None:
        """Take in what waits, and die with the first effect made and not yet committed; then start again."""
        await self.market.till.deliver(self.market.nobody)
        real = errands.apply_payment

        async def dies(*args: Any) -> Applied:
            await real(*args)
            raise Killed

        errands.apply_payment = dies
        with suppress(Killed):
            await self.market.world.apply_webhooks()
        errands.apply_payment = real
        await self.market.world.do_jobs()

    @invariant()
    def everything_holds(self) -> None:
        self.wait_for(invariants.check(self.market.world.db))

    def teardown(self) -> None:
        """Look up all that was lost: then every paisa Razorpay has taken and given is in our books."""
        self.wait_for(self._settle())

    async def _settle(self) -> None:
        await self.market.till.heal()
        await self.market.world.apply_webhooks()
        await self.market.world.reconcile()
        await self.market.world.do_jobs()
        await self.market.world.reconcile()
        await invariants.check(self.market.world.db)
        await books_agree(self.market.om, self.market.till, elsewhere=self.elsewhere)


async def begin_anew(market: Market, superuser: Superuser) -> None:
    """Lay the world again, and sign everybody in."""
    await lay(superuser)
    await market.till.reset()
    market.world.db.clock.ahead = timedelta()
    people = {market.asha: ASHA, market.ravi: RAVI, market.om: OM}
    for client, person in people.items():
        actor = await market.world.sign_in(person)
        client.headers["Authorization"] = f"Bearer {market.world.app.tokens.issue(actor, person.phone)}"
