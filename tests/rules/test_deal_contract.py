"""The contract says what was agreed, and its hash is of exactly that."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from stoory.actor import Role
from stoory.deals.contract import Contract, accepted, clauses, contract, facts
from stoory.deals.deal import Deal
from tests.rules import bargain
from tests.rules.bargain import NOON, rs

DEAL: Deal = bargain.accepted().deal


def drawn(deal: Deal = DEAL) -> Contract:
    return contract(deal, request_id=UUID(int=9), brand="Asha", influencer="Ravi", at=NOON)


def said(agreed: Contract) -> str:
    return str(facts(agreed)) + str(clauses(agreed))


def other_offer(**changes: Any) -> Deal:
    *before, last = DEAL.offers
    return structs.replace(DEAL, offers=(*before, structs.replace(last, **changes)))


def other_terms(**changes: Any) -> Deal:
    return structs.replace(DEAL, terms=structs.replace(DEAL.terms, **changes))


def test_anybody_can_work_the_hash_out_again():
    agreed = drawn()
    canonical = json.dumps(
        json.loads(agreed.accepted), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )

    assert canonical == agreed.accepted
    assert agreed.hash == sha256(canonical.encode()).hexdigest()


def test_the_same_deal_has_the_same_hash_whatever_came_after():
    later = structs.replace(DEAL, seq=99, paid=rs(5000), funded_at=NOON)

    assert drawn(later).hash == drawn().hash


@pytest.mark.parametrize(
    "deal",
    [
        other_offer(n=6),
        other_offer(amount=rs("4999.99")),
        other_offer(
            by_role=Role.BRAND_OWNER if DEAL.offers[-1].by_role is Role.INFLUENCER else Role.INFLUENCER
        ),
        other_offer(deliver_by=NOON.date()),
        other_offer(reasoning="Because"),
        other_offer(at=NOON.replace(microsecond=1)),
        other_terms(title="Another"),
        other_terms(review_days=15),
        other_terms(usage_rights="Everything, for ever"),
        other_terms(disclosure_required=True),
        other_terms(deliverables=("One more video",)),
        other_terms(process_version=2),
        structs.replace(DEAL, agreed_amount=rs(1)),
    ],
)
def test_any_other_agreement_has_another_hash(deal: Deal):
    assert drawn(deal).hash != drawn().hash


def test_the_commission_is_in_no_word_of_it():
    agreed = drawn(other_terms(commission_bp=1234))

    assert agreed == drawn()
    assert b"commission" not in accepted(DEAL)
    assert "ommission" not in said(agreed)


def test_everything_that_was_agreed_can_be_read():
    deal = other_terms(
        deliverables=("Two reels", "One story"),
        usage_rights="A year on Instagram",
        disclosure_required=True,
        review_days=9,
        deliver_by=NOON.date(),
    )
    words = said(drawn(deal))

    for each in ("Asha", "Ravi", "₹5,000", "2026-03-02", "Two reels", "One story", "A year on Instagram"):
        assert each in words
    assert "within 9 days" in words
    assert "for changes 3 times" in words
    assert "paid advertising" in words
    assert "paid advertising" not in said(drawn())
