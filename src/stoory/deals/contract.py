"""The contract of a funded deal: what was agreed, in plain words, and a fingerprint of the accepted offer."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from stoory.deals import archive
from stoory.deals.amounts import rupees
from stoory.deals.deal import MAX_CHANGE_REQUESTS, Deal
from stoory.deals.timers import DELIVERY_GRACE, DELIVERY_TTL


class Contract(Struct, frozen=True, kw_only=True):
    """What a contract says: kept as data, so that it can be set again, and checked."""

    request_id: UUID
    brand: str
    influencer: str
    title: str
    kind: str
    amount: str
    deliver_by: str
    deliverables: list[str]
    usage_rights: str | None
    disclosure_required: bool
    review_days: int
    process_version: int
    funded_at: datetime
    accepted: str
    """What was accepted, as `accepted` writes it."""
    hash: str
    """SHA-256 of `accepted`, in hexadecimal."""


def accepted(deal: Deal) -> bytes:
    """Return the accepted offer and the terms as canonical JSON: keys in order, no spaces, amounts in rupees, UTF-8.

    The commission is left out: it is between the influencer and the platform, and both sides get the same contract.
    """
    said = archive.plain(
        {
            "agreed_amount": deal.agreed_amount,
            "deliver_by": deal.deliver_by,
            "offer": deal.offers[-1],
            "terms": deal.terms,
        }
    )
    del said["terms"]["commission_bp"]
    return _canonical.encode(said)


def fingerprint(written: bytes) -> str:
    """Return the SHA-256 of what was accepted, as anybody can work it out again."""
    return hashlib.sha256(written).hexdigest()


def contract(deal: Deal, *, request_id: UUID, brand: str, influencer: str, at: datetime) -> Contract:
    """Return the contract of a deal that has just been funded."""
    terms, written = deal.terms, accepted(deal)
    return Contract(
        request_id=request_id,
        brand=brand,
        influencer=influencer,
        title=terms.title,
        kind=terms.kind,
        amount=rupees(deal.agreed_amount or deal.amount),
        deliver_by=str(deal.deliver_by) if deal.deliver_by else "no day was agreed",
        deliverables=list(terms.deliverables),
        usage_rights=terms.usage_rights,
        disclosure_required=terms.disclosure_required,
        review_days=terms.review_days,
        process_version=terms.process_version,
        funded_at=at,
        accepted=written.decode(),
        hash=fingerprint(written),
    )


def facts(agreed: Contract) -> list[tuple[str, str]]:
    """Return what stands at the top of the contract."""
    return [
        ("Brand", agreed.brand),
        ("Influencer", agreed.influencer),
        (agreed.kind.capitalize(), agreed.title),
        ("Amount", agreed.amount),
        ("To be delivered by", agreed.deliver_by),
        ("Paid into escrow", f"{agreed.funded_at:%d %B %Y, %H:%M} UTC"),
    ]


def clauses(agreed: Contract) -> list[tuple[str, list[str]]]:
    """Return the clauses, heading and paragraphs: the process, in plain words."""
    disclosed = "The influencer says clearly that the content is paid advertising, as the law demands."
    rights = agreed.usage_rights or "The brand may use the work for the campaign it was made for."
    late = (
        f"{DELIVERY_GRACE.days} days after the day of delivery,"
        f" or {DELIVERY_TTL.days} days after payment if none was agreed"
    )
    return [
        ("The work", agreed.deliverables or ["As described in the posting and agreed in the conversation."]),
        ("Rights", [rights, disclosed if agreed.disclosure_required else "No disclosure was agreed."]),
        (
            "The money",
            [
                f"The brand has paid {agreed.amount}. It is held in escrow until the brand approves the work.",
                f"The brand reviews submitted work within {agreed.review_days} days; after that it counts as approved.",
                f"The brand may ask for changes {MAX_CHANGE_REQUESTS} times.",
                f"Work that does not come within {late} is paid back in full.",
            ],
        ),
        (
            "Ending it",
            [
                "The influencer may give up before delivery; all that is held goes back to the brand.",
                "Either side may propose to cancel and how to divide what is held; the other side decides.",
                "Either side may open a dispute. An operator hears both and divides what is held.",
            ],
        ),
    ]


_canonical: Final = msgspec.json.Encoder(order="sorted", decimal_format="number")
