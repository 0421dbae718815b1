"""The story of plans: a limit, a payment that lifts it, a month, a renewal that nobody pays, and basic again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table

from stoory.demo.room import make_room
from stoory.demo.stage import Json, Stage, StepFailed

DAY: Final = 86_400
ALLOWED: Final = 3
"""Open postings on basic."""
PRICE: Final = 499
POSTING: Final = {
    "title": "A short story for Diwali",
    "description": "One story, lights and all",
    "min_budget": 1000,
    "max_budget": 2500,
    "language": "English",
    "platform": "Instagram",
    "content_type": "stories",
    "category": "fashion",
}


async def play_subscriptions(
    client: httpx.AsyncClient, kept: Path, console: Console, *, sandbox: str | None
) -> None:
    """Play the story; StepFailed at the first step that does not happen as it should, or where money is real.

    Some six weeks pass on the server's clock, for everybody; it runs on from there until the server is started anew.
    """
    if sandbox is None:
        raise StepFailed("plans are paid with play money only: this server has no sandbox")
    stage = Stage(client, kept, console, sandbox)
    await stage.enter()
    await _begin_on_basic(stage)
    await _meet_the_limit(stage)
    subscription = await _subscribe(stage)
    await _post_on(stage)
    await _month_passes(stage, subscription)
    await _nobody_pays(stage, subscription)
    await _fall_back(stage, subscription)
    await make_room(stage)
    await _show_history(stage, console, subscription)


async def _begin_on_basic(stage: Stage) -> None:
    stage.scene("Asha is on basic")
    mine = await stage.look("Asha", "/api/subscriptions")
    for live in mine["subscriptions"]:
        if live["plan"] != "basic" and live["status"] in ("active", "past_due"):
            address, now = f"/api/subscriptions/{live['id']}/cancel", {"at_period_end": False}
            await stage.step("Asha", "ends what an earlier play left", "PUT", address, now)
    await make_room(stage)
    plans = await stage.step("Asha", "looks at the plans", "GET", "/api/subscriptions/plans")
    stage.check(
        "basic allows three open postings, premium as many as she likes",
        holds=[plan["limits"]["open_postings"] for plan in plans["plans"][:2]] == [ALLOWED, None],
    )


async def _meet_the_limit(stage: Stage) -> None:
    stage.scene("She meets its limit")
    usage = await _usage(stage)
    for _ in range(ALLOWED - usage["open_postings"]["used"]):
        await _post(stage, 201)
    refused = await _post(stage, 402)
    stage.check(
        "the fourth is refused, and she is told why and what helps",
        holds=(refused["code"], refused["limit"], refused["used"], refused["upgrade_to"])
        == ("plan_limit_reached", ALLOWED, ALLOWED, "premium"),
    )


async def _subscribe(stage: Stage) -> Json:
    stage.scene("She subscribes to premium")
    wish = {"plan": "premium", "period": "monthly"}
    asked = await stage.step(
        "Asha", "asks for premium", "POST", "/api/subscriptions/create", wish, expect=(200, 201)
    )
    stage.check("499 are to be paid", holds=asked["order"]["amount"] == PRICE)
    fields = await stage.at_checkout(asked["order"]["razorpay_order_id"], "captured")
    await stage.step("Asha", "pays at the checkout", "POST", "/api/payments/verify-payment", fields)
    address = f"/api/subscriptions/{asked['subscription']['id']}"
    subscription: Json = (await stage.step("Asha", "looks at it", "GET", address))["subscription"]
    stage.check("it is active", holds=subscription["status"] == "active")
    [invoice] = (await stage.step("Asha", "looks for her invoice", "GET", f"{address}/invoices"))["invoices"]
    page = await stage.download("Asha", "reads it", f"{address}/invoices/{invoice['id']}")
    stage.check("it names the taxes", holds="CGST" in page.decode())
    return subscription


async def _post_on(stage: Stage) -> None:
    stage.scene("She posts on")
    await _post(stage, 201)
    usage = await _usage(stage)
    stage.check("four are open, and nothing limits them", holds=usage["open_postings"]["limit"] is None)


async def _month_passes(stage: Stage, subscription: Json) -> None:
    stage.scene("A month passes")
    await _let_pass(stage, _length(subscription) - 2 * DAY, "a month, less two days")
    waiting = await _wait_for(stage, subscription, "renewal_asked")
    stage.check("she is asked for the next month", holds=waiting["order"]["amount"] == PRICE)
    await _let_pass(stage, 2 * DAY, "the last two days")
    waiting = await _wait_for(stage, subscription, "past_due")
    stage.check(
        "nobody has paid; the plan goes on for a week", holds=(await _usage(stage))["plan"] == "premium"
    )


async def _nobody_pays(stage: Stage, subscription: Json) -> None:
    stage.scene("She is reminded")
    for times, days in enumerate((1, 2, 3), start=1):
        await _let_pass(stage, days * DAY, f"{days} day{'s' if days > 1 else ''}")
        told = await _wait_for(stage, subscription, "reminded", times)
        stage.check("and told until when she can pay", holds=told["subscription"]["pay_by"] is not None)


async def _fall_back(stage: Stage, subscription: Json) -> None:
    stage.scene("She is on basic again")
    await _let_pass(stage, 2 * DAY, "the rest of the week")
    await _wait_for(stage, subscription, "expired")
    usage = await _usage(stage)
    stage.check(
        "what is open goes on",
        holds=(usage["plan"], usage["open_postings"]["used"]) == ("basic", ALLOWED + 1),
    )
    await _post(stage, 402)


async def _show_history(stage: Stage, console: Console, subscription: Json) -> None:
    told = await stage.look("Asha", f"/api/subscriptions/{subscription['id']}")
    table = Table(title=f"{stage.steps} steps; what happened to the subscription", title_justify="left")
    for heading in ("At", "What"):
        table.add_column(heading)
    for each in told["history"]:
        table.add_row(f"{datetime.fromisoformat(each['at']):%d %B %Y, %H:%M}", each["kind"].replace("_", " "))
    console.print(table)


async def _post(stage: Stage, status: int) -> Json:
    return await stage.step("Asha", "posts a bid", "POST", "/api/bids", POSTING, expect=(status,))


async def _usage(stage: Stage) -> Json:
    return (await stage.step("Asha", "looks at her plan", "GET", "/api/account/usage"))["usage"]


async def _let_pass(stage: Stage, seconds: int, what: str) -> None:
    await stage.step("Om", f"lets pass {what}", "POST", "/__dev/clock", {"advance_seconds": seconds})


async def _wait_for(stage: Stage, subscription: Json, kind: str, times: int = 1) -> Json:
    """Wait until that has happened so often, and return the subscription as it is then."""
    address = f"/api/subscriptions/{subscription['id']}"
    return await stage.wait(
        "Asha", address, lambda told: sum(each["kind"] == kind for each in told["history"]) >= times
    )


def _length(subscription: Json) -> int:
    start, end = (datetime.fromisoformat(subscription[f"current_period_{name}"]) for name in ("start", "end"))
    return int((end - start).total_seconds())
