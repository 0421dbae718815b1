"""What is said beside the moves: prompts for who is not awaited, reminders of the right clock, answered buttons."""

from __future__ import annotations

import pytest

from stoory.actor import Role
from stoory.deals import archive, script
from stoory.deals.deal import Prompt
from stoory.deals.states import Action
from tests.rules.bargain import ASHA, OM, RAVI, Bargain, Person, accepted, disputed, funded, submitted


@pytest.mark.parametrize(
    ("bargain", "who", "others"),
    [(funded(), ASHA, []), (submitted(), RAVI, []), (submitted(), ASHA, ["approve_work"])],
)
def test_whoever_opens_a_dispute_is_asked_why(bargain: Bargain, who: Person, others: list[str]):
    prompt = bargain.press(who, "open_dispute")
    assert isinstance(prompt, Prompt)
    line = script.prompt_line(bargain.deal, prompt)
    asked = archive.plain(line.action_data)
    assert (line.action_role, [field["id"] for field in asked["input_fields"]]) == (who.role, ["reason"])
    assert [button["id"] for button in asked["buttons"]] == others


@pytest.mark.parametrize(("proposes", "answers"), [(ASHA, RAVI), (RAVI, ASHA)])
def test_a_cancellation_that_was_rejected_leaves_the_buttons_of_before(proposes: Person, answers: Person):
    bargain = submitted()
    before = bargain.shown
    bargain.press(proposes, "propose_cancel", refund_amount=1000)
    bargain.press(answers, "reject_cancel")
    assert script.settles(bargain.deal, bargain.lines)
    assert bargain.shown == before


def test_a_refund_of_oms_takes_the_buttons_of_a_proposal_away():
    bargain = funded()
    bargain.press(ASHA, "propose_cancel", refund_amount=1000)
    assert "accept_cancel" in bargain.shown
    bargain.press(OM, "refund", amount=100, reason="So")
    assert bargain.shown == ["submit_work"]


def test_while_the_checkout_is_open_asha_is_reminded_of_the_time_to_pay():
    bargain = accepted()
    bargain.wait(hours=35.9)
    bargain.press(ASHA, "proceed_to_payment")
    [reminder] = bargain.wait(hours=0.1)
    assert reminder.data["timer"] == Action.PAYMENT_EXPIRED
    assert "36 hours left to pay" in script.notices(bargain.deal, reminder)[0].text


def test_om_is_told_who_opened_a_dispute_and_since_when_it_waits():
    bargain = disputed()
    told = [script.notices(bargain.deal, event)[0] for days in (0, 3, 4) for event in bargain.wait(days=days)]
    assert {(notice.role, notice.kind) for notice in told} == {(Role.ADMIN, "dispute_waits")}
    assert [notice.text.partition(" waits for a decision")[2] for notice in told] == [
        ".",
        " for 3 days.",
        " for 7 days.",
    ]
    assert "opened by the brand" in told[0].text
