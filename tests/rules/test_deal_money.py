"""From payment to the end: who holds the money after each move, and when the clocks run out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from stoory.actor import Role
from stoory.deals import script
from stoory.deals.deal import TEXT_INPUT, Deal, Unchanged
from stoory.deals.projections import projection
from stoory.deals.states import Action, State
from tests.rules.bargain import ASHA, RAVI, Bargain, accepted, disputed, funded, submitted


def money(deal: Deal) -> tuple[int, int, int]:
    """Return what is held, released and refunded, in rupees."""
    return deal.held.paise // 100, deal.released.paise // 100, deal.refunded.paise // 100


def test_proceeding_to_payment_says_nothing_until_razorpay_knows_the_order():
    bargain = accepted()
    bargain.press(ASHA, "proceed_to_payment")
    assert (bargain.state, bargain.turn) == (State.PAYMENT_PENDING, Role.BRAND_OWNER)
    assert bargain.lines == []
    assert projection(bargain.deal).payment_status == "pending"


def test_pressed_again_nothing_new_happens():
    bargain = accepted()
    bargain.press(ASHA, "proceed_to_payment")
    assert bargain.press(ASHA, "proceed_to_payment") == Unchanged(Action.PROCEED_TO_PAYMENT)


def test_unconfirmed_terms_are_not_paid():
    assert accepted(confirmed=False).conflict(ASHA, "proceed_to_payment") == "awaiting_influencer"


def test_a_captured_payment_fills_the_escrow():
    bargain = funded()
    assert (bargain.state, bargain.turn) == (State.IN_PROGRESS, Role.INFLUENCER)
    assert money(bargain.deal) == (5000, 0, 0)
    shown = projection(bargain.deal)
    assert (shown.status, shown.payment_status, shown.paid_at) == ("in_progress", "paid", bargain.now)
    assert bargain.shown == ["submit_work"]


def test_a_payment_made_without_pressing_again_funds_an_accepted_deal():
    bargain = accepted()
    bargain.press(ASHA, "proceed_to_payment")
    bargain.system(Action.PAYMENT_FAILED, amount=5000)
    assert bargain.state is State.ACCEPTED
    bargain.system(Action.PAYMENT_CAPTURED, amount=5000)
    assert bargain.state is State.IN_PROGRESS


@pytest.mark.parametrize("make", [funded, submitted, disputed])
def test_a_second_payment_changes_nothing_and_both_are_told(make: Callable[[], Bargain]):
    bargain = make()
    before = bargain.deal
    bargain.system(Action.PAYMENT_CAPTURED, amount=5000)
    assert (bargain.state, bargain.deal.held, bargain.turn) == (
        before.state,
        before.held,
        before.awaiting_role,
    )
    assert {notice.role for notice in script.notices(bargain.deal, bargain.last)} == {
        Role.BRAND_OWNER,
        Role.INFLUENCER,
    }
    assert "goes back by itself" in bargain.lines[0].text


def test_a_payment_for_a_withdrawn_deal_changes_nothing():
    bargain = accepted()
    bargain.press(ASHA, "proceed_to_payment")
    bargain.press(RAVI, "withdraw_proposal")
    bargain.system(Action.PAYMENT_CAPTURED, amount=5000)
    assert bargain.state is State.WITHDRAWN
    assert money(bargain.deal) == (0, 0, 0)


def test_a_checkout_left_open_is_abandoned_after_half_an_hour_and_can_be_opened_again():
    bargain = accepted()
    bargain.press(ASHA, "proceed_to_payment")
    assert bargain.wait(minutes=29) == []
    assert [event.action for event in bargain.wait(minutes=1)] == [Action.PAYMENT_ABANDONED]
    assert bargain.state is State.ACCEPTED
    bargain.press(ASHA, "proceed_to_payment")
    assert bargain.wait(minutes=29) == []


def test_the_time_to_pay_runs_from_the_first_acceptance():
    bargain = accepted()
    bargain.wait(days=2, hours=23, minutes=50)
    bargain.press(ASHA, "proceed_to_payment")
    assert [event.action for event in bargain.wait(minutes=10)] == [Action.PAYMENT_EXPIRED]
    assert projection(bargain.deal).status == "cancelled"


def test_submitting_asks_for_the_work():
    bargain = funded()
    assert bargain.asked(RAVI, "submit_work") == ["description", "links"]
    assert bargain.state is State.IN_PROGRESS


def test_links_may_come_one_a_line():
    bargain = funded()
    bargain.press(
        RAVI, "submit_work", description="Two", links="https://a.example/1\n\n https://a.example/2 "
    )
    assert bargain.deal.work
    assert bargain.deal.work.links == ("https://a.example/1", "https://a.example/2")
    assert bargain.state is State.WORK_SUBMITTED


def test_files_cannot_be_attached_yet():
    wrong = funded().wrong_fields(
        RAVI, "work_submission", description="Two", file_ids=["f"], links=["ftp://x"]
    )
    assert wrong == ["data.links", "data.file_ids"]


def test_submitted_work_waits_for_the_brand_with_its_buttons():
    bargain = submitted()
    assert bargain.turn is Role.BRAND_OWNER
    assert bargain.shown == ["approve_work", "request_changes", "open_dispute"]


def test_approval_releases_all_that_is_held():
    bargain = submitted()
    bargain.press(ASHA, "approve_work")
    assert bargain.state is State.COMPLETED
    assert money(bargain.deal) == (0, 5000, 0)
    assert projection(bargain.deal).payment_status == "paid"


def test_approval_without_a_submission_says_so():
    bargain = funded()
    bargain.press(ASHA, "approve_work")
    assert bargain.last.data["without_submission"] is True


def test_after_14_days_the_work_is_approved_by_itself_with_two_reminders_before():
    bargain = submitted()
    assert [(e.action, e.data.get("n")) for e in bargain.wait(days=7)] == [(Action.REMINDER, 1)]
    assert [(e.action, e.data.get("n")) for e in bargain.wait(days=6)] == [(Action.REMINDER, 2)]
    assert [e.action for e in bargain.wait(days=1)] == [Action.AUTO_APPROVE]
    assert money(bargain.deal) == (0, 5000, 0)


def test_changes_can_be_asked_for_three_times_and_the_third_is_announced_as_the_last():
    bargain = submitted()
    for n in range(3):
        bargain.press(ASHA, "change_request", door=TEXT_INPUT, feedback="Show the logo")
        assert bargain.turn is Role.INFLUENCER
        assert ("last changes" in bargain.lines[0].text) is (n == 2)
        bargain.press(RAVI, "work_submission", door=TEXT_INPUT, description="Again")
    assert bargain.conflict(ASHA, "request_changes") == "no_changes_left"
    assert bargain.shown == ["approve_work", "open_dispute"]


def test_work_that_never_comes_is_paid_back_75_days_after_payment():
    bargain = funded()
    assert [e.action for e in bargain.wait(days=74, hours=23)] == [Action.REMINDER]
    assert [e.action for e in bargain.wait(hours=1)] == [Action.DELIVERY_OVERDUE]
    assert bargain.state is State.CANCELLED
    assert money(bargain.deal) == (0, 0, 5000)
    assert projection(bargain.deal).payment_status == "refunded"


def test_a_named_day_of_delivery_has_a_week_of_grace():
    bargain = Bargain()
    bargain.offer(ASHA, 4500, deliver_by="2026-03-20")
    bargain.press(RAVI, "accept_proposal")
    bargain.press(ASHA, "proceed_to_payment")
    bargain.system(Action.PAYMENT_CAPTURED, amount=4500)
    assert bargain.deal.expires_at == datetime(2026, 3, 27, 23, 59, 59, tzinfo=UTC)


def test_after_a_change_request_there_is_a_week_at_least():
    bargain = Bargain()
    bargain.offer(ASHA, 4500, deliver_by="2026-03-03")
    bargain.press(RAVI, "accept_proposal")
    bargain.press(ASHA, "proceed_to_payment")
    bargain.system(Action.PAYMENT_CAPTURED, amount=4500)
    bargain.press(RAVI, "work_submission", door=TEXT_INPUT, description="Two videos")
    bargain.wait(days=12)
    bargain.press(ASHA, "change_request", door=TEXT_INPUT, feedback="Show the logo")
    assert bargain.time_left.days == 7


def test_the_influencer_may_give_up_and_all_goes_back():
    bargain = funded()
    bargain.press(RAVI, "cancel_deal", reason="I am ill")
    assert bargain.state is State.CANCELLED
    assert money(bargain.deal) == (0, 0, 5000)


def test_the_brand_cannot_cancel_what_is_funded():
    assert funded().conflict(ASHA, "cancel_deal") == "invalid_action"
