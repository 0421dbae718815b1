"""The plans PostgreSQL made and ran for somebody, inside functions too: auto_explain tells them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import msgspec

from tests.policies.scene import Superuser
from tests.world import Person

TELL_PLANS: Final = """
load 'auto_explain';
set auto_explain.log_min_duration = 0;
set auto_explain.log_nested_statements = on;
set auto_explain.log_analyze = on;
set auto_explain.log_timing = off;
set auto_explain.log_format = json;
set auto_explain.log_level = notice;
set jit = off;
"""

Plan = dict[str, Any]


async def plans(superuser: Superuser, person: Person, run: Callable[[], Awaitable[object]]) -> list[Plan]:
    """Run something as that person, as `app.enter` lets them in, and return the plans of everything that ran for it."""
    told: list[Plan] = []

    def hear(_: Any, message: Any) -> None:
        _, _, plan = message.message.partition("plan:")
        if plan:
            told.append(msgspec.json.decode(plan))

    await superuser.execute(
        "savepoint walls; set local role stoory_api;"
        f"select set_config('app.user_id', '{person.id}', true), set_config('app.role', '{person.role}', true),"
        "       set_config('plan_cache_mode', 'force_generic_plan', true)"
    )
    superuser.add_log_listener(hear)
    await run()
    # The last plan is told when its statement is put away.
    await superuser.execute("rollback to savepoint walls")
    superuser.remove_log_listener(hear)
    return told


def nodes(plan: Plan) -> Iterator[Plan]:
    """Return every node of a plan."""
    node = plan.get("Plan", plan)
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)


def touched(plan: Plan) -> int:
    """Return how many rows of tables a plan read, those it threw away again included."""
    thrown_away = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        (node["Actual Rows"] + sum(node.get(key, 0) for key in thrown_away)) * node["Actual Loops"]
        for node in nodes(plan)
        if "Relation Name" in node
    )


def indexes(plan: Plan) -> set[str]:
    """Return the names of the indexes a plan uses."""
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}
