"""Each policy holds something up: without it, or with it wide open, the matrix of the tables is another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.policies.scene import Scene, Superuser
from tests.policies.walls import Cells, found_cells
from tests.policies.who_sees import TABLES


@asynccontextmanager
async def without_walls_changing(superuser: Superuser, change: str) -> AsyncIterator[None]:
    """Change a policy for the moment of a test."""
    transaction = superuser.transaction()
    await transaction.start()
    try:
        await superuser.execute(change)
        yield
    finally:
        await transaction.rollback()


async def whole_matrix(scene: Scene) -> dict[str, Cells]:
    return {table: await found_cells(scene.superuser, table) for table in TABLES}


async def test_each_policy_would_be_missed(scene: Scene) -> None:
    policies = await scene.superuser.fetch(
        "select tablename, policyname from pg_policies where schemaname = 'public'"
    )
    matrix = await whole_matrix(scene)

    unmissed: list[str] = []
    for table, policy in policies:
        async with without_walls_changing(scene.superuser, f"drop policy {policy} on {table}"):
            if await found_cells(scene.superuser, table) == matrix[table]:
                unmissed.append(policy)

    assert policies
    assert unmissed == []


async def test_each_policy_opened_wide_would_be_noticed(scene: Scene) -> None:
    """What an update leaves behind is checked for postings, whose owner could be changed, and nowhere else."""
    policies = await scene.superuser.fetch(
        """
        select tablename, policyname, cmd
          from pg_policies
         where schemaname = 'public'
           and 'stoory_api' = any (roles)
        """
    )
    matrix = await whole_matrix(scene)

    unnoticed: list[str] = []
    for table, policy, command in policies:
        halves = {"INSERT": ["with check"], "UPDATE": ["using"] + ["with check"] * bool(TABLES[table].owner)}
        for half in halves.get(command, ["using"]):
            async with without_walls_changing(
                scene.superuser, f"alter policy {policy} on {table} {half} (true)"
            ):
                if await found_cells(scene.superuser, table) == matrix[table]:
                    unnoticed.append(f"{policy} {half}")

    assert policies
    assert unnoticed == []
