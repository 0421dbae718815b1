"""What the system says: the guide's sentences word for word, and plain ones for the rest."""

from __future__ import annotations

from stoory.actor import Role
from stoory.deals import archive, script
from stoory.deals.deal import Event, Prompt
from stoory.deals.states import Action
from tests.rules.bargain import ASHA, OM, RAVI, Bargain, accepted, at_the_last_offer, terms


def _texts(bargain: Bargain) -> list[str]:
    return [line.text for line in bargain.lines]


def _notices(bargain: Bargain) -> list[tuple[Role, str]]:
    return [(notice.role, notice.kind) for notice in script.notices(bargain.deal, bargain.events[-1])]


def test_a_deal_begins_with_a_welcome_and_three_buttons():
    [line] = Bargain().lines
    assert line.text == "Welcome to the automated negotiation flow!"
    assert line.action_role is Role.BRAND_OWNER
    assert [button["id"] for button in archive.plain(line.action_data)["buttons"]] == [
        "accept_proposal", "negotiate", "decline",
    ]  # fmt: skip


def test_an_invitation_asks_ravi():
    [line] = Bargain(Action.INVITE, ASHA).lines
    assert line.action_role is Role.INFLUENCER


def test_the_acceptance_is_announced_in_the_guides_words_and_then_asks():
    announcement, request = accepted().lines
    assert announcement.text == "Great! Your proposal has been accepted. The influencer will be notified."
    assert (announcement.action_data, announcement.action_role) == (None, None)
    assert archive.plain(request.action_data)["buttons"][0]["action"] == "proceed_to_payment"
    assert request.action_role is Role.BRAND_OWNER
    assert "₹5,000" in request.text


def test_when_ravi_accepts_the_brand_is_notified():
    bargain = Bargain(Action.INVITE, ASHA)
    bargain.press(RAVI, "accept_proposal")
    assert _texts(bargain)[0] == "Great! Your proposal has been accepted. The brand will be notified."


def test_what_ravi_has_not_confirmed_is_asked_of_him():
    request = accepted(confirmed=False).lines[1]
    assert request.action_role is Role.INFLUENCER
    assert archive.plain(request.action_data)["buttons"][0]["action"] == "confirm_terms"


def test_the_next_steps_are_those_of_the_guide():
    bargain = accepted()
    assert script.next_steps(bargain.events[-1]) == [
        "Payment processing will begin",
        "Contract will be generated",
        "Work timeline will be shared",
    ]
    assert script.next_steps(bargain.events[0]) == []


def test_the_first_prompt_is_a_message_with_its_fields():
    bargain = Bargain()
    bargain.press(ASHA, "negotiate_amount")
    [line] = bargain.lines
    assert line.action_role is Role.BRAND_OWNER
    assert archive.plain(line.action_data)["input_fields"][0]["id"] == "proposed_amount"
    assert "₹3,000 to ₹8,000" in line.text


def test_a_later_prompt_says_the_same_without_a_message():
    bargain = Bargain()
    bargain.press(ASHA, "negotiate_amount")
    prompt = bargain.press(ASHA, "negotiate_amount")
    assert isinstance(prompt, Prompt)
    assert script.prompt_line(bargain.deal, prompt) == bargain.lines[0]


def test_an_offer_is_told_with_its_reasons_to_the_other_side():
    bargain = Bargain()
    bargain.offer(ASHA, 4500, reasoning="Based on {market} rates", deliver_by="2026-04-01")
    [line] = bargain.lines
    assert line.text == (
        "The brand proposes ₹4,500. 4 more offers can be made."
        "\nReasoning: Based on {market} rates\nTo be delivered by 2026-04-01."
    )
    assert line.action_role is Role.INFLUENCER


def test_the_last_offers_are_announced_as_such():
    bargain = at_the_last_offer()
    assert _texts(bargain) == [
        "The brand proposes ₹5,005. This was the last offer: it can only be accepted or declined."
    ]
    previous = Bargain()
    for amount, who in ((5001, ASHA), (5002, RAVI), (5003, ASHA), (5004, RAVI)):
        previous.offer(who, amount)
    assert "One more offer can be made." in _texts(previous)[0]


