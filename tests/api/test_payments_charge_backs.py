"""A bank takes a payment back: heard of in any order, the ledger ends right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.money import Market, balances, books_agree, funded, state_of

Json = dict[str, Any]


async def disputed(market: Market, *outcomes: str) -> tuple[Json, Json]:
    """Let Asha's bank take back what funded a deal, and decide; nothing of the dispute has been heard yet."""
    request, order = await funded(market.asha, market.ravi, market.till)
    await market.hear()
    [payment] = (await market.order(order))["payments"]
    for outcome in outcomes:
        await market.till.dispute(payment["razorpay_payment_id"], outcome)
    return request, order


@pytest.mark.parametrize("is_reversed", [False, True])
async def test_a_charge_back_that_was_won_is_no_loss_in_whatever_order_it_is_heard(
    market: Market, *, is_reversed: bool
) -> None:
    await disputed(market, "created", "won")

    await market.hear(times=2, is_reversed=is_reversed)

    assert "losses" not in await balances(market.om)
    await books_agree(market.om, market.till)


async def test_a_charge_back_that_was_won_before_we_heard_of_it_does_not_stop_the_deal(
    market: Market,
) -> None:
    request, _ = await disputed(market, "created", "won")

    await market.hear(is_reversed=True)

    assert await state_of(market.asha, request) == "in_progress"


@pytest.mark.parametrize("outcome", ["created", "won"])
async def test_a_charge_back_heard_before_its_payment_brings_the_payment_with_it(
    market: Market, outcome: str
) -> None:
    request, order = await market.ordered()
    fields = await market.till.pay(order["razorpay_order_id"])
    lost = await market.till.take()
    await market.till.dispute(fields["razorpay_payment_id"], "created")
    if outcome == "won":
        await market.till.take()
        await market.till.dispute(fields["razorpay_payment_id"], "won")

    await market.hear()

    kept = await balances(market.om)
    assert len(lost) == 3
    assert (kept[f"escrow:{request['id']}"], kept.get("losses")) == (
        -5000,
        None if outcome == "won" else 5000,
    )


async def test_a_charge_back_of_a_payment_that_is_not_ours_is_quarantined(market: Market) -> None:
    dispute = {"id": "disp_AAAAAAAAAAAAAA", "amount": 100}

    await market.send(
        market.till.event("payment.dispute.created", payment={"id": "pay_AAAAAAAAAAAAAA"}, dispute=dispute)
    )

    [waiting] = (await market.om.get("/api/admin/quarantine")).json()["quarantine"]
    assert (waiting["kind"], waiting["subject"]) == ("unknown_charge_back", dispute["id"])
    assert await balances(market.om) == {}
