"""What Asha may do with what she posted, and what must fit together in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from stoory.actor import Actor, Role
from stoory.errors import Conflict, Invalid, NotFound
from stoory.money import Money
from stoory.postings.rules import (
    CLOSED,
    TRANSITIONS,
    Kind,
    Posting,
    Status,
    changed,
    check_fields,
    check_removal,
    followed,
    require_owner,
    takes_applications,
)
from stoory.postings.search import Sort, in_order, place

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ASHA = Actor(uuid4(), Role.BRAND_OWNER, uuid4())
KABIR = Actor(uuid4(), Role.BRAND_OWNER, uuid4())
OM = Actor(uuid4(), Role.ADMIN, uuid4())


def posting(**fields: Any) -> Posting:
    """Return Asha's bid, or whatever the fields make of it."""
    bid: dict[str, Any] = {
        "kind": Kind.BID,
        "id": uuid4(),
        "title": "Quick Video Promotion",
        "min_budget": Money.rupees(3000),
        "max_budget": Money.rupees(8000),
        "status": Status.OPEN,
        "created_by": ASHA.id,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Posting(**bid | fields)


def campaign(**fields: Any) -> Posting:
    """Return Asha's campaign."""
    budget = fields.pop("budget", Money.rupees(10000))
    return posting(**{"kind": Kind.CAMPAIGN, "min_budget": budget, "max_budget": budget} | fields)


def wrong_fields(bad: Posting) -> list[str]:
    """Return the names of the fields that are refused."""
    with pytest.raises(Invalid) as refused:
        check_fields(bad)
    return [error.field for error in refused.value.errors]


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_a_status_moves_only_as_the_table_says(before: Status, after: Status):
    bid = posting(status=before)
    if after is before:
        assert changed(bid, {"status": after}, LATER) is bid
    elif after in TRANSITIONS[before]:
        assert changed(bid, {"status": after}, LATER).status is after
    else:
        with pytest.raises(Conflict) as refused:
            changed(bid, {"status": after}, LATER)
        assert refused.value.code == "invalid_transition"
        assert refused.value.extra == {"allowed": sorted(TRANSITIONS[before])}


def test_an_open_posting_can_be_started_or_cancelled_and_a_started_one_completed_or_cancelled():
    assert TRANSITIONS[Status.OPEN] == {"in_progress", "cancelled"}
    assert TRANSITIONS[Status.IN_PROGRESS] == {"completed", "cancelled"}
    assert {Status.COMPLETED, Status.CANCELLED} == CLOSED


def test_a_change_says_when_it_happened_and_leaves_the_rest_alone():
    bid = posting(description="Short")

    after = changed(bid, {"title": "Long Video Promotion"}, LATER)

    assert (after.title, after.updated_at) == ("Long Video Promotion", LATER)
    assert (after.description, after.created_at, after.id) == ("Short", NOW, bid.id)


def test_what_is_already_so_is_no_change():
    bid = posting(deliverables=["One reel"])
    same = {
        "title": bid.title,
        "max_budget": Money.rupees(8000),
        "status": "open",
        "deliverables": ["One reel"],
    }

    assert changed(bid, same, LATER) is bid


@pytest.mark.parametrize("status", sorted(CLOSED))
def test_nothing_of_a_closed_posting_changes_any_more(status: Status):
    bid = posting(status=status)

    with pytest.raises(Conflict) as refused:
        changed(bid, {"title": "Too late"}, LATER)

    assert refused.value.code == "closed"
    assert changed(bid, {"title": bid.title, "status": status}, LATER) is bid


def test_a_closed_posting_that_shall_open_again_is_told_where_it_may_go():
    with pytest.raises(Conflict) as refused:
        changed(posting(status=Status.COMPLETED), {"status": Status.OPEN, "title": "Again"}, LATER)

    assert (refused.value.code, refused.value.extra) == ("invalid_transition", {"allowed": []})


def test_a_bid_names_both_bounds_when_they_cross():
    bid = posting()

    with pytest.raises(Invalid) as refused:
        changed(bid, {"min_budget": Money.rupees(9000)}, LATER)

    assert [error.field for error in refused.value.errors] == ["min_budget", "max_budget"]
    assert changed(bid, {"min_budget": Money.rupees(8000)}, LATER).min_budget == Money.rupees(8000)


def test_every_field_that_does_not_fit_is_named():
    bad = posting(
        min_budget=Money(99),
        max_budget=Money(50),
        starts_at=LATER,
        ends_at=NOW,
        image_url="http://example.org/a.png",
    )

    assert wrong_fields(bad) == [
        "min_budget",
        "max_budget",
        "min_budget",
        "max_budget",
        "ends_at",
        "image_url",
    ]


def test_a_campaigns_budget_is_called_budget():
    assert wrong_fields(campaign(budget=Money(99))) == ["budget"]
    check_fields(campaign(budget=Money(100)))


def test_a_posting_ends_after_it_starts():
    assert wrong_fields(posting(starts_at=NOW, ends_at=NOW)) == ["ends_at"]
    check_fields(posting(starts_at=NOW, ends_at=LATER))
    check_fields(posting(starts_at=NOW))
    check_fields(posting(ends_at=NOW))


@pytest.mark.parametrize(
    "link", ["http://example.org/a", "javascript:alert(1)", "data:text/html,x", "https://", "x"]
)
def test_an_image_is_an_https_address(link: str):
    assert wrong_fields(posting(image_url=link)) == ["image_url"]
    check_fields(posting(image_url="https://example.org/a.png"))


def test_only_an_open_posting_whose_end_is_to_come_takes_applications():
    assert takes_applications(posting(), NOW)
    assert takes_applications(posting(ends_at=LATER), NOW)
    assert not takes_applications(posting(ends_at=NOW), NOW)
    for status in set(Status) - {Status.OPEN}:
        assert not takes_applications(posting(status=status), NOW)


def test_a_posting_follows_its_deals_until_it_is_closed():
    hired = followed(posting(), Status.IN_PROGRESS, LATER)
    assert (hired.status, hired.updated_at) == (Status.IN_PROGRESS, LATER)
    assert followed(hired, Status.IN_PROGRESS, LATER) is hired
    assert followed(posting(), Status.COMPLETED, LATER).status is Status.COMPLETED

    cancelled = posting(status=Status.CANCELLED)
    assert followed(cancelled, Status.COMPLETED, LATER) is cancelled


def test_a_deal_of_a_bid_lies_in_its_range_and_one_of_a_campaign_below_its_budget():
    assert (posting().min_amount, posting().max_amount) == (Money.rupees(3000), Money.rupees(8000))
    assert (campaign().min_amount, campaign().max_amount) == (Money.rupees(1), Money.rupees(10000))


def test_a_posting_belongs_to_asha_and_to_operators_and_to_kabir_it_does_not_exist():
    require_owner(posting(), ASHA)
    require_owner(posting(), OM)
    with pytest.raises(NotFound):
        require_owner(posting(), KABIR)


def test_what_somebody_applied_to_is_not_deleted():
    check_removal(posting(), has_applications=False)
    with pytest.raises(Conflict) as refused:
        check_removal(posting(), has_applications=True)
    assert refused.value.code == "has_applications"


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.NEWEST, "cba"),
        (Sort.OLDEST, "abc"),
        (Sort.BUDGET_HIGH, "cab"),
        (Sort.BUDGET_LOW, "bac"),
    ],
)
def test_between_equals_the_id_decides_in_the_direction_of_the_order(sort: Sort, order: str):
    """B is as new as C, A costs as much as C; their ids are in the order of the alphabet."""
    a = posting(id=UUID(int=1), created_at=NOW, max_budget=Money.rupees(9000))
    b = posting(id=UUID(int=2), created_at=LATER, max_budget=Money.rupees(8000))
    c = posting(id=UUID(int=3), created_at=LATER, max_budget=Money.rupees(9000))

    names = {a.id: "a", b.id: "b", c.id: "c"}

    assert "".join(names[each.id] for each in in_order([b, c, a], sort)) == order


def test_a_place_holds_the_keys_of_every_order():
    bid = posting(max_budget=Money.rupees("8000.50"))

    assert place(bid) == (NOW, 800050, bid.id)