def test_an_edited_application_and_a_set_amount_renew_the_buttons():
    bargain = Bargain()
    bargain.press(RAVI, "edit_proposal", proposed_amount=6000)
    [line] = bargain.lines
    assert archive.plain(line.action_data)["buttons"][0]["data"] == {"amount": 6000}
    bargain.press(ASHA, "set_amount", amount=5500)
    [line] = bargain.lines
    assert archive.plain(line.action_data)["buttons"][0]["data"] == {"amount": 5500}
    assert line.action_role is Role.BRAND_OWNER


def test_an_end_is_told_without_an_action():
    for who, action in ((ASHA, "decline_proposal"), (ASHA, "retract_proposal"), (RAVI, "withdraw_proposal")):
        bargain = Bargain()
        bargain.press(who, action, reason="Other plans")
        [line] = bargain.lines
        assert (line.action_data, line.action_role) == (None, None)
        assert line.text.endswith("\nReason: Other plans")
        assert script.settles(bargain.deal, bargain.lines)


def test_a_reminder_says_how_much_time_is_left_and_for_what():
    bargain = Bargain()
    bargain.wait(hours=36)
    assert _texts(bargain) == ["A reminder for the brand: 36 hours left to answer the offer of ₹5,000."]
    bargain.wait(hours=28.8)
    assert _texts(bargain) == ["A reminder for the brand: 7 hours left to answer the offer of ₹5,000."]
    bargain = accepted(confirmed=False)
    bargain.wait(hours=71.5)
    assert _texts(bargain) == [
        "A reminder for the influencer: less than an hour left to confirm the terms at ₹5,000."
    ]
    bargain.press(RAVI, "confirm_terms")
    assert "confirmed the terms: ₹5,000" in _texts(bargain)[0]


def test_a_reminder_leaves_the_buttons_where_they_are():
    bargain = Bargain()
    bargain.wait(hours=36)
    assert bargain.lines[0].action_data is None
    assert not script.settles(bargain.deal, bargain.lines)


def test_the_other_side_is_notified():
    bargain = Bargain()
    assert _notices(bargain) == [(Role.BRAND_OWNER, "application_received")]
    bargain.offer(ASHA, 4500)
    assert _notices(bargain) == [(Role.INFLUENCER, "offer_received")]
    bargain.press(RAVI, "accept_proposal")
    assert _notices(bargain) == [(Role.BRAND_OWNER, "proposal_accepted")]


def test_both_are_notified_of_what_an_operator_or_the_clock_did():
    bargain = Bargain()
    bargain.press(OM, "negotiation_amount", proposed_amount=4500)
    assert _notices(bargain) == [(Role.BRAND_OWNER, "offer_received"), (Role.INFLUENCER, "offer_received")]
    bargain.wait(hours=72)
    assert _notices(bargain) == [(Role.BRAND_OWNER, "offer_expired"), (Role.INFLUENCER, "offer_expired")]


def test_only_the_awaited_side_is_reminded():
    bargain = Bargain()
    bargain.offer(ASHA, 4500)
    bargain.wait(hours=36)
    assert _notices(bargain) == [(Role.INFLUENCER, "deal_reminder")]


def test_asking_for_input_is_news_to_nobody():
    bargain = Bargain()
    bargain.press(ASHA, "negotiate_amount")
    assert _notices(bargain) == []


def test_agreeing_to_the_amount_on_the_table_is_news_to_nobody():
    bargain = Bargain()
    bargain.press(ASHA, "set_amount", amount=5000)
    assert _notices(bargain) == []


def test_a_notification_names_the_posting_even_with_braces_in_its_title():
    bargain = Bargain(pinned=terms(title="{amount} for a reel"))
    [notice] = script.notices(bargain.deal, bargain.events[0])
    assert notice.text == "{amount} for a reel: there is a new application, for ₹5,000."


def test_a_cancelled_posting_is_told_by_its_kind():
    bargain = Bargain(pinned=terms("campaign"))
    event = bargain.system(Action.POSTING_CANCELLED)
    assert isinstance(event, Event)
    assert _texts(bargain) == ["The campaign has been cancelled, so this ends here. Nothing was charged."]
