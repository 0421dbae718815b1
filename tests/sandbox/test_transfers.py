"""A part of Asha's payment goes to Ravi's linked account, and may be held back until his work is done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.shop import START, Client, Shop

RAVI = {
    "email": "ravi@example.com",
    "phone": "9800000002",
    "type": "route",
    "legal_business_name": "Ravi Kumar",
    "business_type": "individual",
}


async def part(razorpay: Client, amount: int = 30_000, **more: Any) -> dict[str, Any]:
    account = await razorpay.post("/v2/accounts", RAVI)
    return {"account": account["id"], "amount": amount, "currency": "INR", **more}


async def transfer(razorpay: Client, payment: dict[str, Any], **more: Any) -> dict[str, Any]:
    parts = [await part(razorpay, **more)]
    made = await razorpay.post(f"/v1/payments/{payment['id']}/transfers", {"transfers": parts})
    return made["items"][0]


async def test_a_part_of_a_payment_is_transferred(razorpay: Client, shop: Shop):
    payment = await razorpay.paid()
    made = await transfer(razorpay, payment)
    assert (made["status"], made["settlement_status"], made["source"]) == (
        "processed",
        "pending",
        payment["id"],
    )
    assert (await razorpay.get(f"/v1/payments/{payment['id']}"))["amount_transferred"] == 30_000
    assert (await razorpay.get(f"/v1/payments/{payment['id']}/transfers"))["items"] == [made]
    assert (await razorpay.get("/v1/transfers"))["items"] == [made]
    await razorpay.deliver()
    assert shop.last("transfer.processed")["transfer"]["entity"] == made
    settled = await razorpay.post(f"/__sandbox/transfers/{made['id']}/settle")
    assert settled["settlement_status"] == "settled"


async def test_a_held_transfer_is_settled_only_after_its_release(razorpay: Client):
    made = await transfer(razorpay, await razorpay.paid(), on_hold=1)
    assert (made["on_hold"], made["settlement_status"]) == (True, "on_hold")
    assert "cannot be settled" in await razorpay.refusal(f"/__sandbox/transfers/{made['id']}/settle")
    released = await razorpay.patch(f"/v1/transfers/{made['id']}", {"on_hold": 0})
    assert (released["on_hold"], released["settlement_status"]) == (False, "pending")
    await razorpay.post(f"/__sandbox/transfers/{made['id']}/settle")
    await razorpay.patch(f"/v1/transfers/{made['id']}", {"on_hold": True}, 400)


async def test_a_hold_ends_at_its_time(razorpay: Client):
    made = await transfer(razorpay, await razorpay.paid(), on_hold=True, on_hold_until=START + 3600)
    await razorpay.wait(3599)
    assert (await razorpay.get(f"/v1/transfers/{made['id']}"))["on_hold"] is True
    await razorpay.wait(1)
    assert (await razorpay.get(f"/v1/transfers/{made['id']}"))["on_hold"] is False


async def test_only_captured_money_is_transferred_and_no_more_than_there_is(razorpay: Client):
    waiting = await razorpay.pay(await razorpay.order(), "authorized")
    parts = {"transfers": [await part(razorpay)]}
    told = await razorpay.refusal(f"/v1/payments/{waiting['id']}/transfers", parts)
    assert told == "The payment status should be captured for action to be taken"
    payment = await razorpay.paid()
    parts = {"transfers": [await part(razorpay), await part(razorpay, 20_001)]}
    told = await razorpay.refusal(f"/v1/payments/{payment['id']}/transfers", parts)
    assert told == "The sum of amount requested for transfer is greater than the captured amount"
    assert (await razorpay.get("/v1/transfers"))["count"] == 0
    parts = {"transfers": [await part(razorpay, 99)]}
    told = await razorpay.refusal(f"/v1/payments/{payment['id']}/transfers", parts)
    assert told == "The transfers.0.amount must be at least 100."


async def test_transfers_planned_with_the_order_happen_when_it_is_paid(razorpay: Client):
    order = await razorpay.order(transfers=[await part(razorpay)])
    assert order["transfers"][0]["status"] == "created"
    payment = await razorpay.pay(order)
    [made] = (await razorpay.get(f"/v1/payments/{payment['id']}/transfers"))["items"]
    assert made["status"] == "processed"
    shown = await razorpay.get(f"/v1/orders/{order['id']}?expand[]=transfers")
    assert shown["transfers"]["items"] == [made]


async def test_a_transfer_is_taken_back_in_parts(razorpay: Client):
    made = await transfer(razorpay, await razorpay.paid())
    path = f"/v1/transfers/{made['id']}/reversals"
    first = await razorpay.post(path, {"amount": 10_000})
    assert (await razorpay.get(f"/v1/transfers/{made['id']}"))["status"] == "partially_reversed"
    await razorpay.refusal(path, {"amount": 20_001})
    second = await razorpay.post(path)
    assert (second["amount"], (await razorpay.get(path))["items"]) == (20_000, [second, first])
    assert (await razorpay.get(f"/v1/transfers/{made['id']}"))["status"] == "reversed"


@pytest.mark.parametrize(("amount", "status"), [(50_000, "reversed"), (10_000, "partially_reversed")])
async def test_a_refund_may_take_the_transfer_back_first(razorpay: Client, amount: int, status: str):
    payment = await razorpay.paid()
    made = await transfer(razorpay, payment)
    await razorpay.post(f"/v1/payments/{payment['id']}/refund", {"amount": amount, "reverse_all": 1})
    assert (await razorpay.get(f"/v1/transfers/{made['id']}"))["status"] == status


async def test_a_direct_transfer_happens_once_for_a_key(razorpay: Client):
    body = await part(razorpay)
    made = await razorpay.post("/v1/transfers", body, X_Transfer_Idempotency="deal 7")
    assert await razorpay.post("/v1/transfers", body, X_Transfer_Idempotency="deal 7") == made
    assert await razorpay.get(f"/v2/accounts/{body['account']}")
    await razorpay.refusal("/v1/transfers", {**body, "account": "acc_00000000000000"})


async def test_new_notes_leave_the_hold_as_it_is(razorpay: Client):
    made = await transfer(razorpay, await razorpay.paid(), on_hold=True, on_hold_until=START + 3600)
    noted = await razorpay.patch(f"/v1/transfers/{made['id']}", {"notes": {"deal": "7"}})
    assert (noted["on_hold"], noted["on_hold_until"]) == (True, START + 3600)
    endless = await razorpay.patch(f"/v1/transfers/{made['id']}", {"on_hold_until": None})
    assert (endless["on_hold"], endless["on_hold_until"]) == (True, None)
    await razorpay.wait(7200)
    assert (await razorpay.get(f"/v1/transfers/{made['id']}"))["settlement_status"] == "on_hold"


async def test_what_was_planned_with_the_order_is_not_there_to_be_transferred_again(razorpay: Client):
    payment = await razorpay.pay(await razorpay.order(transfers=[await part(razorpay)]))
    assert payment["amount_transferred"] == 30_000
    path = f"/v1/payments/{payment['id']}/transfers"
    told = await razorpay.refusal(path, {"transfers": [await part(razorpay, 20_001)]})
    assert told == "The sum of amount requested for transfer is greater than the captured amount"
    await razorpay.post(path, {"transfers": [await part(razorpay, 20_000)]})


async def test_a_plan_counts_towards_a_payment_that_is_captured_by_hand(razorpay: Client):
    order = await razorpay.order(transfers=[await part(razorpay)], payment={"capture": "manual"})
    payment = await razorpay.pay(order, "authorized")
    whole = {"amount": 50_000, "currency": "INR"}
    captured = await razorpay.post(f"/v1/payments/{payment['id']}/capture", whole)
    assert captured["amount_transferred"] == 30_000


async def test_a_plan_counts_towards_all_payments_of_its_order(razorpay: Client):
    order = await razorpay.order(transfers=[await part(razorpay)], partial_payment=True)
    for _ in range(2):
        await razorpay.post(f"/__sandbox/orders/{order['id']}/pay", {"amount": 25_000})
    payments = (await razorpay.get(f"/v1/orders/{order['id']}/payments"))["items"]
    assert [payment["amount_transferred"] for payment in payments] == [25_000, 5_000]
    await razorpay.post(f"/__sandbox/transfers/{order['transfers'][0]['id']}/fail")
    payments = (await razorpay.get(f"/v1/orders/{order['id']}/payments"))["items"]
    assert [payment["amount_transferred"] for payment in payments] == [0, 0]


@pytest.mark.parametrize("hold", [{"on_hold": True, "on_hold_until": START + 60}, {"on_hold": False}])
async def test_a_transfer_of_an_unpaid_order_is_neither_held_nor_settled(
    razorpay: Client, hold: dict[str, Any]
):
    order = await razorpay.order(transfers=[await part(razorpay)])
    path = f"/v1/transfers/{order['transfers'][0]['id']}"
    await razorpay.patch(path, hold)
    await razorpay.wait(120)
    planned = await razorpay.get(path)
    assert (planned["status"], planned["settlement_status"]) == ("created", None)
    told = await razorpay.refusal(f"/__sandbox/transfers/{planned['id']}/settle")
    assert told == "A transfer that is created cannot be settled."
    await razorpay.pay(order)
    assert (await razorpay.get(path))["settlement_status"] == "pending"


async def test_a_failed_transfer_is_told_and_its_amount_is_there_again(razorpay: Client, shop: Shop):
    payment = await razorpay.paid()
    made = await transfer(razorpay, payment, amount=50_000)
    failed = await razorpay.post(f"/__sandbox/transfers/{made['id']}/fail")
    assert (failed["status"], failed["settlement_status"], failed["error"]["id"]) == (
        "failed",
        None,
        made["id"],
    )
    assert await razorpay.get(f"/v1/transfers/{made['id']}") == failed
    await razorpay.deliver()
    assert shop.last("transfer.failed")["transfer"]["entity"] == failed
    await razorpay.refusal(f"/v1/transfers/{made['id']}/reversals")
    await razorpay.refusal(f"/__sandbox/transfers/{made['id']}/settle")
    await transfer(razorpay, payment, amount=50_000)


async def test_a_transfer_that_failed_before_its_order_was_paid_does_not_happen(razorpay: Client):
    order = await razorpay.order(transfers=[await part(razorpay)])
    [planned] = order["transfers"]
    await razorpay.post(f"/__sandbox/transfers/{planned['id']}/fail")
    payment = await razorpay.pay(order)
    assert (await razorpay.get(f"/v1/transfers/{planned['id']}"))["status"] == "failed"
    assert payment["amount_transferred"] == 0


async def test_what_has_reached_the_bank_cannot_fail(razorpay: Client):
    made = await transfer(razorpay, await razorpay.paid())
    await razorpay.post(f"/__sandbox/transfers/{made['id']}/settle")
    told = await razorpay.refusal(f"/__sandbox/transfers/{made['id']}/fail")
    assert told == "A transfer that is settled cannot fail."
