"""What the awaited side is offered: buttons, the fields of a prompt, and where they lead."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from stoory.actor import Role
from stoory.deals.amounts import rupees
from stoory.deals.deal import Deal
from stoory.deals.rules import MOVES, open_actions
from stoory.deals.states import WORKING, Action, State
from stoory.money import Money

Style = Literal["primary", "success", "danger", "warning", "info"]


class ButtonData(Struct, frozen=True):
    """What a button sends back with its action."""

    amount: Money


class Button(Struct, frozen=True):
    """One button of a message."""

    id: str
    text: str
    action: Action
    style: Style
    data: ButtonData | UnsetType = UNSET


class InputField(Struct, frozen=True, kw_only=True):
    """One field of a prompt."""

    id: str
    label: str
    type: Literal["text", "number", "email", "textarea"]
    placeholder: str
    required: bool = False
    min: Money | UnsetType = UNSET
    max: Money | UnsetType = UNSET


class Prefill(Struct, frozen=True):
    """What Razorpay's checkout fills in for whoever pays."""

    name: str
    contact: str
    email: str | None


class Checkout(Struct, frozen=True, kw_only=True):
    """What Razorpay's checkout opens with."""

    key: str
    order_id: str
    """Razorpay's."""
    amount: int
    """In paise."""
    currency: str
    name: str
    description: str
    prefill: Prefill


class ActionData(Struct, frozen=True, kw_only=True):
    """What a message asks of the awaited side. The answer to `input_fields` is sent under `input_type`."""

    buttons: list[Button] | UnsetType = UNSET
    input_type: Action | UnsetType = UNSET
    input_fields: list[InputField] | UnsetType = UNSET
    checkout: Checkout | UnsetType = UNSET


BUTTONS: Final = {
    button.action: button
    for button in (
        Button("accept_proposal", "Accept Proposal", Action.ACCEPT_PROPOSAL, "success"),
        Button("negotiate", "Negotiate Amount", Action.NEGOTIATE_AMOUNT, "primary"),
        Button("decline", "Decline", Action.DECLINE_PROPOSAL, "danger"),
        Button("confirm_terms", "Confirm Terms", Action.CONFIRM_TERMS, "success"),
        Button("proceed_to_payment", "Proceed to Payment", Action.PROCEED_TO_PAYMENT, "primary"),
        Button("submit_work", "Submit Work", Action.SUBMIT_WORK, "primary"),
        Button("approve_work", "Approve Work", Action.APPROVE_WORK, "success"),
        Button("request_changes", "Request Changes", Action.REQUEST_CHANGES, "warning"),
        Button("accept_cancel", "Accept Cancellation", Action.ACCEPT_CANCEL, "danger"),
        Button("reject_cancel", "Reject Cancellation", Action.REJECT_CANCEL, "info"),
        Button("open_dispute", "Open Dispute", Action.OPEN_DISPUTE, "danger"),
    )
}
"""The actions that have a button, with the words of the guide."""

NOT_YET: Final = {Action.APPROVE_WORK: WORKING, Action.OPEN_DISPUTE: WORKING}
"""Open already in these states, but offered as a button only once there is work to look at."""


def buttons(deal: Deal) -> list[Button]:
    """Return the buttons of the awaited side; none once the deal is closed."""
    if deal.awaiting_role is None:
        return []
    shown = [
        BUTTONS[action]
        for action in open_actions(deal, deal.awaiting_role)
        if action in BUTTONS and deal.state not in NOT_YET.get(action, ())
    ]
    return [_with_amount(deal, button) for button in shown]


def input_fields(deal: Deal, asks: Action) -> list[InputField]:
    """Return the fields of a prompt."""
    return _offer_fields(deal) if asks is Action.NEGOTIATION_AMOUNT else list(INPUT_FIELDS[asks])


def _offer_fields(deal: Deal) -> list[InputField]:
    """Return the fields of an offer, with the bounds of this deal."""
    least, most = deal.terms.min_amount, deal.terms.max_amount
    return [
        InputField(
            id="proposed_amount",
            label="Your amount in rupees",
            type="number",
            placeholder=f"{rupees(least)} to {rupees(most)}",
            required=True,
            min=least,
            max=most,
        ),
        InputField(
            id="reasoning", label="Your reasoning", type="textarea", placeholder="Why this amount is fair"
        ),
        InputField(id="deliver_by", label="Delivered by", type="text", placeholder="YYYY-MM-DD"),
    ]


INPUT_FIELDS: Final[dict[Action, tuple[InputField, ...]]] = {
    Action.WORK_SUBMISSION: (
        InputField(
            id="description",
            label="What you made",
            type="textarea",
            placeholder="What it is, and where to find it",
            required=True,
        ),
        InputField(id="links", label="Links, one a line", type="textarea", placeholder="https://"),
    ),
    Action.CHANGE_REQUEST: (
        InputField(
            id="feedback",
            label="What should change",
            type="textarea",
            placeholder="As precise as you can",
            required=True,
        ),
    ),
    Action.DISPUTE: (
        InputField(
            id="reason",
            label="What is wrong",
            type="textarea",
            placeholder="An operator reads this and decides",
            required=True,
        ),
    ),
}
"""The fields of the prompts whose bounds are not the deal's."""


def asked(deal: Deal, asks: Action, role: Role | None) -> ActionData:
    """Return the prompt for that input. Whose turn it is keeps the other buttons: asking is not yet answering."""
    shown = buttons(deal) if role is deal.awaiting_role else []
    others = [button for button in shown if MOVES[deal.state, button.action].asks is None]
    return ActionData(buttons=others, input_type=asks, input_fields=input_fields(deal, asks))


def offered(deal: Deal) -> ActionData | None:
    """Return the buttons as a message carries them, if there are any."""
    shown = buttons(deal)
    return ActionData(buttons=shown) if shown else None


def next_states(deal: Deal) -> list[State]:
    """Return where the buttons lead, in the order of the states."""
    targets = {MOVES[deal.state, button.action].to or deal.state for button in buttons(deal)}
    return [state for state in State if state in targets]


def _with_amount(deal: Deal, button: Button) -> Button:
    if button.action is Action.ACCEPT_PROPOSAL:
        return replace(button, data=ButtonData(deal.amount))
    return button
