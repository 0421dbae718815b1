"""The story of the README is played to its end, again and again, and stops where something is wrong."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from stoory.demo import StepFailed, play
from tests.world import World


async def test_the_demo_tells_its_story_to_accepted_waiting_for_payment(world: World, tmp_path: Path) -> None:
    story = StringIO()
    told = Console(file=story, width=120)
    async with world.client() as client:
        await play(client, tmp_path / "sessions.json", told)
        await play(client, tmp_path / "sessions.json", told)

    assert story.getvalue().count("accepted, waiting for payment") == 2


async def test_the_demo_stops_at_a_step_that_fails(world: World, tmp_path: Path) -> None:
    async with world.client() as client:
        client.headers["Content-Type"] = "text/plain"
        with pytest.raises(StepFailed, match="cannot sign in: 415"):
            await play(client, tmp_path / "sessions.json", Console(file=StringIO()))


async def test_the_sessions_of_the_demo_are_for_its_owner_only(world: World, tmp_path: Path) -> None:
    kept = tmp_path / "sessions.json"
    async with world.client() as client:
        await play(client, kept, Console(file=StringIO()))

    assert kept.stat().st_mode & 0o077 == 0
