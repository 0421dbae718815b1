"""The story of the README is played to its end, again and again, and stops where something is wrong."""

from __future__ import annotations

import asyncio
from io import StringIO
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from stoory.demo import StepFailed, play, play_subscriptions
from stoory.subscriptions.jobs import Clocks
from tests.money import Market, balances
from tests.world import World


async def test_the_demo_tells_its_story_to_the_payout_and_books_that_balance(
    market: Market, sandbox: str, tmp_path: Path
) -> None:
    story = StringIO()
    told = Console(file=story, width=120)
    app, outside = httpx.ASGITransport(app=market.world.app), httpx.AsyncHTTPTransport()
    async with httpx.AsyncClient(
        transport=app, base_url="http://stoory.test", mounts={sandbox: outside}
    ) as client:
        for _ in range(2):
            await play(client, tmp_path / "sessions.json", told, sandbox=sandbox)

    assert story.getvalue().count("completed, and Ravi is paid") == 2
    assert story.getvalue().count("everything adds up to nothing") == 2
    assert (await balances(market.om)).keys() <= {"bank", "commission", "fees", "gateway"}


async def test_without_the_sandbox_the_demo_ends_before_the_payment(world: World, tmp_path: Path) -> None:
    story = StringIO()
    async with world.client() as client:
        await play(client, tmp_path / "sessions.json", Console(file=story, width=120), sandbox=None)

    assert "accepted, waiting for payment" in story.getvalue()


async def test_the_story_of_plans_is_played_again_and_again(
    world: World, sandbox: str, tmp_path: Path
) -> None:
    story = StringIO()
    told = Console(file=story, width=120)
    app, outside = httpx.ASGITransport(app=world.app), httpx.AsyncHTTPTransport()
    clocks = asyncio.create_task(_run_clocks(world))
    try:
        async with httpx.AsyncClient(
            transport=app, base_url="http://stoory.test", mounts={sandbox: outside}
        ) as client:
            for _ in range(2):
                await play_subscriptions(client, tmp_path / "sessions.json", told, sandbox=sandbox)
    finally:
        clocks.cancel()

    assert story.getvalue().count("what happened to the subscription") == 2
    assert story.getvalue().count("plan_limit_reached") == 4


async def _run_clocks(world: World) -> None:
    clocks = Clocks(world.app.seller)
    while True:
        await clocks.run(world.db)
        await asyncio.sleep(0.05)


async def test_the_story_of_plans_is_for_play_money_only(world: World, tmp_path: Path) -> None:
    async with world.client() as client:
        with pytest.raises(StepFailed, match="no sandbox"):
            await play_subscriptions(
                client, tmp_path / "sessions.json", Console(file=StringIO()), sandbox=None
            )


async def test_the_demo_stops_at_a_step_that_fails(world: World, tmp_path: Path) -> None:
    async with world.client() as client:
        client.headers["Content-Type"] = "text/plain"
        with pytest.raises(StepFailed, match="cannot sign in: 415"):
            await play(client, tmp_path / "sessions.json", Console(file=StringIO()), sandbox=None)


async def test_the_sessions_of_the_demo_are_for_its_owner_only(world: World, tmp_path: Path) -> None:
    kept = tmp_path / "sessions.json"
    async with world.client() as client:
        await play(client, kept, Console(file=StringIO()), sandbox=None)

    assert kept.stat().st_mode & 0o077 == 0
