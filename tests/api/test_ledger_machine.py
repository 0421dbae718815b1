"""Whatever happens to money, in whatever order: after each step all that the doctor asks holds, and in the end, once
what was lost has been looked up, Razorpay's books and ours tell the same.
"""

from __future__ import annotations

import asyncio
import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from tests.api.ledger_machine import GOES_ON, Json, LedgerMachine, Superuser
from tests.money import Market

ROUNDS_TO_REST = 8
"""How often a refund that fails may have to be waited for."""


class BankMachine(LedgerMachine):
    """Banks join in: refunds take their time and may fail, payments are taken back, what is held is settled."""

    def __init__(self) -> None:
        super().__init__()
        self.taken_back: dict[str, int] = {}
        self.decided: set[str] = set()
        self.open_payouts: list[Json] = []

    @initialize()
    def refunds_take_their_time(self) -> None:
        self.wait_for(self.market.till.quirk(refund_seconds=None))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), part=st.sampled_from([0, 1, 1000.01]))
    def the_platform_gives_something_back(self, data: st.DataObject, part: float) -> None:
        order = data.draw(st.sampled_from(self.orders))
        body = {"reason": "So", "platform_pays": True, **({"amount": part} if part else {})}
        path = f"/api/payments/orders/{order['id']}/refund"
        answer = self.wait_for(self.market.om.post(path, json=body))
        assert answer.status_code in GOES_ON, answer.text

    @rule(seed=st.integers(0, 99), fails=st.booleans())
    def a_refund_arrives_or_fails(self, seed: int, *, fails: bool) -> None:
        self.wait_for(self._refund(seed, fails=fails))

    async def _refund(self, seed: int, *, fails: bool) -> None:
        await self.market.world.do_jobs()
        till = self.market.till
        if waiting := [each for each in await till.everything("refunds") if each["status"] == "pending"]:
            refund = waiting[seed % len(waiting)]
            await (till.fail_refund if fails else till.settle_refund)(refund["id"])

    @rule(seed=st.integers(0, 99), outcome=st.sampled_from(["won", "lost"]))
    def a_bank_takes_a_payment_back_or_decides(self, seed: int, outcome: str) -> None:
        self.wait_for(self._charge_back(seed, outcome))

    async def _charge_back(self, seed: int, outcome: str) -> None:
        told = await self.market.till.everything("payments")
        payments = [each for each in told if each["captured"] and each["id"] not in self.decided]
        if not payments:
            return
        payment = payments[seed % len(payments)]
        if payment["id"] not in self.taken_back:
            await self.market.till.dispute(payment["id"])
            self.taken_back[payment["id"]] = payment["amount"]
            self.elsewhere += payment["amount"]
            return
        await self.market.till.dispute(payment["id"], outcome)
        self.decided.add(payment["id"])
        if outcome == "won":
            self.elsewhere -= payment["amount"]

    @rule()
    def razorpay_settles(self) -> None:
        self.elsewhere += self.wait_for(self.market.till.settle_if_any())

    @rule(amount=st.sampled_from([1, 300.33, 4500]))
    def ravi_asks_for_a_payout(self, amount: float) -> None:
        answer = self.wait_for(self.market.ravi.post("/api/wallet/payouts", json={"amount": amount}))
        assert answer.status_code in GOES_ON, answer.text
        if answer.is_success:
            self.open_payouts.append(answer.json()["payout"])

    @precondition(lambda self: self.open_payouts)
    @rule(data=st.data(), way=st.sampled_from(["processed", "failed", "reversed"]))
    def om_records_what_became_of_it(self, data: st.DataObject, way: str) -> None:
        payout = data.draw(st.sampled_from(self.open_payouts))
        body = {"reference": "UPI42"} if way == "processed" else {"reason": "Closed"}
        path = f"/api/admin/payouts/{payout['id']}/{way}"
        answer = self.wait_for(self.market.om.post(path, json=body))
        assert answer.status_code in GOES_ON, answer.text

    def teardown(self) -> None:
        """Let what is on its way arrive before the books are compared."""
        self.wait_for(self._come_to_rest())
        super().teardown()

    async def _come_to_rest(self) -> None:
        for _ in range(ROUNDS_TO_REST):
            await self.market.world.do_jobs()
            for refund in await self.market.till.everything("refunds"):
                if refund["status"] == "pending":
                    await self.market.till.settle_refund(refund["id"])
            await self.market.hear()
            await self.market.world.pass_time(hours=7)


async def test_whatever_happens_every_paisa_is_accounted_for(market: Market, superuser: Superuser) -> None:
    LedgerMachine.market, LedgerMachine.superuser = market, superuser
    LedgerMachine.loop = asyncio.get_running_loop()
    is_long = bool(os.environ.get("SOAK"))
    size = settings(
        max_examples=300 if is_long else 12,
        stateful_step_count=60 if is_long else 25,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    for machine in (LedgerMachine, BankMachine):
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=size)
