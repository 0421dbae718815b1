"""Subscribing: a plan is active once its order is paid, whoever tells of the payment, and exactly what it costs."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.money import Market, balances, books_agree
from tests.subscriptions import created, done, instant, invoices, paid, plan_of, seen, shown, subscribed
from tests.till import Till
from tests.world import World

Client = httpx.AsyncClient


async def test_asha_subscribes_pays_and_is_on_premium(asha: Client, till: Till) -> None:
    asked = await created(asha)

    assert (asked["subscription"]["status"], asked["subscription"]["plan"]) == ("pending", "premium")
    assert (asked["order"]["amount"], asked["order"]["status"], asked["order"]["purpose"]) == (
        499, "created", "subscription",
    )  # fmt: skip
    assert asked["key_id"] == asked["order"]["key_id"]
    assert await plan_of(asha) == "basic"

    verified = await paid(asha, till, asked["order"])

    assert (verified["order"]["status"], verified["request"]) == ("paid", None)
    subscription = await seen(asha, asked["subscription"])
    assert (subscription["status"], subscription["amount"], subscription["currency"]) == (
        "active",
        499,
        "INR",
    )
    start, end = (instant(subscription[f"current_period_{name}"]) for name in ("start", "end"))
    assert timedelta(days=28) <= end - start <= timedelta(days=31)
    assert await plan_of(asha) == "premium"


async def test_a_webhook_alone_activates_it_and_told_again_changes_nothing(market: Market) -> None:
    asked = await created(market.asha)
    await market.till.pay(asked["order"]["razorpay_order_id"])

    await market.hear(times=3)

    subscription = await seen(market.asha, asked["subscription"])
    assert subscription["status"] == "active"
    assert [each["status"] for each in await invoices(market.asha, subscription)] == ["paid"]
    await books_agree(market.om, market.till)


async def test_the_price_is_income_and_tax_to_the_paisa(market: Market) -> None:
    subscription = await subscribed(market.asha, market.till)

    books = await balances(market.om)
    [invoice] = await invoices(market.asha, subscription)
    assert (books["subscription_income"], books["tax_due"]) == (-422.88, -76.12)
    assert invoice["taxable"] == 422.88
    assert [(tax["name"], tax["rate_bp"], tax["amount"]) for tax in invoice["taxes"]] == [
        ("CGST", 900, 38.06),
        ("SGST", 900, 38.06),
    ]
    assert invoice["number"].startswith("ST/")


async def test_asked_for_again_it_is_the_same_order(asha: Client) -> None:
    first = await created(asha)

    second = await created(asha, expect=200)

    assert (second["order"], second["subscription"]) == (first["order"], first["subscription"])


async def test_asked_for_otherwise_the_first_order_is_not_waited_for_any_more(market: Market) -> None:
    first = await created(market.asha)

    second = await created(market.asha, plan="enterprise", period="yearly")

    assert second["order"]["amount"] == 49999
    assert (await seen(market.asha, first["subscription"]))["status"] == "cancelled"
    await market.till.pay(first["order"]["razorpay_order_id"])
    await market.hear()
    assert await plan_of(market.asha) == "basic"
    assert (await balances(market.om))["refunds_due"] == -499
    await market.world.do_jobs()
    assert (await market.order(first["order"]))["refunds"][0]["amount"] == 499


async def test_who_is_on_a_paid_plan_cannot_subscribe_again(asha: Client, till: Till) -> None:
    subscription = await subscribed(asha, till)

    for plan in ("premium", "enterprise", "basic"):
        refused = await created(asha, plan=plan, expect=409)
        assert (refused["code"], refused["subscription_id"]) == ("already_subscribed", subscription["id"])


async def test_basic_is_free_active_at_once_and_ends_when_a_paid_plan_begins(
    asha: Client, till: Till
) -> None:
    basic = (await created(asha, plan="basic"))["subscription"]

    assert (basic["status"], basic["amount"], basic["period"]) == ("active", 0, None)
    assert (await created(asha, plan="basic", expect=409))["code"] == "already_subscribed"

    await subscribed(asha, till)

    assert (await seen(asha, basic))["status"] == "cancelled"


async def test_from_basic_one_goes_up_for_the_full_price(asha: Client, till: Till) -> None:
    basic = (await created(asha, plan="basic"))["subscription"]

    asked = await done(asha, basic, "upgrade", {"plan": "premium"}, expect=201)
    assert (asked["order"]["amount"], asked["subscription"]["plan"]) == (499, "basic")
    await paid(asha, till, asked["order"])

    after = await seen(asha, basic)
    assert (after["plan"], after["status"], after["period"]) == ("premium", "active", "monthly")
    assert await plan_of(asha) == "premium"


async def test_of_two_ways_up_that_are_both_paid_one_holds_and_the_other_is_given_back(
    market: Market,
) -> None:
    basic = (await created(market.asha, plan="basic"))["subscription"]
    up = await done(market.asha, basic, "upgrade", {"plan": "premium"}, expect=201)
    new = await created(market.asha, plan="enterprise")

    await market.till.pay(new["order"]["razorpay_order_id"])
    await market.till.pay(up["order"]["razorpay_order_id"])
    await market.hear(is_reversed=True)

    assert sorted([(await seen(market.asha, each))["status"] for each in (basic, new["subscription"])]) == [
        "active",
        "cancelled",
    ]
    await market.world.do_jobs()
    await market.hear()
    await books_agree(market.om, market.till)


async def test_what_is_never_paid_for_expires(asha: Client, world: World, till: Till) -> None:
    asked = await created(asha)

    await world.pass_time(hours=24)

    told = await shown(asha, asked["subscription"])
    assert (told["subscription"]["status"], told["order"], told["invoice"]) == ("expired", None, None)
    await till.pay(asked["order"]["razorpay_order_id"])
    await world.reconcile()
    assert await plan_of(asha) == "basic"


async def test_a_failed_attempt_leaves_the_order_to_be_paid(asha: Client, till: Till) -> None:
    asked = await created(asha)
    failed = await till.pay(asked["order"]["razorpay_order_id"], "failed")
    assert (await asha.post("/api/payments/verify-payment", json=failed)).status_code == 409

    await paid(asha, till, asked["order"])

    assert (await seen(asha, asked["subscription"]))["status"] == "active"


async def test_razorpay_down_loses_nothing(asha: Client, till: Till) -> None:
    await till.fault("server_error", path="/v1/orders", times=10)
    await created(asha, expect=502)
    await till.heal()

    again = await created(asha, expect=200)

    assert again["order"]["status"] == "created"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"plan": "gold"}, "plan"),
        ({"plan": "premium", "period": "weekly"}, "period"),
        ({"period": "monthly"}, "plan"),
        ({"plan": "premium", "coupon": ""}, "coupon"),
        ({"plan": "premium", "price": 1}, "price"),
    ],
)
async def test_a_wrong_wish_is_named(asha: Client, body: dict[str, object], field: str) -> None:
    answer = await asha.post("/api/subscriptions/create", json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_kabir_sees_nothing_of_ashas_subscription(asha: Client, kabir: Client, till: Till) -> None:
    subscription = await subscribed(asha, till)
    [invoice] = await invoices(asha, subscription)
    address = f"/api/subscriptions/{subscription['id']}"

    for path in (address, f"{address}/invoices", f"{address}/invoices/{invoice['id']}"):
        assert (await kabir.get(path)).status_code == 404
    assert (await kabir.put(f"{address}/cancel")).status_code == 404
    assert (await kabir.get("/api/subscriptions")).json()["subscriptions"] == []


async def test_an_invoice_can_be_read_as_a_page_and_as_pdf(asha: Client, till: Till) -> None:
    subscription = await subscribed(asha, till)
    [invoice] = await invoices(asha, subscription)
    address = f"/api/subscriptions/{subscription['id']}/invoices/{invoice['id']}"

    page = await asha.get(address)
    pdf = await asha.get(address, params={"format": "pdf"})

    for words in (invoice["number"], "₹499.00", "₹422.88", "CGST 9 %: ₹38.06", "Asha", "Premium, monthly"):
        assert words in page.text
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["content-type"] == "application/pdf"


async def test_there_is_no_invoice_to_read_before_it_is_paid(asha: Client) -> None:
    subscription = (await created(asha))["subscription"]
    [invoice] = await invoices(asha, subscription)

    answer = await asha.get(f"/api/subscriptions/{subscription['id']}/invoices/{invoice['id']}")

    assert (invoice["status"], answer.status_code) == ("open", 404)


async def test_an_operator_gives_back_and_the_tax_with_it(market: Market) -> None:
    asked = await created(market.asha)
    await paid(market.asha, market.till, asked["order"])
    address = f"/api/payments/orders/{asked['order']['id']}/refund"

    for amount in (100.01, 33.33, None):
        body = {"reason": "A mistake of ours"} | ({} if amount is None else {"amount": amount})
        assert (await market.om.post(address, json=body)).status_code == 201
    refused = await market.om.post(address, json={"reason": "Once more"})

    assert (refused.status_code, refused.json()["code"]) == (409, "already_refunded")
    books = await balances(market.om)
    assert books["refunds_due"] == -499
    assert not {"subscription_income", "tax_due"} & books.keys()
    await market.world.do_jobs()
    await market.hear()
    await books_agree(market.om, market.till)


async def test_the_receipt_of_its_order_says_what_it_was_for(asha: Client, till: Till) -> None:
    asked = await created(asha)
    await paid(asha, till, asked["order"])

    receipt = await asha.get(f"/api/payments/orders/{asked['order']['id']}/receipt")

    assert "Premium, monthly" in receipt.text
