"""What a plan allows, and which one would allow more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoory.errors import PlanLimit
from stoory.plans.rules import (
    LIMITS,
    REACHED,
    Feature,
    Plan,
    PlanName,
    allows,
    limit_of,
    require,
    upgrade_for,
)


def plan(name: PlanName, *, most: int | None, features: tuple[str, ...] = ()) -> Plan:
    return Plan(
        plan=name,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        name=name.title(),
        monthly_paise=0,
        yearly_paise=0,
        commission_bp=1000,
        max_open_postings=most,
        max_live_applications=most,
        requests_per_minute=100,
        features=list(features),
    )


BASIC = plan("basic", most=3)
PREMIUM = plan("premium", most=None, features=("analytics",))
ENTERPRISE = plan("enterprise", most=None, features=("analytics", "priority_support"))
OFFERED = [BASIC, PREMIUM, ENTERPRISE]


@given(st.integers(0, 50), st.integers(0, 50))
def test_a_plan_allows_as_many_as_it_says_and_not_one_more(most: int, used: int) -> None:
    assert allows(plan("basic", most=most), Feature.OPEN_POSTINGS, used) is (used < most)
    assert allows(plan("basic", most=None), Feature.LIVE_APPLICATIONS, used)


def test_some_have_a_feature_and_some_do_not() -> None:
    assert [allows(each, Feature.ANALYTICS) for each in OFFERED] == [False, True, True]
    assert [allows(each, Feature.PRIORITY_SUPPORT) for each in OFFERED] == [False, False, True]
    assert [limit_of(each, Feature.PRIORITY_SUPPORT) for each in OFFERED] == [0, 0, None]


def test_the_least_plan_that_helps_is_named() -> None:
    assert upgrade_for(BASIC, OFFERED, Feature.OPEN_POSTINGS, 3) == "premium"
    assert upgrade_for(BASIC, OFFERED, Feature.PRIORITY_SUPPORT, 0) == "enterprise"
    small = [BASIC, plan("premium", most=5), plan("enterprise", most=10)]
    assert upgrade_for(BASIC, small, Feature.OPEN_POSTINGS, 7) == "enterprise"
    assert upgrade_for(BASIC, small, Feature.OPEN_POSTINGS, 10) is None
    assert upgrade_for(ENTERPRISE, OFFERED, Feature.OPEN_POSTINGS, 10) is None


def test_who_is_refused_is_told_how_much_there_is_and_what_helps() -> None:
    with pytest.raises(PlanLimit) as refused:
        require(BASIC, OFFERED, Feature.OPEN_POSTINGS, 3)

    assert refused.value.extra == {"limit": 3, "used": 3, "plan": "basic", "upgrade_to": "premium"}
    assert refused.value.message == "Your plan, Basic, allows 3 open campaigns and bids at a time."


def test_every_feature_is_counted_by_a_plan_or_told_of_when_it_is_missing() -> None:
    assert {*LIMITS, *REACHED} == {*Feature}
