"""Hypothesis walks the table: whatever anybody presses in whatever order, these stay true."""

# ruff: noqa: PT017 - a refusal is one of the outcomes a walk meets, not the one it expects

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from stoory.actor import Role
from stoory.deals import archive, script
from stoory.deals.buttons import buttons, next_states
from stoory.deals.deal import BUTTON, MAX_OFFERS, TEXT_INPUT, Deal, Event
from stoory.deals.doors import action_for_amount, action_for_status
from stoory.deals.history import replay
from stoory.deals.projections import flow_context, flow_data, projection
from stoory.deals.rules import ACTIONS, INPUTS, MOVES, awaits_payment, open_actions, refusal
from stoory.deals.states import CLOSED, FUNDED, PARTICIPANTS, Action, Party, State
from stoory.deals.timers import TIMERS
from stoory.errors import Conflict, Forbidden, Invalid
from stoory.money import Money
from tests.rules.bargain import ASHA, OM, RAVI, Bargain, Person, rs, terms

people = st.sampled_from([ASHA, RAVI, OM])
amounts = st.sampled_from([4500, 4800, 5000, Decimal("5000.50"), 5500, 8000, 1, 9000, "5000", None])
actions = st.one_of(st.sampled_from([*ACTIONS]), st.sampled_from(["dance", "apply"]))
statuses = st.sampled_from(["pending", "approved", "rejected", "in_progress", "completed", "cancelled"])
forms = st.fixed_dictionaries(
    {},
    optional={
        "proposed_amount": amounts,
        "amount": amounts,
        "reasoning": st.sampled_from(["Market rates", "", 7]),
        "deliver_by": st.sampled_from(["2026-12-24", "2026-02-30"]),
        "as_role": st.sampled_from(["brand_owner", "influencer", "admin"]),
        "additional_notes": st.just("Thank you"),
        "description": st.sampled_from(["Two videos", "", 7]),
        "links": st.sampled_from(
            [["https://example.com/1"], "https://example.com/1\nhttps://example.com/2", ["ftp://x"]]
        ),
        "file_ids": st.sampled_from([[], ["one"]]),
        "feedback": st.just("Show the logo"),
        "reason": st.just("It is not what we agreed"),
        "refund_amount": st.sampled_from([0, 1, 2000, Decimal("0.50"), 5000]),
        "release_amount": st.sampled_from([0, 3000, 5000, Decimal("4999.50")]),
    },
)


