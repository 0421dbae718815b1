"""Amounts at the edges, from the payment to what is the influencer's: to the paisa."""

from __future__ import annotations

from typing import Any

import pytest

from tests.money import WORK, Market, balances, books_agree, entered, ordered, pressed, state_of
from tests.world import RAVI

Json = dict[str, Any]


async def agreed(market: Market, amount: float) -> Json:
    """Let Asha ask for anything from a rupee on, Ravi apply for that much, and Asha accept; return the request."""
    bid = {"title": "One story", "min_budget": 1, "max_budget": 49_999_999.99}
    posted = await market.asha.post("/api/bids", json=bid)
    assert posted.status_code == 201, posted.text
    body = {"bid_id": posted.json()["bid"]["id"], "proposed_amount": amount}
    made = await market.ravi.post("/api/requests", json=body)
    assert made.status_code == 201, made.text
    request = made.json()["request"]
    await pressed(market.asha, request, "accept_proposal")
    return request


@pytest.mark.parametrize(
    ("amount", "commission", "remainder"),
    [
        (1, 0.10, 0.90),
        (1.01, 0.10, 0.91),
        (1.05, 0.10, 0.95),
        (1.15, 0.12, 1.03),
        (1.25, 0.12, 1.13),
        (49_999_999.99, 5_000_000.00, 44_999_999.99),
    ],
)
async def test_a_deal_of_any_amount_is_paid_and_divided_to_the_paisa(
    market: Market, amount: float, commission: float, remainder: float
) -> None:
    request = await agreed(market, amount)
    order = await ordered(market.asha, request)
    paid = await market.asha.post(
        "/api/payments/verify-payment", json=await market.till.pay(order["razorpay_order_id"])
    )
    escrow = (await balances(market.om))[f"escrow:{request['id']}"]
    await entered(market.ravi, request, "work_submission", WORK)
    await pressed(market.asha, request, "approve_work")

    kept = await balances(market.om)

    assert (paid.status_code, order["amount"], order["amount_paise"]) == (200, amount, round(amount * 100))
    assert escrow == -amount
    assert (kept["commission"], kept[f"influencer:{RAVI.id}"]) == (-commission, -remainder)
    assert f"escrow:{request['id']}" not in kept
    assert await state_of(market.asha, request) == "completed"
    await books_agree(market.om, market.till)
