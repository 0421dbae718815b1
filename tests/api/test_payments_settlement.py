"""What Razorpay holds for us goes to our bank: afterwards its account in the ledger is empty."""

from __future__ import annotations

import pytest

from tests.money import Market, balances, funded


async def test_a_settlement_empties_the_gateway_to_the_paisa(market: Market):
    await funded(market.asha, market.ravi, market.till)
    await market.hear()
    settlement = await market.till.settle()
    await market.hear(times=2)
    books = await balances(market.om)
    assert "gateway" not in books
    assert books["bank"] == settlement["amount"] / 100 == 5000 - 118


@pytest.mark.parametrize(("outcome", "left"), [("created", 5000), ("lost", 5000), ("won", None)])
async def test_a_charge_back_is_our_loss_until_it_is_won(market: Market, outcome: str, left: float | None):
    _, order = await funded(market.asha, market.ravi, market.till)
    await market.hear()
    (payment,) = (await market.order(order))["payments"]
    await market.till.dispute(payment["razorpay_payment_id"], outcome)
    await market.hear(times=2)
    assert (await balances(market.om)).get("losses") == left
