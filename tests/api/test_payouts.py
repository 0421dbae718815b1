"""An influencer's wallet and payouts: what is released is hers, goes where she says, or comes back."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import httpx
import pytest

from stoory.payouts.actions import name_account
from stoory.payouts.rules import AccountType, Destination
from tests.money import Market, balances, pressed, submitted
from tests.payouts import ACCOUNT, earned, requested, wallet
from tests.world import PASSWORD, RAVI

Client = httpx.AsyncClient

BANK: Final = {
    "type": "bank_account",
    "name": "Ravi Kumar",
    "ifsc": "HDFC0000001",
    "account_number": "12345678901234",
    "password": PASSWORD,
}


async def test_what_is_approved_is_available_less_the_commission(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    before = await wallet(market.ravi)

    await pressed(market.asha, request, "approve_work")

    assert before == {"held": 5000, "available": 0, "in_transit": 0, "paid_out": 0}
    assert await wallet(market.ravi) == {"held": 0, "available": 4500, "in_transit": 0, "paid_out": 0}
    kept = await balances(market.om)
    assert (kept["commission"], kept[f"influencer:{RAVI.id}"]) == (-500, -4500)
    [line] = (await market.ravi.get("/api/wallet/entries")).json()["entries"]
    assert (line["kind"], line["amount"], line["balance_after"]) == ("settled_escrow", 4500, 4500)


async def test_an_operator_sees_that_a_payout_is_his_to_make(market: Market) -> None:
    await earned(market)
    payout = await requested(market.ravi)

    [shown] = (await market.om.get("/api/admin/payouts")).json()["payouts"]
    again = await market.om.post(f"/api/admin/payouts/{payout['id']}/take-over")

    assert shown["method"] == "manual"
    assert (again.status_code, again.json()["code"]) == (409, "already_manual")


async def test_a_payout_paid_by_hand_is_recorded_with_its_reference(market: Market) -> None:
    await earned(market)
    payout = await requested(market.ravi)
    on_its_way = await wallet(market.ravi)

    shown = (await market.om.get(f"/api/admin/payouts/{payout['id']}")).json()
    done = await market.om.post(f"/api/admin/payouts/{payout['id']}/processed", json={"reference": "UPI42"})

    assert on_its_way == {"held": 0, "available": 0, "in_transit": 4500, "paid_out": 0}
    assert shown["destination"]["vpa"] == "ravi@okaxis"
    assert (done.json()["payout"]["status"], done.json()["payout"]["reference"]) == ("processed", "UPI42")
    assert await wallet(market.ravi) == {"held": 0, "available": 0, "in_transit": 0, "paid_out": 4500}
    assert (await balances(market.om))["bank"] == -4500


@pytest.mark.parametrize("ways", [["failed"], ["processed", "reversed"]])
async def test_a_payout_that_does_not_arrive_is_in_the_wallet_again(market: Market, ways: list[str]) -> None:
    await earned(market)
    payout = await requested(market.ravi)

    reason = {"reason": "The account is closed"}
    for way in ways:
        body = {"reference": "UPI42"} if way == "processed" else reason
        answer = await market.om.post(f"/api/admin/payouts/{payout['id']}/{way}", json=body)
        assert answer.status_code == 200, answer.text

    assert (await wallet(market.ravi))["available"] == 4500
    again = await market.om.post(f"/api/admin/payouts/{payout['id']}/{ways[-1]}", json=reason)
    assert again.status_code == 409


async def test_of_fifty_requests_at_once_for_everything_one_is_granted(market: Market) -> None:
    await earned(market)
    await market.ravi.post("/api/wallet/payout-account", json=ACCOUNT)

    answers = await asyncio.gather(
        *(market.ravi.post("/api/wallet/payouts", json={"amount": 4500}) for _ in range(50))
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "insufficient_funds"
    }


async def test_of_two_requests_at_once_that_are_more_than_there_is_one_is_granted(market: Market) -> None:
    await earned(market)
    await market.ravi.post("/api/wallet/payout-account", json=ACCOUNT)

    answers = await asyncio.gather(
        *(market.ravi.post("/api/wallet/payouts", json={"amount": amount}) for amount in (3000, 2500))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert sum((await wallet(market.ravi)).values()) == 4500


@pytest.mark.parametrize(("amount", "status"), [(4500.01, 409), (0.99, 422), (0, 422), (4500, 201), (1, 201)])
async def test_a_payout_is_a_rupee_at_least_and_all_there_is_at_most(
    market: Market, amount: float, status: int
) -> None:
    await earned(market)
    await market.ravi.post("/api/wallet/payout-account", json=ACCOUNT)

    assert (await market.ravi.post("/api/wallet/payouts", json={"amount": amount})).status_code == status


async def test_without_an_account_nothing_is_paid(market: Market) -> None:
    await earned(market)

    answer = await market.ravi.post("/api/wallet/payouts", json={"amount": 100})

    assert (answer.status_code, answer.json()["code"]) == (409, "no_payout_account")


async def test_a_changed_account_waits_a_day_and_the_first_does_not(market: Market) -> None:
    await earned(market)
    await requested(market.ravi, 100)
    changed = await market.ravi.post("/api/wallet/payout-account", json=BANK)

    refused = await market.ravi.post("/api/wallet/payouts", json={"amount": 100})
    await market.world.pass_time(hours=24)
    granted = await market.ravi.post("/api/wallet/payouts", json={"amount": 100})

    assert changed.json()["payout_account"]["shown"] == "HDFC0000001 ****1234"
    assert (refused.status_code, refused.json()["code"]) == (409, "payout_account_on_hold")
    assert granted.status_code == 201


async def test_naming_the_same_account_again_changes_nothing(market: Market) -> None:
    await earned(market)
    await requested(market.ravi, 100)

    await market.ravi.post("/api/wallet/payout-account", json=ACCOUNT)

    assert (await market.ravi.post("/api/wallet/payouts", json={"amount": 100})).status_code == 201


async def test_of_two_accounts_named_at_once_the_one_confirmed_last_counts(market: Market) -> None:
    ravi = await market.world.sign_in(RAVI)
    first, last = (
        Destination(type=AccountType.VPA, name="Ravi Kumar", vpa=vpa)
        for vpa in ("ravi@okhdfc", "ravi@okaxis")
    )
    async with market.world.db.as_system("begins first, is held up") as slow:
        async with market.world.db.as_system("begins after it, and overtakes it") as quick:
            await name_account(quick, ravi, first)
        await name_account(slow, ravi, last)

    named = (await market.ravi.get("/api/wallet/payout-account")).json()["payout_account"]
    assert named["shown"] == last.shown


async def test_an_account_is_changed_only_with_the_password(ravi: Client) -> None:
    answer = await ravi.post("/api/wallet/payout-account", json={**ACCOUNT, "password": "not-my-password"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "password"
    assert (await ravi.get("/api/wallet/payout-account")).json()["payout_account"] is None


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"vpa": "ravi"}, ["vpa"]),
        ({"name": "R", "vpa": "r@"}, ["name", "vpa"]),
        ({"name": "Ravi\nKumar"}, ["name"]),
        ({"vpa": None}, ["vpa"]),
        ({"ifsc": "HDFC0000001"}, ["ifsc"]),
        (
            {"type": "bank_account", "vpa": None, "ifsc": "hdfc", "account_number": "12"},
            ["ifsc", "account_number"],
        ),
    ],
)
async def test_every_wrong_field_of_an_account_is_named(
    ravi: Client, changes: dict[str, Any], fields: list[str]
) -> None:
    answer = await ravi.post("/api/wallet/payout-account", json={**ACCOUNT, **changes})

    assert answer.status_code == 422
    assert sorted(error["field"] for error in answer.json()["errors"]) == sorted(fields)


async def test_the_full_account_is_in_no_notification(market: Market) -> None:
    await market.ravi.post("/api/wallet/payout-account", json=BANK)

    async with market.world.db.as_system("a test looks", readonly=True) as tx:
        told = await tx.value(str, "select coalesce(string_agg(data::text, ' '), '') from notifications")
    assert "HDFC0000001 ****1234" in told
    assert "12345678901234" not in told
