"""A subscription's clock comes to an end whatever happens, and no period is paid for twice or left out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stoory.errors import Conflict
from stoory.money import Balance
from stoory.subscriptions import clock, rules
from stoory.subscriptions.clock import PENDING_FOR, Step
from stoory.subscriptions.periods import Period
from stoory.subscriptions.subscription import (
    Chosen,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    Status,
    Subscription,
)
from tests.rules.test_plans import PREMIUM

NOW: Final = datetime(2027, 1, 31, 10, tzinfo=UTC)
DAY: Final = timedelta(days=1)
ID: Final = UUID(int=7)
MONTHLY: Final = Chosen("premium", Period.MONTHLY)


def invoice(kind: InvoiceKind, chosen: Chosen = MONTHLY) -> Invoice:
    """Return an open invoice."""
    whole = Balance(49900 * chosen.period.months)
    return Invoice(
        id=ID,
        subscription_id=ID,
        user_id=ID,
        kind=kind,
        status=InvoiceStatus.OPEN,
        plan=chosen.plan,
        plan_valid_from=PREMIUM.valid_from,
        plan_name=chosen.plan,
        period=chosen.period,
        price=whole,
        amount=whole,
        full_price=whole,
        created_at=NOW,
    )


def pay(subscription: Subscription, asked: Invoice, now: datetime) -> Subscription:
    """Return it once that is paid."""
    start, end = rules.span_of(subscription, asked, now)
    return rules.paid(subscription, replace(asked, starts_at=start, ends_at=end), now)


def active(now: datetime = NOW, chosen: Chosen = MONTHLY) -> Subscription:
    """Return a subscription that was paid for just now."""
    new = rules.pending(ID, ID, PREMIUM, chosen, now)
    return pay(new, invoice(InvoiceKind.START, chosen), now)


def renewal(subscription: Subscription) -> Invoice:
    """Return what asks for the next period."""
    start, end = rules.next_span(subscription)
    chosen = subscription.next_chosen
    assert chosen is not None
    return replace(invoice(InvoiceKind.RENEWAL, chosen), starts_at=start, ends_at=end)


def ticked(
    subscription: Subscription, waiting: Invoice | None, now: datetime
) -> tuple[Subscription, list[Step]]:
    """Return it once its clock has done all it has to do, and what that was."""
    steps: list[Step] = []
    while (step := clock.step(subscription, waiting, now)) is not None:
        steps.append(step)
        assert len(steps) < 20, steps
        match step:
            case Step.ASK:
                waiting = renewal(subscription)
                subscription = clock.asked(subscription, now)
            case Step.BEGIN_PREPAID:
                _, end = subscription.running
                chosen = subscription.chosen or MONTHLY
                prepaid = replace(
                    invoice(InvoiceKind.RENEWAL, chosen), starts_at=end, ends_at=subscription.paid_to
                )
                subscription = rules.period_begun(subscription, prepaid, now)
            case Step.FALL_DUE:
                subscription = clock.fallen_due(subscription, now)
            case Step.REMIND:
                subscription = clock.reminded(subscription, now)
            case Step.CANCEL | Step.EXPIRE:
                subscription = clock.run_out(subscription, now)
            case Step.WAIT:
                assert waiting is not None
                waits = clock.waiting_until(subscription, waiting)
                assert waits.due_at is not None
                assert waits.due_at > now
                return waits, steps
    return subscription, steps


def upgraded(subscription: Subscription, now: datetime) -> Subscription:
    """Return it on enterprise by the year, paid at once."""
    chosen = Chosen("enterprise", Period.YEARLY)
    rules.check_upgrade(subscription, chosen)
    return pay(rules.quoted(subscription, now), invoice(InvoiceKind.UPGRADE, chosen), now)


MOVES: Final[dict[str, Callable[[Subscription, datetime], Subscription]]] = {
    "wait": lambda subscription, _: subscription,
    "cancel": rules.cancelled_at_end,
    "cancel now": rules.cancelled,
    "resume": rules.resumed,
    "downgrade": lambda subscription, now: rules.downgraded(subscription, MONTHLY, now),
    "upgrade": upgraded,
}
"""What its owner does; whatever it is, what was asked for is not waited for any more."""

moves = st.lists(st.tuples(st.sampled_from([*MOVES, "pay"]), st.integers(0, 40 * 24)), max_size=25)
anchors = st.integers(0, 6 * 366 * 86_400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@settings(max_examples=50)
@given(anchors, moves)
def test_whatever_is_done_the_clock_waits_for_something_later_or_it_is_over(
    anchor: datetime, story: list[tuple[str, int]]
) -> None:
    subscription, now = active(anchor), anchor
    waiting: Invoice | None = None
    for move, hours in story:
        now += timedelta(hours=hours)
        subscription, steps = ticked(subscription, waiting, now)
        if Step.ASK in steps:
            waiting = renewal(subscription) if subscription.is_live else None
        before = subscription
        if move == "pay":
            if waiting is not None and rules.is_wanted(subscription, waiting, now):
                subscription, waiting = pay(subscription, waiting, now), None
        else:
            with suppress(Conflict):
                subscription, waiting = MOVES[move](subscription, now), None
        subscription, _ = ticked(subscription, waiting, now)
        check(before, subscription, now)


def check(before: Subscription, after: Subscription, now: datetime) -> None:
    """Raise AssertionError unless it makes sense."""
    if not after.is_live:
        assert (after.due_at, after.lapses_at) == (None, None)
        assert after.ended_at is not None
        return
    start, end = after.running
    assert start < end <= after.paid_to
    assert after.due_at is not None
    assert after.due_at > now
    assert after.lapses_at is None or after.lapses_at > now
    if after.status is Status.ACTIVE:
        assert now < end
    else:
        assert now >= end
        assert after.lapses_at is not None
    if before.is_live and before.period is after.period:
        assert before.running[0] <= start


@settings(max_examples=50)
@given(anchors, st.lists(st.integers(-3 * 24, 6 * 24), min_size=1, max_size=12))
def test_paid_early_or_late_periods_follow_one_another(anchor: datetime, hours: list[int]) -> None:
    subscription = active(anchor)
    for late in hours:
        _, end = subscription.running
        now = end + timedelta(hours=late)
        subscription, steps = ticked(subscription, None, now)
        assert steps[0] is Step.ASK
        assume(subscription.is_live)
        asked = renewal(subscription)
        assert rules.is_wanted(subscription, asked, now)
        subscription, _ = ticked(pay(subscription, asked, now), None, max(now, end))
        assert subscription.running[0] == end
        assert subscription.running[1] == rules.boundary(
            anchor, subscription.periods_begun + 1, Period.MONTHLY
        )


def test_it_is_asked_reminded_and_over_when_it_should_be() -> None:
    subscription, told = active(), list[tuple[Step, timedelta]]()
    _, end = subscription.running
    now = NOW
    while subscription.is_live:
        assert subscription.due_at is not None
        now = subscription.due_at
        subscription, steps = ticked(subscription, renewal(subscription), now)
        told += [(step, now - end) for step in steps]

    assert told == [
        (Step.ASK, -3 * DAY),
        (Step.FALL_DUE, 0 * DAY),
        (Step.REMIND, 1 * DAY),
        (Step.REMIND, 3 * DAY),
        (Step.REMIND, 6 * DAY),
        (Step.EXPIRE, 7 * DAY),
    ]
    assert (subscription.status, subscription.ended_at) == (Status.EXPIRED, end + 7 * DAY)


def test_after_the_week_nobody_waits_for_the_renewal_even_if_no_clock_has_run() -> None:
    subscription = active()
    _, end = subscription.running
    subscription, _ = ticked(subscription, None, end + DAY)
    assert subscription.lapses_at is not None

    assert rules.is_wanted(subscription, renewal(subscription), subscription.lapses_at - timedelta(seconds=1))
    assert not rules.is_wanted(subscription, renewal(subscription), subscription.lapses_at)


def test_after_the_period_nobody_waits_for_the_upgrade_even_if_no_clock_has_run() -> None:
    subscription = active()
    _, end = subscription.running
    quote = invoice(InvoiceKind.UPGRADE, Chosen("enterprise", Period.MONTHLY))

    assert rules.is_wanted(subscription, quote, end - timedelta(seconds=1))
    assert not rules.is_wanted(subscription, quote, end)


def test_nobody_waits_for_the_first_payment_of_what_was_given_up() -> None:
    new = rules.pending(ID, ID, PREMIUM, MONTHLY, NOW)

    assert rules.is_wanted(new, invoice(InvoiceKind.START), NOW)
    assert not rules.is_wanted(rules.cancelled(new, NOW), invoice(InvoiceKind.START), NOW)
    assert not rules.is_wanted(new, replace(invoice(InvoiceKind.START), status=InvoiceStatus.VOID), NOW)


def test_what_is_asked_for_and_not_paid_expires_after_a_day() -> None:
    new = rules.pending(ID, ID, PREMIUM, MONTHLY, NOW)

    assert clock.step(new, None, NOW + PENDING_FOR - timedelta(seconds=1)) is None
    assert clock.step(new, None, NOW + PENDING_FOR) is Step.EXPIRE


def test_while_an_upgrade_may_be_paid_no_renewal_is_asked_for() -> None:
    subscription = active()
    _, end = subscription.running
    now = end - DAY
    quote = replace(
        invoice(InvoiceKind.UPGRADE, Chosen("enterprise", Period.MONTHLY)),
        expires_at=now + timedelta(minutes=30),
    )

    assert clock.step(subscription, quote, now) is Step.WAIT
    assert clock.waiting_until(subscription, quote).due_at == now + timedelta(minutes=30)
    assert clock.step(subscription, quote, now + timedelta(minutes=30)) is Step.ASK
