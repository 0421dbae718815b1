"""The gateway's client against the sandbox on a port: what Asha pays, what comes back, what Ravi is paid."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from stoory.errors import Upstream
from stoory.money import Money
from stoory.platform.razorpay import Order, Razorpay, Refused, read_order
from stoory.platform.razorpay.breaker import Breaker
from stoory.platform.razorpay.wire import Wire
from stoory.settings import SANDBOX_KEY_ID, SANDBOX_KEY_SECRET, SANDBOX_WEBHOOK_SECRET
from tests.till import Till

PRICE: Final = Money(500_000)
KEY: Final = "refund-of-deal-7"
NOTES: Final = {"stoory_order": "7"}
VPA: Final = {"account_type": "vpa", "vpa": {"address": "ravi@upi"}}


def client(sandbox: str, *, key_secret: str = SANDBOX_KEY_SECRET, read_seconds: float = 5) -> Razorpay:
    return Razorpay(
        base_url=sandbox,
        key_id=SANDBOX_KEY_ID,
        key_secret=key_secret,
        webhook_secrets=(SANDBOX_WEBHOOK_SECRET,),
        account_number="2323230041626905",
        read_seconds=read_seconds,
    )


@pytest.fixture
def razorpay(sandbox: str, till: Till) -> Razorpay:
    assert till
    return client(sandbox)


async def ordered(razorpay: Razorpay, receipt: str = "receipt-7") -> Order:
    return await razorpay.create_order(amount=PRICE, receipt=receipt, notes=NOTES)


async def paid(razorpay: Razorpay, till: Till, outcome: str = "captured") -> str:
    fields = await till.pay((await ordered(razorpay)).id, outcome)
    return fields["razorpay_payment_id"]


async def test_an_order_is_made_and_found_by_id_and_by_receipt(razorpay: Razorpay):
    made = await ordered(razorpay)
    assert (made.amount, made.currency, made.receipt, made.status) == (PRICE, "INR", "receipt-7", "created")
    assert await razorpay.order(made.id) == made
    assert await razorpay.order_with_receipt("receipt-7") == made
    assert await razorpay.order_with_receipt("receipt-8") is None


async def test_twenty_at_once_with_one_receipt_make_one_order(razorpay: Razorpay):
    made = await asyncio.gather(*(ordered(razorpay) for _ in range(20)))
    assert len({order.id for order in made}) == 1


async def test_every_attempt_at_an_order_is_listed(razorpay: Razorpay, till: Till):
    order = await ordered(razorpay)
    for outcome in [*["failed"] * 11, "captured"]:
        await till.pay(order.id, outcome)
    attempts = await razorpay.payments_of(order.id)
    assert [attempt.status for attempt in attempts] == ["captured", *["failed"] * 11]
    assert {attempt.order_id for attempt in attempts} == {order.id}
    assert attempts[-1].error_code == "BAD_REQUEST_ERROR"
    assert attempts[0].fee == Money(11_800)
    assert attempts[0].tax == Money(1_800)
    assert (await razorpay.order(order.id)).status == "paid"


async def test_a_payment_is_captured_once_and_then_returned_as_it_is(razorpay: Razorpay, till: Till):
    payment_id = await paid(razorpay, till, "authorized")
    before = await razorpay.payment(payment_id)
    assert (before.status, before.captured, before.fee) == ("authorized", False, None)
    taken = await razorpay.capture(payment_id, PRICE)
    assert (taken.status, taken.captured, taken.amount) == ("captured", True, PRICE)
    assert await razorpay.capture(payment_id, PRICE) == taken


async def test_what_is_not_authorized_is_not_captured(razorpay: Razorpay, till: Till):
    payment_id = await paid(razorpay, till, "failed")
    with pytest.raises(Refused):
        await razorpay.capture(payment_id, PRICE)


async def test_many_captures_at_once_do_not_mix_their_amounts(razorpay: Razorpay, till: Till):
    async def sell(number: int) -> tuple[str, Money]:
        amount = Money(10_000 + number)
        order = await razorpay.create_order(amount=amount, receipt=f"receipt-{number}", notes={})
        return (await till.pay(order.id, "authorized"))["razorpay_payment_id"], amount

    sold = [await sell(number) for number in range(12)]
    taken = await asyncio.gather(*(razorpay.capture(*sale) for sale in sold))
    assert [payment.amount for payment in taken] == [amount for _, amount in sold]


async def test_one_key_refunds_once(razorpay: Razorpay, till: Till):
    payment_id = await paid(razorpay, till)
    given = [await razorpay.refund(payment_id, Money(100_000), key=KEY, notes=NOTES) for _ in range(2)]
    assert given[0] == given[1]
    assert (given[0].payment_id, given[0].amount) == (payment_id, Money(100_000))
    assert (given[0].receipt, given[0].notes, given[0].status) == (KEY, NOTES, "processed")
    assert await razorpay.refund_with_id(given[0].id) == given[0]
    rest = await razorpay.refund(payment_id, Money(400_000), key=f"{KEY}-rest", notes={})
    assert rest.notes == {}
    assert (await razorpay.payment(payment_id)).status == "refunded"


async def test_ravi_is_paid_once_for_a_key(razorpay: Razorpay, till: Till):
    contact = await razorpay.contact(name="Ravi Kumar", reference_id="ravi")
    account = await razorpay.fund_account(contact, VPA)
    assert await razorpay.fund_account(contact, VPA) == account

    async def pay_out() -> str:
        payout = await razorpay.pay_out(
            fund_account_id=account, amount=PRICE, mode="UPI", key="payout-7", narration="Stoory " * 9
        )
        assert (payout.amount, payout.reference_id) == (PRICE, "payout-7")
        return payout.id

    payout_id = await pay_out()
    assert await pay_out() == payout_id
    await till.move_payout(payout_id, "processed")
    arrived = await razorpay.payout(payout_id)
    assert (arrived.status, bool(arrived.utr)) == ("processed", True)
    await till.move_payout(payout_id, "reversed")
    returned = await razorpay.payout(payout_id)
    assert (returned.status, returned.reason) == ("reversed", "The bank has returned the money.")


async def test_a_refusal_says_what_is_wrong_and_where(razorpay: Razorpay):
    with pytest.raises(Refused) as refused:
        await razorpay.create_order(amount=Money(5_000_000_001), receipt="receipt-7", notes={})
    told = refused.value
    assert (told.status, told.code, told.field) == (400, "BAD_REQUEST_ERROR", "amount")
    assert told.reason == "input_validation_failed"
    assert told.description == "Amount exceeds maximum amount allowed."


async def test_a_clash_of_keys_is_no_answer_to_the_refund_itself(razorpay: Razorpay, till: Till):
    payment_id = await paid(razorpay, till)
    await razorpay.refund(payment_id, Money(100_000), key=KEY, notes={})
    with pytest.raises(Upstream):
        await razorpay.refund(payment_id, Money(200_000), key=KEY, notes={})


async def test_with_a_wrong_key_of_ours_nothing_is_said_of_what_was_asked(sandbox: str, till: Till):
    assert till
    with pytest.raises(Upstream):
        await client(sandbox, key_secret="stolen").order("order_00000000000000")


@pytest.mark.parametrize("order_id", ["order_00000000000000", "none", "../payments", "a b?c=d#e"])
async def test_what_does_not_exist_is_a_refusal(razorpay: Razorpay, order_id: str):
    with pytest.raises(Refused):
        await razorpay.order(order_id)


@pytest.mark.parametrize("kind", ["too_many_requests", "server_error", "bad_gateway", "lost_response"])
async def test_what_goes_wrong_twice_goes_well_the_third_time(razorpay: Razorpay, till: Till, kind: str):
    await till.fault(kind, times=2)
    made = await ordered(razorpay)
    assert await razorpay.order(made.id) == made
    assert await razorpay.order_with_receipt("receipt-7") == made


@pytest.mark.parametrize("kind", ["too_many_requests", "server_error", "bad_gateway", "lost_response"])
async def test_what_keeps_going_wrong_is_told_without_names(razorpay: Razorpay, till: Till, kind: str):
    await till.fault(kind, times=3)
    with pytest.raises(Upstream) as problem:
        await ordered(razorpay)
    assert problem.value.message == Upstream().message


async def test_a_refund_whose_answer_was_lost_is_the_same_refund(razorpay: Razorpay, till: Till):
    payment_id = await paid(razorpay, till)
    await till.fault("lost_response", path=".*/refund")
    refund = await razorpay.refund(payment_id, Money(300_000), key=KEY, notes={})
    assert await razorpay.refund(payment_id, Money(300_000), key=KEY, notes={}) == refund
    with pytest.raises(Refused, match="greater than amount captured"):
        await razorpay.refund(payment_id, Money(200_001), key=f"{KEY}-rest", notes={})


async def test_a_capture_whose_answer_was_lost_is_found(razorpay: Razorpay, till: Till):
    payment_id = await paid(razorpay, till, "authorized")
    await till.fault("lost_response", path=".*/capture")
    assert (await razorpay.capture(payment_id, PRICE)).captured


async def test_who_hangs_is_not_asked_again(sandbox: str, till: Till, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stoory.platform.razorpay.client.PATIENCE_SECONDS", 0.1)
    await till.fault("hang", times=9, seconds=1)
    with pytest.raises(Upstream):
        await ordered(client(sandbox, read_seconds=0.2))
    (fault,) = await till.faults()
    assert fault["times"] == 8


async def test_an_answer_of_another_shape_is_no_answer(sandbox: str, till: Till):
    assert till
    wire = Wire(
        base_url=sandbox,
        key_id=SANDBOX_KEY_ID,
        key_secret=SANDBOX_KEY_SECRET,
        read_seconds=5,
        breaker=Breaker(),
    )
    with pytest.raises(Upstream):
        await wire.ask(lambda sdk: sdk.get("/v1/methods", {}), read_order)


async def test_nobody_at_home_is_told_and_nothing_is_printed(capfd: pytest.CaptureFixture[str]):
    with pytest.raises(Upstream):
        await client("http://127.0.0.1:9").order("order_00000000000000")
    said = capfd.readouterr().out.splitlines()
    assert [line for line in said if "Razorpay did not answer" not in line] == []
