"""Razorpay's own SDK for Python, unmodified, takes the sandbox for the real thing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import razorpay  # pyright: ignore[reportMissingTypeStubs]
import requests
from razorpay import errors  # pyright: ignore[reportMissingTypeStubs]

from stoory.sandbox.razorpay.gateway import Config
from tests.sandbox.server import running
from tests.sandbox.shop import KEY, SECRET

ORDER = {"amount": 50_000, "currency": "INR"}
RAVI = {"name": "Ravi Kumar", "type": "vendor"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(Config(webhook_url="http://127.0.0.1:9/webhook", webhook_secret=SECRET)) as address:
        yield address


@pytest.fixture
def client(address: str) -> Any:
    """Return the SDK's client; of its many untyped methods nothing is promised."""
    requests.post(f"{address}/__sandbox/reset", timeout=5)
    return sdk(address, KEY[1])


def sdk(address: str, secret: str) -> Any:
    return razorpay.Client(auth=(KEY[0], secret), base_url=address)


def control(address: str, path: str, **body: Any) -> Any:
    return requests.post(f"{address}/__sandbox/{path}", json=body, timeout=5).json()


def paid(client: Any, address: str, **choice: str) -> Any:
    order = client.order.create(data=ORDER)
    fields = control(address, f"orders/{order['id']}/pay", **choice)
    return client.payment.fetch(fields["razorpay_payment_id"])


def test_orders(client: Any, address: str):
    order = client.order.create(data={**ORDER, "receipt": "deal-7", "notes": {"deal": "7"}})
    assert client.order.fetch(order["id"]) == order
    assert client.order.all({"count": 5, "receipt": "deal-7"})["items"] == [order]
    assert client.order.edit(order["id"], {"notes": {"deal": "8"}})["notes"] == {"deal": "8"}
    control(address, f"orders/{order['id']}/pay", outcome="failed")
    assert client.order.payments(order["id"])["items"][0]["status"] == "failed"
    shown = client.order.fetch(order["id"], {"expand[]": "payments"})
    assert shown["payments"]["count"] == shown["attempts"] == 1


def test_checkout_is_verified(client: Any, address: str):
    order = client.order.create(data=ORDER)
    fields = control(address, f"orders/{order['id']}/pay")
    assert client.utility.verify_payment_signature(fields)
    with pytest.raises(errors.SignatureVerificationError):
        client.utility.verify_payment_signature({**fields, "razorpay_order_id": "order_00000000000000"})


def test_payments(client: Any, address: str):
    payment = paid(client, address, outcome="authorized", method="card")
    assert client.payment.capture(payment["id"], 50_000, {"currency": "INR"})["captured"]
    assert client.payment.fetchCardDetails(payment["id"])["last4"] == "0366"
    assert client.payment.edit(payment["id"], {"notes": {"a": "b"}})["notes"] == {"a": "b"}
    assert client.payment.all({"skip": 0})["count"] == 1
    assert client.payment.fetchPaymentMethods()["upi"] is True


def test_refunds(client: Any, address: str):
    payment = paid(client, address)
    key = {"X-Refund-Idempotency": "refund-of-deal-7"}
    first = client.payment.refund(payment["id"], {"amount": "100"}, headers=key)
    assert client.payment.refund(payment["id"], {"amount": "100"}, headers=key) == first
    second = client.refund.create({"payment_id": payment["id"], "amount": 200, "speed": "optimum"})
    assert client.refund.fetch(second["id"]) == second
    assert client.refund.edit(second["id"], {"notes": {"a": "b"}})["notes"] == {"a": "b"}
    assert client.refund.all()["count"] == 2
    assert client.payment.fetch_multiple_refund(payment["id"])["count"] == 2
    assert client.payment.fetch_refund_id(payment["id"], first["id"]) == first