class Walk(RuleBasedStateMachine):
    """One deal and everybody's presses."""

    @initialize(
        begins=st.sampled_from([(Action.APPLY, RAVI), (Action.INITIALIZE, ASHA), (Action.INVITE, OM)]),
        kind=st.sampled_from(["bid", "campaign"]),
    )
    def begin(self, begins: tuple[Action, Person], kind: Any):
        self.bargain = Bargain(*begins, pinned=terms(kind))

    @property
    def deal(self) -> Deal:
        return self.bargain.deal

    @rule(who=people, action=actions, data=forms)
    def anybody_presses_anything(self, who: Person, action: str, data: dict[str, Any]):
        before = self.deal
        try:
            happened = self.bargain.press(who, action, **data)
        except Conflict as error:
            assert error.extra["allowed"] == open_actions(before, who.role)
            assert self.deal is before
        except Invalid as error:
            assert error.errors
            assert self.deal is before
        else:
            self._was_allowed(before, who, action)
            if isinstance(happened, Event):
                self._was_told(before, happened)

    @rule(data=st.data())
    def somebody_makes_an_open_move(self, data: st.DataObject):
        moves = [
            (who, action)
            for who in (ASHA, RAVI, ASHA, RAVI, OM)
            for action in open_actions(self.deal, who.role)
        ]
        gentle = [move for move in moves if (MOVES[self.deal.state, move[1]].to) not in CLOSED]
        if not gentle:
            return
        who, action = data.draw(st.sampled_from(gentle))
        held = self.deal.held.to_wire()
        fields: dict[str, dict[str, Any]] = {
            "work_submission": {"description": "Two videos"},
            "change_request": {"feedback": "Show the logo"},
            "propose_cancel": {"refund_amount": data.draw(st.sampled_from([0, 1, held]))},
            "dispute": {"reason": "It is not what we agreed"},
            "dispute_reply": {"reason": "It is"},
            "resolve_dispute": {"release_amount": held, "refund_amount": 0, "reason": "So be it"},
            "refund": {"amount": 1, "reason": "So be it"},
            "negotiation_amount": {"proposed_amount": data.draw(st.integers(3000, 8000))},
            "set_amount": {"amount": data.draw(st.integers(3000, 8000))},
            "edit_proposal": {"proposed_amount": data.draw(st.integers(3000, 8000))},
        }
        door = TEXT_INPUT if action in INPUTS else BUTTON
        before = self.deal
        try:
            happened = self.bargain.press(who, action, door=door, **fields.get(action, {}))
        except Conflict as error:
            assert who is OM or error.code == "no_rounds_left"
        except Invalid as error:
            assert who is OM or error.code == "offer_unchanged"
        else:
            if isinstance(happened, Event):
                self._was_told(before, happened)

    @rule(who=people, status=statuses)
    def somebody_uses_the_status_door(self, who: Person, status: str):
        try:
            action = action_for_status(self.deal, who.role, status)
        except Conflict as error:
            assert error.extra["allowed"] == open_actions(self.deal, who.role)
        else:
            if action is None:
                assert projection(self.deal).status == status
            else:
                assert action is Action.ACCEPT_PROPOSAL or refusal(self.deal, who.role, action) is None

    @rule(who=people, rupees=st.integers(3000, 8000))
    def somebody_uses_the_amount_door(self, who: Person, rupees: int):
        try:
            action = action_for_amount(self.deal, who.role, rs(rupees))
        except Forbidden:
            assert who is RAVI
        except Conflict as error:
            assert error.code == "amount_locked"
            assert self.deal.accepted_at
        else:
            assert action or self.deal.agreed_amount == rs(rupees)

    @rule(hours=st.sampled_from([0.4, 1, 20, 40, 80, 500]))
    def time_passes(self, hours: float):
        before = self.deal
        for event in self.bargain.wait(hours=hours):
            assert event.role is Role.SYSTEM
        assert self.deal.is_closed or self.deal.awaiting_role is before.awaiting_role

    @rule(action=st.sampled_from([Action.PAYMENT_CAPTURED, Action.PAYMENT_CAPTURED, Action.PAYMENT_FAILED]))
    def razorpay_tells_of_a_payment(self, action: Action):
        """Payments are told of whatever became of the deal; only one that is waited for changes its money."""
        before = self.deal
        if (before.state, action) not in MOVES:
            assert before.is_pending
            return
        amount = (before.agreed_amount or before.amount).to_wire()
        self.bargain.system(action, order_id="o", payment_id="p", amount=amount)
        self._was_told(before, self.bargain.events[-1])
        is_funding = action is Action.PAYMENT_CAPTURED and awaits_payment(before)
        assert (self.deal.held != before.held) is is_funding

    @rule()
    def the_posting_is_cancelled(self):
        if self.bargain.now.hour == 13 and (self.deal.state, Action.POSTING_CANCELLED) in MOVES:
            self.bargain.system(Action.POSTING_CANCELLED)
            assert self.deal.is_closed

    def _was_allowed(self, before: Deal, who: Person, action: str):
        assert not before.is_closed
        move = MOVES[before.state, Action(action)]
        assert move.by not in {Party.TIMER, Party.POSTING, Party.PAYMENTS}
        if move.by is Party.AWAITED and who.role in PARTICIPANTS:
            assert who.role is before.awaiting_role

    def _was_told(self, before: Deal, event: Event):
        lines = script.messages(self.deal, event)
        assert sum(line.action_data is not None for line in lines) <= 1
        assert all(line.action_role is self.deal.awaiting_role for line in lines if line.action_data)
        assert all("{" not in line.text for line in lines)
        assert (event.from_state, event.seq) == (before.state, before.seq + 1)

    @invariant()
    def replay_is_the_deal_also_after_json(self):
        read = [archive.from_json(archive.to_json(event), Event) for event in self.bargain.events]
        assert replay(read) == self.deal

    @invariant()
    def a_closed_deal_has_no_moves_no_turn_and_no_clock(self):
        if self.deal.is_closed:
            assert all(open_actions(self.deal, role) == [] for role in Role if role is not Role.SYSTEM)
            assert (self.deal.awaiting_role, self.deal.deadline_at) == (None, None)
            assert buttons(self.deal) == next_states(self.deal) == []

    @invariant()
    def an_open_deal_awaits_somebody_who_can_act_and_has_a_clock(self):
        if self.deal.state is State.DISPUTED:
            assert (self.deal.awaiting_role, self.deal.deadlines) == (Role.ADMIN, {})
        elif not self.deal.is_closed:
            assert self.deal.awaiting_role in PARTICIPANTS
            assert buttons(self.deal)
            assert self.deal.deadlines
            assert self.deal.deadlines.keys() <= TIMERS.keys()
            assert self.deal.expires_at
            assert self.deal.expires_at > self.bargain.now

    @invariant()
    def every_offer_lies_within_bounds_and_they_are_at_most_six(self):
        deal = self.deal
        assert [offer.n for offer in deal.offers] == list(range(1, len(deal.offers) + 1))
        assert len(deal.offers) <= MAX_OFFERS
        assert all(deal.terms.min_amount <= o.amount <= deal.terms.max_amount for o in deal.offers)
        assert all(one.amount != two.amount for one, two in zip(deal.offers, deal.offers[1:], strict=False))

    @invariant()
    def what_is_agreed_is_what_is_on_the_table(self):
        assert self.deal.agreed_amount in {None, self.deal.amount}
        if self.deal.state is State.ACCEPTED:
            assert self.deal.agreed_amount
            assert self.deal.influencer_confirmed is (self.deal.awaiting_role is Role.BRAND_OWNER)

    @invariant()
    def the_escrow_is_full_exactly_while_the_deal_is_funded(self):
        deal = self.deal
        nothing = Money(0)
        assert min(deal.paid, deal.released, deal.refunded, deal.held) >= nothing
        assert (deal.held > nothing) is (deal.state in FUNDED)
        assert (projection(deal).status == "in_progress") is (deal.state in FUNDED)

    @invariant()
    def every_view_can_be_written_down(self):
        for viewer in Role:
            archive.to_json([flow_data(self.deal, viewer), flow_context(self.deal), projection(self.deal)])
        assert archive.from_json(archive.to_json(self.deal), Deal) == self.deal
        assert isinstance(projection(self.deal).proposed_amount, Money)


Walk.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_the_table_is_walked = Walk.TestCase
