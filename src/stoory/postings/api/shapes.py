"""Campaigns and bids on the wire: the bodies that are read, the answers that are given."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, TypeVar
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from stoory.actor import Actor, Role
from stoory.money import Money
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body, given
from stoory.platform.http.pages import Pagination
from stoory.postings.rules import MyRequest, Posting, Status

Title = Annotated[
    str, Meta(min_length=1, max_length=255, pattern=r"\S", description="a text that is not blank")
]
Text = Annotated[str, Meta(max_length=5000)]
Word = Annotated[str, Meta(min_length=1, max_length=50)]
Instant = Annotated[datetime, Meta(tz=True)]
Link = Annotated[str, Meta(max_length=2000, description="an https address")]
Deliverables = Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=20)]
Followers = Annotated[int, Meta(ge=0, le=2_000_000_000)]

READ_ONLY: Final = frozenset(
    {"id", "created_by", "created_at", "updated_at", "applications_count", "my_request"}
)

CAMPAIGN: Final[dict[str, Any]] = {
    "title": "Summer Campaign 2024",
    "description": "Promote our summer collection",
    "budget": 10000,
    "requirements": "Instagram posts, Stories",
    "language": "English",
    "platform": "Instagram",
    "content_type": "posts",
    "category": "fashion",
}
BID: Final[dict[str, Any]] = {
    "title": "Quick Video Promotion",
    "description": "Create short promotional videos",
    "min_budget": 3000,
    "max_budget": 8000,
    "requirements": "15-30 second videos",
    "language": "English",
    "platform": "TikTok",
    "content_type": "videos",
    "category": "marketing",
}


class Draft(Body, kw_only=True):
    """What every posting may say of itself."""

    description: Text | UnsetType | None = UNSET
    requirements: Text | UnsetType | None = UNSET
    language: Word | UnsetType | None = UNSET
    platform: Word | UnsetType | None = UNSET
    content_type: Word | UnsetType | None = UNSET
    category: Word | UnsetType | None = UNSET
    starts_at: Instant | UnsetType | None = UNSET
    ends_at: Instant | UnsetType | None = UNSET
    image_url: Link | UnsetType | None = UNSET
    deliverables: Deliverables | UnsetType = UNSET
    min_followers: Followers | UnsetType | None = UNSET
    usage_rights: Text | UnsetType | None = UNSET
    disclosure_required: bool | UnsetType = UNSET

    def fields(self) -> dict[str, Any]:
        """Return what was sent, as fields of a posting: one budget stands in both its bounds."""
        fields = given(self)
        if "budget" in fields:
            fields["min_budget"] = fields["max_budget"] = fields.pop("budget")
        return fields


class NewCampaign(Draft, kw_only=True):
    """A campaign to be posted. Amounts are rupees, at least 1."""

    READ_ONLY: ClassVar = READ_ONLY | {"status"}
    EXAMPLE: ClassVar = CAMPAIGN

    title: Title
    budget: Money


class NewBid(Draft, kw_only=True):
    """A bid to be posted. Amounts are rupees, at least 1."""

    READ_ONLY: ClassVar = READ_ONLY | {"status"}
    EXAMPLE: ClassVar = BID

    title: Title
    min_budget: Money
    max_budget: Money


class CampaignChange(Draft, kw_only=True):
    """What of a campaign is to change; what is left out stays."""

    READ_ONLY: ClassVar = READ_ONLY
    EXAMPLE: ClassVar = {"budget": 12000, "status": "in_progress"}

    title: Title | UnsetType = UNSET
    budget: Money | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class BidChange(Draft, kw_only=True):
    """What of a bid is to change; what is left out stays."""

    READ_ONLY: ClassVar = READ_ONLY
    EXAMPLE: ClassVar = {"max_budget": 9000, "status": "in_progress"}

    title: Title | UnsetType = UNSET
    min_budget: Money | UnsetType = UNSET
    max_budget: Money | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class Shown(Struct, kw_only=True):
    """What every posting shows. `applications_count` is for its owner and operators, `my_request` for influencers."""

    id: UUID
    title: str
    description: str | None
    status: Status
    requirements: str | None
    language: str | None
    platform: str | None
    content_type: str | None
    category: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    image_url: str | None
    deliverables: list[str]
    min_followers: int | None
    usage_rights: str | None
    disclosure_required: bool
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    applications_count: int | UnsetType = UNSET
    my_request: MyRequest | UnsetType | None = UNSET


class Campaign(Shown, kw_only=True):
    """A campaign: one budget for all its deals."""

    budget: Money


class Bid(Shown, kw_only=True):
    """A bid: the range in which its deal may lie."""

    min_budget: Money
    max_budget: Money


S = TypeVar("S", bound=Shown)


def shown(shape: type[S], posting: Posting, actor: Actor) -> S:
    """Return a posting as that person sees it."""
    fields: dict[str, Any] = asdict(posting) | {"budget": posting.max_budget}
    del fields["applications_count" if actor.role is Role.INFLUENCER else "my_request"]
    return shape(**{name: fields[name] for name in shape.__struct_fields__ if name in fields})


class CampaignAnswer(Answer, kw_only=True):
    """One campaign."""

    campaign: Campaign


class CampaignsAnswer(Answer, kw_only=True):
    """A page of campaigns."""

    campaigns: list[Campaign]
    pagination: Pagination


class BidAnswer(Answer, kw_only=True):
    """One bid."""

    bid: Bid


class BidsAnswer(Answer, kw_only=True):
    """A page of bids."""

    bids: list[Bid]
    pagination: Pagination
