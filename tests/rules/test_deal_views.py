"""What is shown of a deal: buttons, context, data and the guide's columns."""

from __future__ import annotations

from stoory.actor import Role
from stoory.deals import archive
from stoory.deals.buttons import asked, buttons, input_fields, next_states
from stoory.deals.projections import flow_context, flow_data, projection
from stoory.deals.states import Action, State
from tests.rules.bargain import ASHA, RAVI, Bargain, accepted, at_the_last_offer, rs, terms


def test_the_first_buttons_are_those_of_the_guide():
    assert archive.plain(buttons(Bargain().deal)) == [
        {
            "id": "accept_proposal",
            "text": "Accept Proposal",
            "action": "accept_proposal",
            "style": "success",
            "data": {"amount": 5000},
        },
        {
            "id": "negotiate",
            "text": "Negotiate Amount",
            "action": "negotiate_amount",
            "style": "primary",
        },
        {"id": "decline", "text": "Decline", "action": "decline_proposal", "style": "danger"},
    ]


def test_the_accept_button_carries_the_amount_on_the_table():
    bargain = Bargain()
    bargain.offer(ASHA, 4500)
    assert archive.plain(buttons(bargain.deal))[0]["data"] == {"amount": 4500}


def test_after_the_last_offer_the_negotiate_button_is_gone():
    deal = at_the_last_offer().deal
    assert [button.id for button in buttons(deal)] == ["accept_proposal", "decline"]
    assert next_states(deal) == [State.ACCEPTED, State.DECLINED]


def test_after_the_acceptance_there_is_one_button():
    assert [button.action for button in buttons(accepted().deal)] == ["proceed_to_payment"]
    assert [button.action for button in buttons(accepted(confirmed=False).deal)] == ["confirm_terms"]


def test_a_closed_deal_has_no_buttons_and_leads_nowhere():
    bargain = Bargain()
    bargain.press(ASHA, "decline_proposal")
    assert buttons(bargain.deal) == []
    assert next_states(bargain.deal) == []


def test_the_prompt_asks_for_an_amount_within_the_bounds():
    fields = archive.plain(input_fields(Bargain().deal, Action.NEGOTIATION_AMOUNT))
    assert [(field["id"], field["type"], field["required"]) for field in fields] == [
        ("proposed_amount", "number", True),
        ("reasoning", "textarea", False),
        ("deliver_by", "text", False),
    ]
    assert (fields[0]["min"], fields[0]["max"]) == (3000, 8000)
    assert all("min" not in field for field in fields[1:])


def test_beside_the_prompt_one_can_still_accept_or_decline():
    bargain = Bargain()
    bargain.press(ASHA, "negotiate_amount")
    shown = archive.plain(asked(bargain.deal, Action.NEGOTIATION_AMOUNT, Role.BRAND_OWNER))
    assert [button["id"] for button in shown["buttons"]] == ["accept_proposal", "decline"]
    assert shown["input_type"] == "negotiation_amount"


def test_the_context_of_the_first_message_is_that_of_the_guide():
    context = archive.plain(flow_context(Bargain().deal))
    assert context["current_state"] == "initial"
    assert context["next_states"] == ["negotiating", "accepted", "declined"]
    assert context["business_rules"] == {
        "can_negotiate": True,
        "min_amount": 3000,
        "max_amount": 8000,
        "rounds_left": 5,
        "expires_at": "2026-03-05T12:00:00Z",
    }


def test_nobody_can_negotiate_after_the_sixth_offer_or_the_acceptance():
    assert not flow_context(at_the_last_offer().deal).business_rules.can_negotiate
    assert not flow_context(accepted().deal).business_rules.can_negotiate


def test_the_data_of_a_conversation_names_amount_and_title():
    bid = archive.plain(flow_data(Bargain().deal, Role.BRAND_OWNER))
    assert (bid["proposed_amount"], bid["bid_title"]) == (5000, "Quick Video Promotion")
    assert "campaign_title" not in bid
    campaign = archive.plain(flow_data(Bargain(pinned=terms("campaign")).deal, Role.BRAND_OWNER))
    assert campaign["campaign_title"] == "Quick Video Promotion"
    assert "bid_title" not in campaign


def test_the_data_of_a_conversation_tells_every_offer():
    bargain = Bargain()
    bargain.offer(ASHA, 4500, reasoning="Market rates", deliver_by="2026-04-01")
    shown = archive.plain(flow_data(bargain.deal, Role.BRAND_OWNER))
    assert shown["offers"][1] == {
        "n": 2,
        "by_role": "brand_owner",
        "amount": 4500,
        "reasoning": "Market rates",
        "deliver_by": "2026-04-01",
        "at": "2026-03-02T12:00:00Z",
    }
    assert (shown["rounds_left"], shown["agreed_amount"], shown["influencer_confirmed"]) == (4, None, True)
    assert shown["expires_at"] == "2026-03-05T12:00:00Z"


def test_what_is_left_after_the_commission_is_told_to_the_influencer_only():
    deal = Bargain().deal
    assert archive.plain(flow_data(deal, Role.INFLUENCER))["offers"][0]["you_receive"] == 4500
    for viewer in (Role.BRAND_OWNER, Role.ADMIN):
        assert "you_receive" not in archive.plain(flow_data(deal, viewer))["offers"][0]


def test_a_pending_request_shows_ravis_last_figure():
    bargain = Bargain()
    bargain.offer(ASHA, 4500)
    shown = projection(bargain.deal)
    assert (shown.status, shown.proposed_amount, shown.agreed_amount) == ("pending", rs(5000), None)
    bargain.offer(RAVI, 4800)
    bargain.offer(ASHA, 4600)
    assert projection(bargain.deal).proposed_amount == rs(4800)


def test_a_request_shows_the_brands_figure_while_ravi_has_named_none():
    bargain = Bargain(Action.INITIALIZE, ASHA)
    bargain.press(ASHA, "set_amount", amount=5500)
    assert projection(bargain.deal).proposed_amount == rs(5500)


def test_an_accepted_request_is_approved_and_waits_for_payment():
    shown = projection(accepted().deal)
    assert (shown.status, shown.agreed_amount) == ("approved", rs(5000))
    assert (shown.payment_required, shown.payment_completed) == (True, False)
    assert (shown.chat_status, shown.automation_enabled) == ("automated", True)
    assert (shown.flow_state, shown.awaiting_role) == ("accepted", "brand_owner")


def test_a_closed_deal_completes_its_chat():
    for action, status in (("decline_proposal", "rejected"), ("withdraw_proposal", "cancelled")):
        bargain = Bargain()
        bargain.press(ASHA if action == "decline_proposal" else RAVI, action)
        shown = projection(bargain.deal)
        assert (shown.status, shown.chat_status, shown.automation_enabled) == (status, "completed", False)
        assert shown.awaiting_role is None
        assert not shown.payment_required


def test_a_deal_that_was_never_paid_asks_for_no_payment_once_it_is_closed():
    bargain = accepted()
    bargain.press(ASHA, "cancel_deal")
    assert not projection(bargain.deal).payment_required
