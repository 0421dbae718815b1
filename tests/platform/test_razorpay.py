"""The client of Razorpay, against the sandbox on a port: typed answers, deadlines, errors of ours, a silent stdout."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from uuid import uuid4

import pytest

from stoory.errors import Upstream
from stoory.money import Money
from stoory.platform.razorpay import Razorpay, Refused
from stoory.platform.razorpay.breaker import FAILURES_TO_OPEN, OPEN_SECONDS, Breaker
from tests.till import Till


@pytest.fixture
def razorpay(sandbox: str) -> Razorpay:
    """Return a client that waits half a second at most."""
    return Razorpay(
        base_url=sandbox,
        key_id="rzp_test_sandbox",
        key_secret="sandbox-secret",
        webhook_secrets=("new", "old"),
        read_seconds=0.5,
    )


@pytest.mark.usefixtures("till")
async def test_an_order_is_made_once_for_a_receipt(razorpay: Razorpay) -> None:
    receipt = str(uuid4())

    made = await asyncio.gather(
        *(razorpay.create_order(amount=Money(50_000), receipt=receipt, notes={}) for _ in range(20))
    )

    assert len({order.id for order in made}) == 1
    assert await razorpay.order_with_receipt(receipt) == made[0] == await razorpay.order(made[0].id)


@pytest.mark.parametrize("kind", ["lost_response", "server_error", "bad_gateway", "too_many_requests"])
async def test_what_gets_lost_once_is_asked_again(till: Till, razorpay: Razorpay, kind: str) -> None:
    await till.fault(kind, path="/v1/orders", times=1)
    receipt = str(uuid4())

    order = await razorpay.create_order(amount=Money(50_000), receipt=receipt, notes={})

    assert await razorpay.order_with_receipt(receipt) == order


@pytest.mark.parametrize("kind", ["hang", "server_error", "bad_gateway", "too_many_requests"])
async def test_no_answer_is_upstream_and_nothing_is_printed(
    till: Till, razorpay: Razorpay, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    await till.fault(kind, path="/v1/orders", times=9, **({"seconds": 2} if kind == "hang" else {}))

    with pytest.raises(Upstream):
        await razorpay.create_order(amount=Money(50_000), receipt=str(uuid4()), notes={})
    await till.heal()

    assert "Connection" not in capsys.readouterr().out.replace("Razorpay did not answer", "")


@pytest.mark.usefixtures("till")
async def test_a_refusal_carries_status_code_field_and_words(razorpay: Razorpay) -> None:
    with pytest.raises(Refused) as caught:
        await razorpay.create_order(amount=Money(1), receipt=str(uuid4()), notes={})

    refused = caught.value
    assert (refused.status, refused.code, refused.field) == (400, "BAD_REQUEST_ERROR", "amount")
    assert "minimum" in refused.description


async def test_a_payment_is_captured_and_given_back_once(till: Till, razorpay: Razorpay) -> None:
    order = await razorpay.create_order(amount=Money(50_000), receipt=str(uuid4()), notes={})
    fields = await till.pay(order.id, outcome="authorized")
    payment_id = fields["razorpay_payment_id"]

    first, again = [await razorpay.capture(payment_id, Money(50_000)) for _ in range(2)]
    key = str(uuid4())
    backs = [await razorpay.refund(payment_id, Money(20_000), key=key, notes={"a": "b"}) for _ in range(2)]

    assert first == again
    assert (first.captured, first.fee) == (True, Money(1180))
    assert backs[0] == backs[1] == await razorpay.refund_with_id(backs[0].id)
    assert [payment.id for payment in await razorpay.payments_of(order.id)] == [payment_id]


async def test_who_does_not_answer_is_left_alone_for_a_while() -> None:
    now = [0.0]
    breaker = Breaker(clock=lambda: now[0])
    for _ in range(FAILURES_TO_OPEN):
        breaker.check()
        breaker.went_wrong()

    with pytest.raises(Upstream):
        breaker.check()
    now[0] = OPEN_SECONDS
    breaker.check()
    with pytest.raises(Upstream):
        breaker.check()
    breaker.went_well()
    breaker.check()


def test_a_webhook_is_believed_with_either_secret_over_its_very_bytes(razorpay: Razorpay) -> None:
    body = '{"amount": "₹5\\/"}'.encode()
    signed = {
        secret: hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in ("new", "old", "x")
    }

    assert razorpay.is_webhook_signed(body, signed["new"])
    assert razorpay.is_webhook_signed(body, signed["old"])
    assert not razorpay.is_webhook_signed(body, signed["x"])
    assert not razorpay.is_webhook_signed(body + b" ", signed["new"])
    assert not razorpay.is_webhook_signed(body, None)
    assert not razorpay.is_webhook_signed(body, "ünsigned")
