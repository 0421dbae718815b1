"""Signatures, entities and the breaker: what the gateway's client makes of odd input, without asking anybody."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys
from typing import Any

import pytest

from stoory.errors import Upstream
from stoory.money import Money
from stoory.platform.razorpay import Razorpay, read_order, read_payment, read_payout, read_refund
from stoory.platform.razorpay.breaker import FAILURES_TO_OPEN, OPEN_SECONDS, Breaker

BODY = '{"note":"\\/ ₹"}'.encode()
ODD = ["", "0", "é" * 64, "\ud800", "\x00", "٣" * 64]


def client(*secrets: str) -> Razorpay:
    return Razorpay(base_url="http://127.0.0.1:9", key_id="key", key_secret="hush", webhook_secrets=secrets)


def signed(message: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def test_a_checkout_is_believed_only_as_it_was_signed():
    signature = signed(b"order_1|pay_1", "hush")
    ours = client("whispered")
    assert ours.is_checkout_signed(order_id="order_1", payment_id="pay_1", signature=signature)
    assert not ours.is_checkout_signed(order_id="order_2", payment_id="pay_1", signature=signature)
    assert not ours.is_checkout_signed(order_id="order_1", payment_id="pay_2", signature=signature)
    assert not ours.is_checkout_signed(order_id="order_1", payment_id="pay_1", signature=signature.upper())
    forged = signed(b"order_1|pay_1", "whispered")
    assert not ours.is_checkout_signed(order_id="order_1", payment_id="pay_1", signature=forged)


@pytest.mark.parametrize("odd", ODD)
def test_odd_checkouts_are_not_believed(odd: str):
    assert not client("w").is_checkout_signed(order_id="order_1", payment_id="pay_1", signature=odd)
    assert not client("w").is_checkout_signed(order_id=odd, payment_id=odd, signature="0" * 64)


@pytest.mark.parametrize("secret", ["new", "old"])
def test_webhooks_are_believed_under_the_new_secret_and_the_old(secret: str):
    assert client("new", "old").is_webhook_signed(BODY, signed(BODY, secret))


def test_webhooks_are_not_believed_under_another_secret_or_with_another_body():
    assert not client("new", "old").is_webhook_signed(BODY, signed(BODY, "older"))
    assert not client("new").is_webhook_signed(BODY, signed(BODY, "hush"))
    assert not client("new").is_webhook_signed(BODY + b" ", signed(BODY, "new"))
    assert not client().is_webhook_signed(BODY, signed(BODY, ""))


@pytest.mark.parametrize("odd", [None, *ODD])
def test_odd_webhooks_are_not_believed(odd: str | None):
    assert not client("new").is_webhook_signed(BODY, odd)
    assert not client("new").is_webhook_signed(b"\xff", odd)


def test_what_an_entity_lacks_is_unknown():
    bare: dict[str, Any] = {"id": "x_1", "amount": 100, "currency": "INR", "status": "created"}
    assert read_order(bare).receipt is None
    payment = read_payment(bare)
    assert (payment.order_id, payment.captured, payment.fee, payment.method) == (None, False, None, None)
    assert read_payout(bare).reason is None
    odd: list[Any] = [[], {}, None]
    for notes in odd:
        assert read_refund({**bare, "payment_id": "pay_1", "notes": notes}).notes == {}
    assert read_payout({**bare, "fees": 590, "status_details": []}).fees == Money(590)


@pytest.mark.parametrize("amount", ["100", 1.0, True, None])
def test_what_is_no_number_of_paise_is_no_amount(amount: object):
    entity = {"id": "pay_1", "payment_id": "pay_1", "currency": "INR", "status": "created", "amount": amount}
    for read in (read_order, read_payment, read_refund, read_payout):
        with pytest.raises(TypeError):
            read(entity)


class Watch:
    """A clock in a test's hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_opens_tries_one_and_closes():
    watch = Watch()
    breaker = Breaker(watch)
    for _ in range(FAILURES_TO_OPEN):
        breaker.check()
        breaker.went_wrong()
    with pytest.raises(Upstream):
        breaker.check()
    watch.now += OPEN_SECONDS
    breaker.check()
    with pytest.raises(Upstream):
        breaker.check()
    breaker.went_well()
    breaker.check()
    breaker.check()


def test_a_trial_that_fails_opens_the_breaker_again():
    watch = Watch()
    breaker = Breaker(watch)
    for _ in range(FAILURES_TO_OPEN):
        breaker.went_wrong()
    watch.now += OPEN_SECONDS
    breaker.check()
    watch.now += 1
    breaker.went_wrong()
    watch.now += OPEN_SECONDS - 0.5
    with pytest.raises(Upstream):
        breaker.check()
    watch.now += 0.5
    breaker.check()


def test_failures_count_only_in_a_row():
    breaker = Breaker(Watch())
    for _ in range(3 * FAILURES_TO_OPEN):
        breaker.went_wrong()
        breaker.went_well()
        breaker.check()


async def test_an_open_breaker_asks_nobody():
    breaker = Breaker(Watch())
    ours = Razorpay(
        base_url="http://127.0.0.1:9", key_id="key", key_secret="hush", webhook_secrets=(), breaker=breaker
    )  # fmt: skip
    for _ in range(FAILURES_TO_OPEN):
        breaker.went_wrong()
    before = sys.modules.pop("razorpay", None)
    try:
        with pytest.raises(Upstream):
            await ours.payment("pay_1")
        assert "razorpay" not in sys.modules
    finally:
        if before is not None:
            sys.modules["razorpay"] = before


def test_the_sdk_is_not_imported_before_it_is_needed():
    told = subprocess.run(
        [sys.executable, "-c", "import sys, stoory.platform.razorpay; print('requests' in sys.modules)"],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "False\n"
