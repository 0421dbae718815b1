"""The two addresses of postings, for tests that hold for both, and postings laid behind the walls."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from msgspec import Struct

from stoory.postings.rules import Kind
from tests.world import ASHA, SUMMER_CAMPAIGN, VIDEO_BID, Person

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Address(Struct, frozen=True):
    """Where one kind of posting lives and what it is called there."""

    kind: Kind
    url: str
    one: str
    many: str
    known: UUID
    """Asha's, of db/world.sql."""
    example: dict[str, Any]
    """As the guide prints it: section 2.2 or 3.2."""

    def budget(self, amount: float) -> dict[str, float]:
        """Return the fields that make its budget that amount."""
        return (
            {"budget": amount} if self.kind is Kind.CAMPAIGN else {"min_budget": amount, "max_budget": amount}
        )

    def __str__(self) -> str:
        return self.many


CAMPAIGNS: Final = Address(
    Kind.CAMPAIGN,
    "/api/campaigns",
    "campaign",
    "campaigns",
    SUMMER_CAMPAIGN,
    {
        "id": "campaign_uuid",
        "title": "Summer Campaign 2024",
        "description": "Promote our summer collection",
        "budget": 10000,
        "status": "open",
        "requirements": "Instagram posts, Stories",
        "language": "English",
        "platform": "Instagram",
        "content_type": "posts",
        "category": "fashion",
        "created_by": "brand_owner_uuid",
        "created_at": "2024-01-15T10:30:00Z",
    },
)
BIDS: Final = Address(
    Kind.BID,
    "/api/bids",
    "bid",
    "bids",
    VIDEO_BID,
    {
        "id": "bid_uuid",
        "title": "Quick Video Promotion",
        "description": "Create short promotional videos",
        "min_budget": 3000,
        "max_budget": 8000,
        "status": "open",
        "requirements": "15-30 second videos",
        "language": "English",
        "platform": "TikTok",
        "content_type": "videos",
        "category": "marketing",
        "created_by": "brand_owner_uuid",
        "created_at": "2024-01-15T10:30:00Z",
    },
)
BOTH: Final = (CAMPAIGNS, BIDS)

for_both = pytest.mark.parametrize("at", BOTH, ids=str)


async def posted(client: httpx.AsyncClient, at: Address, **fields: Any) -> dict[str, Any]:
    """Post the guide's example with other fields, and return what was answered."""
    answer = await client.post(at.url, json=at.example | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()[at.one]


async def lay(
    superuser: Superuser,
    at: Address,
    *,
    by: Person = ASHA,
    created_at: datetime | None = None,
    budget: tuple[int, int] = (3000, 8000),
    **columns: Any,
) -> UUID:
    """Write a posting behind the walls, as old and as far along as nobody could make it, and return its id."""
    low, high = budget
    written: dict[str, Any] = {"id": uuid4(), "title": "A posting", "created_by": by.id} | columns
    written |= {"budget": high} if at.kind is Kind.CAMPAIGN else {"min_budget": low, "max_budget": high}
    if created_at is not None:
        written |= {"created_at": created_at, "updated_at": created_at}
    places = ", ".join(f"${n}" for n in range(1, len(written) + 1))
    await superuser.execute(
        f"insert into {at.many} ({', '.join(written)}) values ({places})", *written.values()
    )
    return written["id"]


async def apply(superuser: Superuser, at: Address, posting_id: UUID, person: Person, **columns: Any) -> UUID:
    """Write an application behind the walls, without a deal, and return its id."""
    request_id = uuid4()
    status = columns.get("status", "pending")
    await superuser.execute(
        f"""
        insert into requests (id, {at.one}_id, influencer_id, brand_owner_id, proposed_amount, status, created_at)
        select $1, p.id, $3, p.created_by, 5000, $4, coalesce($5, now()) from {at.many} p where p.id = $2
        """,
        request_id,
        posting_id,
        person.id,
        status,
        columns.get("created_at"),
    )
    return request_id


async def titles(client: httpx.AsyncClient, at: Address, **query: Any) -> list[str]:
    """Return the titles on the first page of a list."""
    answer = await client.get(at.url, params=query)
    assert answer.status_code == 200, answer.text
    return [row["title"] for row in answer.json()[at.many]]


async def clear(superuser: Superuser) -> None:
    """Take every posting out of the world."""
    await superuser.execute("delete from requests; delete from bids; delete from campaigns")
