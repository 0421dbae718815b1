"""The steps plots are made of: what somebody does on stage, in the words of the market."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from stoory.actor import Role
from stoory.deals.states import Action
from stoory.money import Money
from stoory.seed import money
from stoory.seed.stage import Stage

Step = Callable[[Stage], Awaitable[None]]

BRAND: Final = Role.BRAND_OWNER
INFLUENCER: Final = Role.INFLUENCER
LINKS: Final = ["https://example.com/video-1"]


def begins(opening: Action) -> Step:
    """Let the deal begin: an application, an invitation, a negotiation the brand begins."""
    return lambda stage: stage.opens(opening)


def opens_negotiation(stage: Stage) -> Awaitable[None]:
    """Let the brand take up an application."""
    return stage.opens(Action.INITIALIZE)


def does(role: Role, action: Action, *topics: str) -> Step:
    """Let somebody make a move, with words on each topic in the field of that name."""

    async def step(stage: Stage) -> None:
        await stage.presses(role, action, {topic: stage.new_words(topic) for topic in topics})

    return step


def offers(role: Role, figure: str) -> Step:
    """Let somebody name an amount: `offered` or `met`."""

    async def step(stage: Stage) -> None:
        amount: Money = getattr(stage.figures, figure)
        data: dict[str, object] = {
            "proposed_amount": amount.to_wire(),
            "reasoning": stage.new_words("reasoning"),
        }
        await stage.presses(role, Action.NEGOTIATION_AMOUNT, data)

    return step


def accepts(role: Role) -> Step:
    """Let somebody accept what is on the table."""
    return does(role, Action.ACCEPT_PROPOSAL)


def submits(stage: Stage) -> Awaitable[None]:
    """Let the influencer hand in the work."""
    return _sends(stage, INFLUENCER, Action.WORK_SUBMISSION, description="work", links=LINKS)


def wants_changes(stage: Stage) -> Awaitable[None]:
    """Let the brand send the work back."""
    return _sends(stage, BRAND, Action.CHANGE_REQUEST, feedback="feedback")


def disputes(role: Role) -> Step:
    """Let somebody call an operator."""
    return lambda stage: _sends(stage, role, Action.DISPUTE, reason="trouble")


def replies(role: Role) -> Step:
    """Let the other side answer to a dispute."""
    return lambda stage: _sends(stage, role, Action.DISPUTE_REPLY, reason="trouble")


def half_to_each(role: Role) -> Step:
    """Let somebody propose to end the deal, or the operator decide to, with half of the money for each."""

    async def step(stage: Stage) -> None:
        held = stage.row.deal.held
        half = held.share(5000)
        data: dict[str, object] = {"reason": stage.new_words("reason")}
        if role is Role.ADMIN:
            shares = {"release_amount": (held - half).to_wire(), "refund_amount": half.to_wire()}
            await stage.presses(role, Action.RESOLVE_DISPUTE, data | shares)
        else:
            await stage.presses(role, Action.PROPOSE_CANCEL, data | {"refund_amount": half.to_wire()})

    return step


def hires_somebody_else(stage: Stage) -> Awaitable[None]:
    """Let the brand hire another influencer for the bid."""
    return stage.happens(Action.POSTING_CANCELLED, {"cause": "hired"})


def chats(topic: str, count: int) -> Step:
    """Let the two write to each other so many times, the brand first; `terms` before the payment, `work` after it."""

    async def step(stage: Stage) -> None:
        for number in range(count):
            role = INFLUENCER if number % 3 else BRAND
            await stage.says(role, ("brand" if role is BRAND else "influencer") + topic)

    return step


def waits(**time: float) -> Step:
    """Let time pass (`hours=5`), with everything that is due meanwhile."""
    return lambda stage: stage.waits(timedelta(**time))


def reads(role: Role) -> Step:
    """Let somebody read everything."""
    return lambda stage: stage.reads(role)


def pays(stage: Stage) -> Awaitable[None]:
    """Let the brand pay."""
    return money.pays(stage)


def pays_at_second_try(stage: Stage) -> Awaitable[None]:
    """Let the brand's first payment fail."""
    return money.pays(stage, at_first="failed")


async def _sends(stage: Stage, role: Role, action: Action, **fields: str | list[str]) -> None:
    """Let somebody send a form: words on the topic a field names, or what stands there."""
    data: dict[str, object] = {
        name: stage.new_words(field) if isinstance(field, str) else field for name, field in fields.items()
    }
    await stage.presses(role, action, data)
