"""Ravi is paid out, and sometimes the bank thinks better of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.shop import DAY, Client, Shop

OURS = "2323230000000001"
BANK = {"name": "Ravi Kumar", "ifsc": "HDFC0000001", "account_number": "1121431121541121"}


async def fund_account(razorpay: Client, **details: Any) -> dict[str, Any]:
    contact = await razorpay.post(
        "/v1/contacts", {"name": "Ravi Kumar", "type": "vendor", "reference_id": "ravi"}
    )
    details = details or {"account_type": "vpa", "vpa": {"address": "ravi@okhdfc"}}
    return await razorpay.post("/v1/fund_accounts", {"contact_id": contact["id"], **details})


async def payout(razorpay: Client, key: str = "payout-1", status: int = 200, **change: Any) -> dict[str, Any]:
    body = {
        "account_number": OURS,
        "fund_account_id": change.pop("fund_account_id", None) or (await fund_account(razorpay))["id"],
        "amount": 45_000,
        "currency": "INR",
        "mode": "UPI",
        "purpose": "payout",
        "reference_id": "deal-7",
        **change,
    }
    return await razorpay.post("/v1/payouts", body, status, X_Payout_Idempotency=key)


async def test_a_contact_and_its_account_exist_once(razorpay: Client):
    first, second = await fund_account(razorpay), await fund_account(razorpay)
    assert first == second
    assert first["vpa"] == {"username": "ravi", "handle": "okhdfc", "address": "ravi@okhdfc"}
    assert (await razorpay.get("/v1/contacts", reference_id="ravi"))["count"] == 1
    assert (await razorpay.get("/v1/fund_accounts", contact_id=first["contact_id"]))["items"] == [first]
    other = await fund_account(razorpay, account_type="bank_account", bank_account=BANK)
    assert other["bank_account"]["ifsc"] == "HDFC0000001"
    assert await razorpay.get(f"/v1/fund_accounts/{other['id']}") == other


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"account_type": "vpa", "vpa": {"address": "ravi"}}, "vpa.address"),
        ({"account_type": "vpa", "vpa": "ravi@okhdfc"}, "vpa.address"),
        ({"account_type": "bank_account", "bank_account": {**BANK, "ifsc": "HDFC1"}}, "bank_account.ifsc"),
        ({"account_type": "bank_account"}, "bank_account"),
        ({"account_type": "gold"}, "account_type"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(razorpay: Client, details: dict[str, Any], field: str):
    contact = await razorpay.post("/v1/contacts", {"name": "Ravi Kumar"})
    error = (await razorpay.post("/v1/fund_accounts", {"contact_id": contact["id"], **details}, 400))["error"]
    assert error["field"] == field


async def test_a_payout_arrives_after_a_while(razorpay: Client, shop: Shop):
    made = await payout(razorpay)
    assert (made["status"], made["utr"], made["amount"], made["reference_id"]) == (
        "processing",
        None,
        45_000,
        "deal-7",
    )
    await razorpay.wait(2)
    after = await razorpay.get(f"/v1/payouts/{made['id']}")
    assert (after["status"], after["fees"], after["tax"]) == ("processed", 590, 90)
    assert after["utr"]
    await razorpay.deliver()
    assert sorted(shop.events) == ["payout.initiated", "payout.processed"]
    assert (await razorpay.get("/v1/payouts", account_number=OURS))["items"] == [after]
    await razorpay.get("/v1/payouts", 400)


async def test_a_payout_needs_a_key_and_happens_once_for_it(razorpay: Client):
    assert "Idempotency key is missing" in await razorpay.refusal("/v1/payouts", {})
    first = await payout(razorpay)
    assert await payout(razorpay) == first
    assert "Different request" in (await payout(razorpay, amount=46_000, status=400))["error"]["description"]
    assert (await razorpay.get("/v1/payouts", account_number=OURS))["count"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 99},
        {"mode": "upi"},
        {"mode": "NEFT"},
        {"purpose": "bribe"},
        {"narration": "Stoory: deal 7"},
        {"narration": "x" * 31},
        {"fund_account_id": "fa_00000000000000"},
        {"currency": "USD"},
    ],
)
async def test_a_payout_that_cannot_be_is_refused(razorpay: Client, change: dict[str, Any]):
    await payout(razorpay, status=400, **change)


async def test_an_account_switched_off_is_not_paid(razorpay: Client):
    account = await fund_account(razorpay)
    await razorpay.patch(f"/v1/fund_accounts/{account['id']}", {"active": False})
    told = await payout(razorpay, status=400, fund_account_id=account["id"])
    assert told["error"]["field"] == "fund_account_id"


async def test_a_processed_payout_may_come_back(razorpay: Client, shop: Shop):
    await razorpay.quirk(payout_seconds=0)
    made = await payout(razorpay)
    assert made["status"] == "processed"
    moved = await razorpay.post(
        f"/__sandbox/payouts/{made['id']}/move", {"status": "reversed", "reason": "closed"}
    )
    assert (moved["status"], moved["status_details"]["reason"]) == ("reversed", "closed")
    await razorpay.deliver()
    assert shop.last("payout.reversed")["payout"]["entity"] == moved


async def test_a_payout_moves_only_as_razorpays_do(razorpay: Client):
    await razorpay.quirk(payout_seconds=None)
    made = await payout(razorpay)
    path = f"/__sandbox/payouts/{made['id']}/move"
    assert (
        await razorpay.refusal(path, {"status": "queued"})
        == "A payout that is processing cannot become queued."
    )
    assert (await razorpay.post(path, {"status": "failed"}))["status"] == "failed"
    assert (
        await razorpay.refusal(path, {"status": "processed"})
        == "A payout that is failed cannot become processed."
    )
    assert (await razorpay.post(path, {"status": "reversed"}))["status"] == "reversed"


async def test_without_balance_a_payout_waits_if_it_may(razorpay: Client, shop: Shop):
    await razorpay.quirk(x_balance=0)
    assert (await payout(razorpay))["status"] == "failed"
    queued = await payout(razorpay, "payout-2", queue_if_low_balance=True)
    assert (queued["status"], queued["fees"]) == ("queued", 0)
    cancelled = await razorpay.post(f"/v1/payouts/{queued['id']}/cancel")
    assert cancelled["status"] == "cancelled"
    assert "Only queued" in await razorpay.refusal(f"/v1/payouts/{queued['id']}/cancel")
    await razorpay.deliver()
    assert sorted(shop.events) == ["payout.failed", "payout.queued"]


@pytest.mark.parametrize(
    ("start", "ways"),
    [
        ("pending", ["rejected"]),
        ("pending", ["queued", "cancelled"]),
        ("pending", ["scheduled", "processing", "processed"]),
        ("pending", ["processing", "failed", "reversed"]),
        ("scheduled", ["processing", "reversed"]),
        ("scheduled", ["cancelled"]),
        ("scheduled", ["failed"]),
    ],
)
async def test_a_payout_that_needs_approval_or_waits_for_its_time_is_moved_by_hand(
    razorpay: Client, start: str, ways: list[str]
):
    await razorpay.quirk(payout_starts=start, payout_seconds=None)
    made = await payout(razorpay)
    assert (made["status"], made["fees"], made["utr"]) == (start, 0, None)
    for status in ways:
        moved = await razorpay.post(f"/__sandbox/payouts/{made['id']}/move", {"status": status})
        assert moved["status"] == status


@pytest.mark.parametrize(("start", "never"), [("pending", "processed"), ("scheduled", "rejected")])
async def test_a_payout_that_has_not_begun_skips_nothing(razorpay: Client, start: str, never: str):
    await razorpay.quirk(payout_starts=start)
    made = await payout(razorpay)
    await razorpay.refusal(f"/__sandbox/payouts/{made['id']}/move", {"status": never})


async def test_a_payout_waiting_for_approval_is_told_and_so_is_its_rejection(razorpay: Client, shop: Shop):
    await razorpay.quirk(payout_starts="pending")
    made = await payout(razorpay, purpose="custom")
    await razorpay.post(f"/__sandbox/payouts/{made['id']}/move", {"status": "rejected"})
    await razorpay.wait(DAY)
    await razorpay.deliver()
    assert sorted(shop.events) == ["payout.pending", "payout.rejected"]
