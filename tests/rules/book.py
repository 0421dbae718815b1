"""The process by the book: "States and moves, version 1" of deal-process.md, copied out by hand.

Nothing here is taken from the code, and that is its whole use: where the two differ, one of them is wrong. `PAGES`
says what each side is offered wherever a deal can stand, `LEADS` where each move leads and whose turn it is then.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from stoory.actor import Role

Moves = frozenset[str]
Lead = tuple[str, str | None]
"""Where a move leads, and whose turn it is then."""

BRAND, INFLUENCER, ADMIN, SYSTEM = "brand_owner", "influencer", "admin", "system"
NOBODY: Final = None
SAME: Final = "same"
OTHER: Final = "other"


def _moves(text: str) -> Moves:
    return frozenset(text.split())


NONE: Final = _moves("")

ANSWERS: Final = _moves("accept_proposal negotiate_amount negotiation_amount decline_proposal")
"""The moves of whose turn it is: the only ones that depend on it."""
LAST_ANSWERS: Final = _moves("accept_proposal decline_proposal")
OFFERS: Final = _moves("negotiate_amount negotiation_amount")
SETS: Final = _moves("set_amount")
RETRACTS: Final = _moves("retract_proposal")
EDITS: Final = _moves("edit_proposal")
WITHDRAWS: Final = _moves("withdraw_proposal")
CONFIRMS: Final = _moves("confirm_terms")
PAYS: Final = _moves("proceed_to_payment")
CANCELS: Final = _moves("cancel_deal")
DELIVERS: Final = _moves("submit_work work_submission")
APPROVES: Final = _moves("approve_work")
SENDS_BACK: Final = _moves("request_changes change_request")
PARTS: Final = _moves("propose_cancel open_dispute dispute")
"""What either side may do while a funded deal runs."""
ANSWERS_CANCEL: Final = _moves("accept_cancel reject_cancel")
WITHDRAWS_DISPUTE: Final = _moves("withdraw_dispute")
REPLIES: Final = _moves("dispute_reply")
GIVES_BACK: Final = _moves("refund")
DECIDES: Final = _moves("resolve_dispute refund")

OFFERED: Final = _moves("offer_expired reminder posting_cancelled")
AGREED: Final = _moves("payment_captured payment_failed payment_expired reminder posting_cancelled")
PAYING: Final = AGREED | _moves("payment_abandoned")
WORKING: Final = _moves("payment_captured payment_failed delivery_overdue reminder")
REVIEWED: Final = _moves("payment_captured payment_failed auto_approve reminder")
STOPPED: Final = _moves("payment_captured payment_failed reminder")
ENDED: Final = _moves("payment_captured payment_failed")
"""What clocks, payments and the posting may do in each part of the process."""


class Page(Struct, frozen=True, kw_only=True):
    """What can be done where a deal stands. An operator may do what either side may, and `om` besides."""

    state: str
    turn: str | None
    asha: Moves = NONE
    ravi: Moves = NONE
    om: Moves = NONE
    system: Moves
    leads: dict[str, Lead] = {}
    """What leads elsewhere than `LEADS` says, because of what went before."""
    refused: dict[str, dict[str, Moves]] = {}
    """By role: what is refused for another reason than that it is no move of hers here (`invalid_action`)."""

    def offered(self, role: Role) -> Moves:
        """Return what that role may do."""
        sides = {BRAND: self.asha, INFLUENCER: self.ravi, SYSTEM: self.system}
        return self.asha | self.ravi | self.om if role == ADMIN else sides[role]

    def code(self, role: Role, move: str) -> str:
        """Return with which code that role is refused that move."""
        codes = [code for code, moves in self.refused.get(role, {}).items() if move in moves]
        return codes[0] if codes else "invalid_action"

    def lead(self, move: str) -> Lead:
        """Return where the move leads from here, and whose turn it is then."""
        to, turn = self.leads.get(move) or LEADS[self.state, move]
        across = INFLUENCER if self.turn == BRAND else BRAND
        after = {SAME: self.turn, OTHER: across}.get(turn or "", turn)
        return self.state if to == SAME else to, after


UNCONFIRMED: Final[dict[str, Lead]] = {"accept_proposal": ("accepted", INFLUENCER)}
NOT_RAVIS_TURN: Final = {INFLUENCER: {"not_your_turn": ANSWERS}}
NOT_ASHAS_TURN: Final = {
    BRAND: {"not_your_turn": ANSWERS | SETS},
    ADMIN: {"not_your_turn": SETS},  # an operator sets the amount for the brand, and on its turn only
}
NO_MORE_OFFERS: Final = {
    BRAND: {"no_rounds_left": OFFERS},
    ADMIN: {"no_rounds_left": OFFERS},
    INFLUENCER: {"not_your_turn": ANSWERS},
}
NO_MORE_CHANGES: Final = {
    BRAND: {"no_changes_left": SENDS_BACK},
    ADMIN: {"no_changes_left": SENDS_BACK},
}

PAGES: Final[dict[str, Page]] = {
    "initial: Ravi has applied": Page(
        state="initial", turn=BRAND, system=OFFERED,
        asha=ANSWERS | SETS | RETRACTS, ravi=EDITS | WITHDRAWS, refused=NOT_RAVIS_TURN,
    ),
    "initial: Asha has set a lower amount": Page(
        state="initial", turn=BRAND, system=OFFERED, leads=UNCONFIRMED,
        asha=ANSWERS | SETS | RETRACTS, ravi=WITHDRAWS, refused=NOT_RAVIS_TURN,
    ),
    "initial: Asha has set six amounts": Page(
        state="initial", turn=BRAND, system=OFFERED,
        asha=LAST_ANSWERS | SETS | RETRACTS, ravi=WITHDRAWS, refused=NO_MORE_OFFERS,
    ),
    "initial: Asha has begun": Page(
        state="initial", turn=BRAND, system=OFFERED, leads=UNCONFIRMED,
        asha=ANSWERS | SETS | RETRACTS, ravi=WITHDRAWS, refused=NOT_RAVIS_TURN,
    ),
    "initial: Ravi is invited": Page(
        state="initial", turn=INFLUENCER, system=OFFERED,
        asha=RETRACTS, ravi=ANSWERS | WITHDRAWS, refused=NOT_ASHAS_TURN,
    ),
    "negotiating: Asha has begun and asks": Page(
        state="negotiating", turn=BRAND, system=OFFERED, leads=UNCONFIRMED,
        asha=ANSWERS | SETS | RETRACTS, ravi=WITHDRAWS, refused=NOT_RAVIS_TURN,
    ),
    "negotiating: Asha has made an offer": Page(
        state="negotiating", turn=INFLUENCER, system=OFFERED,
        asha=RETRACTS, ravi=ANSWERS | WITHDRAWS, refused=NOT_ASHAS_TURN,
    ),
    "negotiating: Ravi has made an offer": Page(
        state="negotiating", turn=BRAND, system=OFFERED,
        asha=ANSWERS | SETS | RETRACTS, ravi=WITHDRAWS, refused=NOT_RAVIS_TURN,
    ),
    "negotiating: Asha has made the last offer": Page(
        state="negotiating", turn=INFLUENCER, system=OFFERED,
        asha=RETRACTS, ravi=LAST_ANSWERS | WITHDRAWS,
        refused={
            BRAND: {"not_your_turn": ANSWERS | SETS},
            INFLUENCER: {"no_rounds_left": OFFERS},
            ADMIN: {"no_rounds_left": OFFERS, "not_your_turn": SETS},
        },
    ),
    "negotiating: Ravi has made the last offer": Page(
        state="negotiating", turn=BRAND, system=OFFERED,
        asha=LAST_ANSWERS | SETS | RETRACTS, ravi=WITHDRAWS, refused=NO_MORE_OFFERS,
    ),
    "accepted: Ravi has confirmed": Page(
        state="accepted", turn=BRAND, system=AGREED,
        asha=PAYS | CANCELS, ravi=WITHDRAWS,
    ),
    "accepted: Ravi has not confirmed": Page(
        state="accepted", turn=INFLUENCER, system=AGREED,
        asha=CANCELS, ravi=WITHDRAWS | CONFIRMS,
        refused={BRAND: {"awaiting_influencer": PAYS}, ADMIN: {"awaiting_influencer": PAYS}},
    ),
    "payment_pending": Page(
        state="payment_pending", turn=BRAND, system=PAYING,
        asha=PAYS | CANCELS, ravi=WITHDRAWS,
    ),
    "in_progress": Page(
        state="in_progress", turn=INFLUENCER, system=WORKING,
        asha=APPROVES | PARTS, ravi=DELIVERS | CANCELS | PARTS, om=GIVES_BACK,
    ),
    "in_progress: Asha proposes to cancel": Page(
        state="in_progress", turn=INFLUENCER, system=WORKING,
        asha=APPROVES | PARTS, ravi=DELIVERS | CANCELS | PARTS | ANSWERS_CANCEL, om=GIVES_BACK,
    ),
    "in_progress: Ravi proposes to cancel": Page(
        state="in_progress", turn=INFLUENCER, system=WORKING,
        asha=APPROVES | PARTS | ANSWERS_CANCEL, ravi=DELIVERS | CANCELS | PARTS, om=GIVES_BACK,
    ),
    "work_submitted": Page(
        state="work_submitted", turn=BRAND, system=REVIEWED,
        asha=APPROVES | SENDS_BACK | PARTS, ravi=PARTS, om=GIVES_BACK,
    ),
    "work_submitted: Asha proposes to cancel": Page(
        state="work_submitted", turn=BRAND, system=REVIEWED,
        asha=APPROVES | SENDS_BACK | PARTS, ravi=PARTS | ANSWERS_CANCEL, om=GIVES_BACK,
    ),
    "work_submitted: Ravi proposes to cancel": Page(
        state="work_submitted", turn=BRAND, system=REVIEWED,
        asha=APPROVES | SENDS_BACK | PARTS | ANSWERS_CANCEL, ravi=PARTS, om=GIVES_BACK,
    ),
    "work_submitted: it was sent back three times": Page(
        state="work_submitted", turn=BRAND, system=REVIEWED,
        asha=APPROVES | PARTS, ravi=PARTS, om=GIVES_BACK, refused=NO_MORE_CHANGES,
    ),
    "changes_requested": Page(
        state="changes_requested", turn=INFLUENCER, system=WORKING,
        asha=APPROVES | PARTS, ravi=DELIVERS | CANCELS | PARTS, om=GIVES_BACK,
    ),
    "changes_requested: Asha proposes to cancel": Page(
        state="changes_requested", turn=INFLUENCER, system=WORKING,
        asha=APPROVES | PARTS, ravi=DELIVERS | CANCELS | PARTS | ANSWERS_CANCEL, om=GIVES_BACK,
    ),
    "changes_requested: Ravi proposes to cancel": Page(
        state="changes_requested", turn=INFLUENCER, system=WORKING,
        asha=APPROVES | PARTS | ANSWERS_CANCEL, ravi=DELIVERS | CANCELS | PARTS, om=GIVES_BACK,
    ),
    "disputed: by Asha, whose turn it was": Page(
        state="disputed", turn=ADMIN, system=STOPPED, leads={"withdraw_dispute": ("work_submitted", BRAND)},
        asha=WITHDRAWS_DISPUTE, ravi=REPLIES, om=DECIDES,
    ),
    "disputed: by Ravi, while Asha reviews": Page(
        state="disputed", turn=ADMIN, system=STOPPED, leads={"withdraw_dispute": ("work_submitted", BRAND)},
        asha=REPLIES, ravi=WITHDRAWS_DISPUTE, om=DECIDES,
    ),
    "disputed: by Ravi, who was to deliver": Page(
        state="disputed", turn=ADMIN, system=STOPPED, leads={"withdraw_dispute": ("in_progress", INFLUENCER)},
        asha=REPLIES, ravi=WITHDRAWS_DISPUTE, om=DECIDES,
    ),
    "disputed: by Asha, while Ravi makes changes": Page(
        state="disputed", turn=ADMIN, system=STOPPED,
        leads={"withdraw_dispute": ("changes_requested", INFLUENCER)},
        asha=WITHDRAWS_DISPUTE, ravi=REPLIES, om=DECIDES,
    ),
    "completed": Page(state="completed", turn=NOBODY, system=ENDED),
    "declined": Page(state="declined", turn=NOBODY, system=ENDED),
    "withdrawn": Page(state="withdrawn", turn=NOBODY, system=ENDED),
    "expired": Page(state="expired", turn=NOBODY, system=ENDED),
    "cancelled: before payment": Page(state="cancelled", turn=NOBODY, system=ENDED),
    "cancelled: after payment": Page(state="cancelled", turn=NOBODY, system=ENDED),
}  # fmt: skip
"""Wherever a deal can stand: the state, and what else matters there."""

_PENDING, _UNPAID = "initial negotiating", "accepted payment_pending"
_TO_DELIVER, _RUNNING = "in_progress changes_requested", "in_progress changes_requested work_submitted"
_CLOSED = "completed declined withdrawn expired cancelled"

_ROWS: Final[tuple[tuple[str, str, str, str | None], ...]] = (
    ("initial", "edit_proposal", SAME, BRAND),
    (_PENDING, "accept_proposal", "accepted", BRAND),
    ("accepted", "confirm_terms", "accepted", BRAND),
    ("initial", "negotiate_amount", "negotiating", SAME),
    ("negotiating", "negotiate_amount", "asks negotiation_amount", SAME),
    (_PENDING, "negotiation_amount", "negotiating", OTHER),
    (_PENDING, "set_amount", SAME, BRAND),
    (_PENDING, "decline_proposal", "declined", NOBODY),
    (_PENDING, "retract_proposal", "declined", NOBODY),
    (f"{_PENDING} {_UNPAID}", "withdraw_proposal", "withdrawn", NOBODY),
    (_PENDING, "offer_expired", "expired", NOBODY),
    ("accepted", "proceed_to_payment", "payment_pending", BRAND),
    ("payment_pending", "proceed_to_payment", "shows proceed_to_payment", BRAND),
    (_UNPAID, "payment_captured", "in_progress", INFLUENCER),
    ("payment_pending", "payment_failed payment_abandoned", "accepted", BRAND),
    (_UNPAID, "payment_expired", "expired", NOBODY),
    (_UNPAID, "cancel_deal", "cancelled", NOBODY),
    (f"{_RUNNING} disputed {_CLOSED}", "payment_captured", SAME, SAME),
    (f"accepted {_RUNNING} disputed {_CLOSED}", "payment_failed", SAME, SAME),
    (_TO_DELIVER, "submit_work", "asks work_submission", SAME),
    (_TO_DELIVER, "work_submission", "work_submitted", BRAND),
    (_RUNNING, "approve_work", "completed", NOBODY),
    ("work_submitted", "auto_approve", "completed", NOBODY),
    ("work_submitted", "request_changes", "asks change_request", SAME),
    ("work_submitted", "change_request", "changes_requested", INFLUENCER),
    (_TO_DELIVER, "delivery_overdue", "cancelled", NOBODY),
    (_TO_DELIVER, "cancel_deal", "cancelled", NOBODY),
    (_RUNNING, "propose_cancel", SAME, SAME),
    (_RUNNING, "accept_cancel", "cancelled", NOBODY),
    (_RUNNING, "reject_cancel", SAME, SAME),
    (_RUNNING, "open_dispute", "asks dispute", SAME),
    (_RUNNING, "dispute", "disputed", ADMIN),
    ("disputed", "dispute_reply", SAME, ADMIN),
    ("disputed", "resolve_dispute", "completed", NOBODY),
    (f"{_RUNNING} disputed", "refund", SAME, SAME),
    (f"{_PENDING} {_UNPAID} {_RUNNING} disputed", "reminder", SAME, SAME),
    (_PENDING, "posting_cancelled", "declined", NOBODY),
    (_UNPAID, "posting_cancelled", "cancelled", NOBODY),
)

LEADS: Final[dict[tuple[str, str], Lead]] = {
    (state, move): (to, turn)
    for states, moves, to, turn in _ROWS
    for state in states.split()
    for move in moves.split()
}
"""Where each move leads from each state. A part is given back, and a dispute decided for the influencer.

`withdraw_dispute` leads back to where the dispute began, as its page says.
"""

KNOWN: Final = frozenset(
    move for page in PAGES.values() for side in (page.asha, page.ravi, page.om, page.system) for move in side
)
"""Every move the book knows."""

NOT_IN_THE_BOOK: Final = frozenset({"charged_back"})
"""What is settled elsewhere: a bank that takes a payment back is told of with the payments."""
