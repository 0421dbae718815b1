"""Settlements: what Razorpay holds for the merchant goes to the merchant's bank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal


def settle(gateway: Gateway) -> Json:
    """Settle all since the last time: what was captured, less fees, refunds and what banks took back."""
    sales = list(_new(gateway, _captured(gateway)))
    returns = list(_new(gateway, _returned(gateway)))
    fees, tax = sum(sale["fee"] for sale in sales), sum(sale["tax"] for sale in sales)
    taken = sum(_taken_back(gateway, dispute) for dispute in gateway.store.newest("dispute"))
    net = sum(sale["amount"] for sale in sales) - fees - sum(each["amount"] for each in returns) - taken
    if net <= 0:
        raise Refusal("There is nothing to settle.")
    settlement: Json = {
        "id": gateway.new_id("settlement"),
        "entity": "settlement",
        "amount": net,
        "status": "processed",
        "fees": fees,
        "tax": tax,
        "utr": gateway.letters().upper(),
        "created_at": gateway.now,
    }
    gateway.store.add(settlement)
    for each in (*sales, *returns):
        _note(gateway, each, settlement_id=settlement["id"])
    for dispute in gateway.store.newest("dispute"):
        _note(gateway, dispute, settled=dispute["amount_deducted"])
    gateway.tell("settlement.processed", settlement=settlement)
    return settlement


def _captured(gateway: Gateway) -> Iterator[Json]:
    return (payment for payment in gateway.store.newest("payment") if payment["captured"])


def _returned(gateway: Gateway) -> Iterator[Json]:
    """Yield refunds that arrived; what was never captured was never held."""
    for refund in gateway.store.newest("refund"):
        if refund["status"] == "processed" and gateway.find("payment", refund["payment_id"])["captured"]:
            yield refund


def _new(gateway: Gateway, entities: Iterable[Json]) -> Iterator[Json]:
    return (each for each in entities if "settlement_id" not in gateway.store.terms(each["id"]))


def _taken_back(gateway: Gateway, dispute: Json) -> int:
    """Return what a dispute took since the last settlement; less than nothing when it was won since."""
    return dispute["amount_deducted"] - gateway.store.terms(dispute["id"]).get("settled", 0)


def _note(gateway: Gateway, entity: Json, **terms: str | int) -> None:
    gateway.store.set_terms(entity["id"], {**gateway.store.terms(entity["id"]), **terms})