def test_customers_and_their_accounts(client: Any):
    customer = client.customer.create({"name": "Asha", "email": "a@example.com", "contact": "+919800000001"})
    assert client.customer.fetch(customer["id"]) == customer
    assert client.customer.edit(customer["id"], {"name": "Asha Rao"})["name"] == "Asha Rao"
    assert client.customer.all()["count"] == 1
    bank = {"name": "Asha Rao", "ifsc": "HDFC0000001", "account_number": "1121431121541121"}
    details = {"customer_id": customer["id"], "account_type": "bank_account", "bank_account": bank}
    assert client.fund_account.create(details)["bank_account"]["ifsc"] == "HDFC0000001"
    assert client.fund_account.all({"customer_id": customer["id"]})["count"] == 1


def test_payouts_by_the_clients_own_post(client: Any):
    contact = client.post("/v1/contacts", RAVI)
    account = {"contact_id": contact["id"], "account_type": "vpa", "vpa": {"address": "ravi@okhdfc"}}
    payout = {
        "account_number": "2323230000000001",
        "fund_account_id": client.post("/v1/fund_accounts", account)["id"],
        "amount": 45_000,
        "currency": "INR",
        "mode": "UPI",
        "purpose": "payout",
    }
    made = client.post("/v1/payouts", payout, headers={"X-Payout-Idempotency": "payout-of-deal-7"})
    assert made["status"] == "processing"
    with pytest.raises(errors.BadRequestError, match="Idempotency key is missing"):
        client.post("/v1/payouts", payout)


def test_transfers(client: Any, address: str):
    details = {
        "email": "r@example.com",
        "phone": "9800000002",
        "type": "route",
        "business_type": "individual",
    }
    account = client.account.create({**details, "legal_business_name": "Ravi Kumar"})
    assert client.account.fetch(account["id"]) == account
    payment = paid(client, address)
    part = {"account": account["id"], "amount": 30_000, "currency": "INR", "on_hold": 1}
    [made] = client.payment.transfer(payment["id"], {"transfers": [part]})["items"]
    assert client.transfer.fetch(made["id"]) == made
    assert client.transfer.all({"payment_id": payment["id"]})["items"] == [made]
    assert client.transfer.edit(made["id"], {"on_hold": 0})["on_hold"] is False
    assert client.transfer.reverse(made["id"], {"amount": 100})["amount"] == 100
    assert client.transfer.reversals(made["id"])["count"] == 1
    assert client.transfer.create({**part, "amount": 100})["status"] == "processed"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("too_many_requests", errors.BadRequestError),
        ("server_error", errors.ServerError),
        ("bad_gateway", requests.exceptions.JSONDecodeError),
        ("lost_response", requests.exceptions.RequestException),
    ],
)
def test_faults_look_to_the_sdk_as_razorpays_do(client: Any, address: str, kind: str, error: type[Exception]):
    control(address, "faults", kind=kind)
    with pytest.raises(error):
        client.order.create(data=ORDER)


def test_a_request_that_hangs_is_ended_by_the_clients_patience(client: Any, address: str):
    control(address, "faults", kind="hang")
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.order.create(data=ORDER, timeout=(1, 0.2))


def test_a_refusal_is_told_by_its_description(client: Any):
    with pytest.raises(errors.BadRequestError, match=r"^The amount must be an integer\.$"):
        client.order.create(data={"amount": 500.0, "currency": "INR"})
    with pytest.raises(errors.BadRequestError, match="Authentication failed"):
        sdk(client.base_url, "guessed").order.all()


def test_webhooks_are_verified_from_their_raw_body_only(client: Any, address: str):
    paid(client, address)
    for told in requests.get(f"{address}/__sandbox/webhooks", timeout=5).json()["items"]:
        assert client.utility.verify_webhook_signature(told["body"], told["signature"], SECRET)
        anew = json.dumps(json.loads(told["body"]), separators=(",", ":"))
        with pytest.raises(errors.SignatureVerificationError):
            client.utility.verify_webhook_signature(anew, told["signature"], SECRET)
