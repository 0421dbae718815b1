"""How a funded deal ends before its time: proposals to cancel, disputes, an operator's refund."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stoory.actor import Role
from stoory.deals import archive, script
from stoory.deals.deal import TEXT_INPUT, Deal
from stoory.deals.projections import flow_data, projection
from stoory.deals.states import Action, State
from tests.rules.bargain import ASHA, OM, RAVI, Bargain, Person, disputed, funded, submitted


def money(deal: Deal) -> tuple[int, int, int]:
    """Return what is held, released and refunded, in rupees."""
    return deal.held.paise // 100, deal.released.paise // 100, deal.refunded.paise // 100


@pytest.mark.parametrize(("proposer", "other"), [(ASHA, RAVI), (RAVI, ASHA)])
def test_a_proposed_cancellation_is_accepted_by_the_other_side_only(proposer: Person, other: Person):
    bargain = submitted()
    bargain.press(proposer, "propose_cancel", door=TEXT_INPUT, refund_amount=2000)
    assert archive.plain(flow_data(bargain.deal, Role.INFLUENCER))["cancel"]["refund_amount"] == 2000
    assert bargain.turn is Role.BRAND_OWNER
    assert bargain.conflict(proposer, "accept_cancel") == "invalid_action"
    bargain.press(other, "accept_cancel")
    assert bargain.state is State.CANCELLED
    assert money(bargain.deal) == (0, 3000, 2000)


@pytest.mark.parametrize("amount", [-1, 0.5, 5000.01, "2000", True])
def test_a_cancellation_gives_back_nothing_or_a_rupee_to_all(amount: object):

    told = Decimal(str(amount)) if isinstance(amount, float) else amount
    assert funded().wrong_fields(ASHA, "propose_cancel", refund_amount=told) == ["data.refund_amount"]


def test_a_rejected_or_overtaken_proposal_is_gone():
    bargain = funded()
    bargain.press(ASHA, "propose_cancel", door=TEXT_INPUT, refund_amount=0)
    bargain.press(RAVI, "reject_cancel")
    assert bargain.deal.cancel_proposal is None
    bargain.press(ASHA, "propose_cancel", door=TEXT_INPUT, refund_amount=5000)
    bargain.press(RAVI, "work_submission", door=TEXT_INPUT, description="Two videos")
    assert bargain.deal.cancel_proposal is None
    assert bargain.conflict(RAVI, "accept_cancel") == "invalid_action"


def test_a_dispute_stops_the_clocks_and_operators_are_reminded():
    bargain = submitted()
    bargain.wait(days=10)
    bargain.press(ASHA, "dispute", door=TEXT_INPUT, reason="It is not what we agreed")
    assert (bargain.state, bargain.turn, bargain.deal.deadlines) == (State.DISPUTED, Role.ADMIN, {})
    reminders = [
        *bargain.wait(seconds=1),
        *bargain.wait(days=3),
        *bargain.wait(days=4),
        *bargain.wait(days=400),
    ]
    assert [event.data["n"] for event in reminders] == [1, 2, 3]
    assert [notice.role for notice in script.notices(bargain.deal, reminders[0])] == [Role.ADMIN]
    assert script.messages(bargain.deal, reminders[0]) == []


def test_after_a_withdrawn_dispute_the_clock_goes_on_with_the_time_left():
    bargain = submitted()
    bargain.wait(days=10)
    bargain.press(ASHA, "dispute", door=TEXT_INPUT, reason="It is not what we agreed")
    bargain.wait(days=30)
    bargain.press(ASHA, "withdraw_dispute")
    assert (bargain.state, bargain.turn) == (State.WORK_SUBMITTED, Role.BRAND_OWNER)
    assert bargain.time_left.days == 4
    assert [e.action for e in bargain.wait(days=4)] == [Action.AUTO_APPROVE]


def test_only_the_opener_withdraws_and_only_the_other_replies():
    bargain = disputed()
    assert bargain.conflict(RAVI, "withdraw_dispute") == "invalid_action"
    assert bargain.conflict(ASHA, "dispute_reply", reason="So") == "invalid_action"
    bargain.press(RAVI, "dispute_reply", door=TEXT_INPUT, reason="It is exactly that")
    assert bargain.state is State.DISPUTED


@pytest.mark.parametrize(
    ("release", "refund", "state"), [(5000, 0, "completed"), (1, 4999, "completed"), (0, 5000, "cancelled")]
)
def test_an_operator_divides_what_is_held(release: int, refund: int, state: str):
    bargain = disputed()
    bargain.press(OM, "resolve_dispute", release_amount=release, refund_amount=refund, reason="Seen both")
    assert bargain.state == state
    assert money(bargain.deal) == (0, release, refund)


def test_a_division_that_leaves_something_over_is_refused():
    wrong = disputed().wrong_fields(
        OM, "resolve_dispute", release_amount=3000, refund_amount=1999, reason="So"
    )
    assert wrong == ["data.release_amount", "data.refund_amount"]


def test_nobody_but_an_operator_decides():
    bargain = disputed()
    for who in (ASHA, RAVI):
        assert bargain.conflict(who, "resolve_dispute") == "invalid_action"
        assert bargain.conflict(who, "refund") == "invalid_action"


def test_an_operators_refund_leaves_the_deal_running_until_nothing_is_left():
    bargain = submitted()
    bargain.press(OM, "refund", amount=2000, reason="One video less")
    assert (bargain.state, bargain.turn) == (State.WORK_SUBMITTED, Role.BRAND_OWNER)
    assert money(bargain.deal) == (3000, 0, 2000)
    bargain.press(OM, "refund", reason="All of it")
    assert bargain.state is State.CANCELLED
    assert money(bargain.deal) == (0, 0, 5000)


def test_what_was_given_back_is_not_released():
    bargain = submitted()
    bargain.press(OM, "refund", amount=2000, reason="One video less")
    bargain.press(ASHA, "approve_work")
    assert money(bargain.deal) == (0, 3000, 2000)
    assert projection(bargain.deal).payment_status == "paid"


def test_hiring_somebody_else_is_told_as_such():
    bargain = Bargain()
    bargain.system(Action.POSTING_CANCELLED, cause="hired")
    assert bargain.state is State.DECLINED
    assert "Somebody else has been hired" in bargain.lines[0].text
