"""How a test gets Ravi's money on its way to him, by hand or through RazorpayX, and what it looks at there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx

from stoory.platform.razorpay import Razorpay
from tests.money import Json, Market, pressed, submitted
from tests.world import PASSWORD

Client = httpx.AsyncClient

ACCOUNT: Final = {"type": "vpa", "name": "Ravi Kumar", "vpa": "ravi@okaxis", "password": PASSWORD}

NUMBER: Final = "2323230041626905"
"""RazorpayX's number of the account payouts are made from."""
QUARTER: Final = 20 * 60
"""Longer than the reconciler lets a payout be, in seconds."""
A_WHILE: Final = 300
"""As long as RazorpayX takes to pay, in seconds: far longer than a test, however busy the machine is."""

READY: Final = {"held": 0, "available": 4500, "in_transit": 0, "paid_out": 0}
LEFT: Final = {"held": 0, "available": 0, "in_transit": 4500, "paid_out": 0}
ARRIVED: Final = {"held": 0, "available": 0, "in_transit": 0, "paid_out": 4500}


@contextmanager
def paying(market: Market) -> Iterator[Razorpay]:
    """Return Razorpay with an account that payouts are made from, as the whole house has it meanwhile."""
    gateway = market.world.app.gateway
    gateway.account_number = NUMBER
    try:
        yield gateway
    finally:
        gateway.account_number = None


async def earned(market: Market, amount: float = 5000) -> None:
    """Let Ravi earn that amount less ten per cent."""
    request, _ = await submitted(market.asha, market.ravi, market.till, amount)
    await pressed(market.asha, request, "approve_work")


async def requested(ravi: Client, amount: float = 4500) -> dict[str, Any]:
    """Let Ravi say where, and ask for his money."""
    assert (await ravi.post("/api/wallet/payout-account", json=ACCOUNT)).status_code == 201
    answer = await ravi.post("/api/wallet/payouts", json={"amount": amount})
    assert answer.status_code == 201, answer.text
    return answer.json()["payout"]


async def wallet(ravi: Client) -> dict[str, float]:
    """Return Ravi's wallet."""
    return (await ravi.get("/api/wallet")).json()["wallet"]


async def asked_for(market: Market) -> Json:
    """Let Ravi earn and ask for 4,500; nobody has been asked to pay yet."""
    await market.till.quirk(payout_seconds=A_WHILE)
    await earned(market)
    return await requested(market.ravi)


async def sent(market: Market) -> Json:
    """Let RazorpayX be asked to pay Ravi, and return how it knows the payout."""
    await asked_for(market)
    await market.world.do_jobs()
    [made] = await at_razorpayx(market)
    return made


async def at_razorpayx(market: Market) -> list[Json]:
    """Return every payout RazorpayX has."""
    return await market.till.everything("payouts", account_number=NUMBER)


async def mine(market: Market) -> Json:
    """Return Ravi's only payout."""
    [payout] = (await market.ravi.get("/api/wallet/payouts")).json()["payouts"]
    return payout


async def tell(market: Market, event: str, payout: Json, **otherwise: Any) -> None:
    """Let RazorpayX tell that a payout has become something."""
    entity = {**payout, "status": event, "utr": "UTR42", **otherwise}
    await market.send(market.till.event(f"payout.{event}", payout=entity))


async def oddities(market: Market) -> list[str]:
    """Return what waits for Om, by kind."""
    return [each["kind"] for each in (await market.om.get("/api/admin/quarantine")).json()["quarantine"]]


async def looked_into(market: Market) -> None:
    """Let Om look into everything that waits for him."""
    for each in (await market.om.get("/api/admin/quarantine")).json()["quarantine"]:
        path = f"/api/admin/quarantine/{each['id']}/resolve"
        assert (await market.om.post(path, json={"note": "Seen"})).status_code == 200


async def by_hand(market: Market, payout_id: str, way: str) -> httpx.Response:
    """Let Om record something of a payout, or take it over."""
    body = {"processed": {"reference": "UPI42"}, "take-over": None}.get(way, {"reason": "It did not arrive"})
    return await market.om.post(f"/api/admin/payouts/{payout_id}/{way}", json=body)
