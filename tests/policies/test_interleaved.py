"""Many people on few connections, with everything that can go wrong: nobody ever sees a row of somebody else's."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from random import Random
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest

from stoory.actor import Actor, Role
from stoory.platform.bus import Bus
from stoory.platform.clock import Clock
from stoory.platform.database import Database, Tx
from stoory.platform.postgres import Server
from tests.policies.scene import Superuser
from tests.world import lay

IS_SOAK: Final = bool(os.environ.get("SOAK"))
PEOPLE: Final = 200 if IS_SOAK else 40
TRANSACTIONS: Final = 10_000 if IS_SOAK else 2_000
CONNECTIONS: Final = 5
SEED: Final = int(os.environ.get("SEED", "7"))
LATEST_CANCEL_SECONDS: Final = 0.03

CROWD: Final = """
insert into users (id, name, phone, role)
select ('00000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid, 'Person ' || n, '+91' || 9700000000 + n,
       case n % 2 when 0 then 'brand_owner' else 'influencer' end
  from generate_series(0, $1::integer - 1) n;
"""
BELONGINGS: Final = """
insert into sessions (user_id, created_at, last_used_at, expires_at)
select id, now(), now(), now() + interval '1 day' from users where name like 'Person %';

insert into bids (title, min_budget, max_budget, status, created_by)
select 'Of ' || name, 1, 2, 'in_progress', id from users where name like 'Person %' and role = 'brand_owner';

insert into conversations (brand_owner_id, influencer_id)
select b.id, i.id
  from users b
  join users i on i.phone::numeric = b.phone::numeric + 1 and i.name like 'Person %'
 where b.name like 'Person %'
   and b.role = 'brand_owner';

insert into participations (conversation_id, user_id, other_user_id)
select id, brand_owner_id, influencer_id from conversations
 union all
select id, influencer_id, brand_owner_id from conversations;

insert into messages (conversation_id, sender_id, message)
select id, brand_owner_id, 'Hello' from conversations;
"""
EVERYTHING: Final = """
select 'users' as what, array[id] as whose from users
 union all
select 'sessions', array[user_id] from sessions
 union all
select 'bids', array[created_by] from bids where status <> 'open'
 union all
select 'conversations', array[brand_owner_id, influencer_id] from conversations
 union all
select 'participations', array[user_id, other_user_id] from participations
 union all
select 'messages', array[brand_owner_id, influencer_id] from messages
"""
CLEAN: Final = """
select current_user = session_user
   and coalesce(current_setting('app.user_id', true), '') = ''
   and coalesce(current_setting('app.role', true), '') = ''
   and pg_current_xact_id_if_assigned() is null
"""


class Leaked(AssertionError):
    """Somebody saw what is not theirs, or found what another transaction had left."""


class Crash(Exception):
    """Something of ours breaks in the middle of a transaction."""


class Crowd:
    """People who all do something at once, on a pool that is much too small for them."""

    def __init__(self, db: Database, superuser: Superuser, people: list[Actor]) -> None:
        self.db = db
        self.superuser = superuser
        self.people = people
        self.backends: set[int] = set()
        self.came_to: Counter[tuple[str, str]] = Counter()
        self._killing = asyncio.Lock()

    async def act(self, actor: Actor, chance: Random) -> None:
        """Open one transaction and let something happen in it."""
        happens = chance.choices(list(EVENTS), [weight for _, weight, _ in EVENTS.values()])[0]
        doing = asyncio.create_task(self._transact(actor, chance, EVENTS[happens][0]))
        if happens == "cancelled":
            asyncio.get_running_loop().call_later(chance.uniform(0, LATEST_CANCEL_SECONDS), doing.cancel)
        [outcome] = await asyncio.gather(doing, return_exceptions=True)
        if isinstance(outcome, Leaked):
            raise outcome
        self.came_to[happens, "committed" if outcome is None else type(outcome).__name__] += 1

    async def _transact(self, actor: Actor, chance: Random, event: Event) -> None:
        async with self.db.as_user(actor) as tx:
            backend = tx.connection.get_server_pid()
            self.backends.add(backend)
            try:
                await look(tx, actor)
                await event(self, tx, actor, chance)
                await look(tx, actor)
            finally:
                self.backends.discard(backend)

    async def write(self, tx: Tx, actor: Actor, _: Random) -> None:
        """Do what is allowed."""
        await tx.run("update users set bio = 'written' where id = $1", actor.id)

    async def crash(self, tx: Tx, actor: Actor, _: Random) -> None:
        """Break after a write, which must never have been."""
        await tx.run("update users set bio = 'undone' where id = $1", actor.id)
        raise Crash

    async def break_a_constraint(self, tx: Tx, actor: Actor, _: Random) -> None:
        """Give oneself a name that is none."""
        await tx.run("update users set bio = 'undone', name = null where id = $1", actor.id)

    async def reach_over(self, tx: Tx, _: Actor, chance: Random) -> None:
        """Try to change what belongs to everybody else, and to speak in somebody's name."""
        other = chance.choice(self.people)
        await tx.run("update users set bio = 'mine now' where id <> app.user_id()")
        await tx.run(
            """
            insert into messages (id, conversation_id, sender_id, message)
            select $1, gen_random_uuid(), $2, 'Not me'
            """,
            uuid4(),
            other.id,
        )

    async def go_on_as_system(self, tx: Tx, actor: Actor, chance: Random) -> None:
        """Leave the walls, as moves do; who comes next on this connection must stand before them again."""
        await tx.as_system("a test")
        everybody = await tx.value(int, "select count(*) from users")
        if everybody < PEOPLE:
            raise Leaked("the system does not see everybody")
        await tx.run("set local role stoory_api")
        if chance.random() < 1 / 2:
            await self.crash(tx, actor, chance)

    async def kill_somebody(self, tx: Tx, actor: Actor, chance: Random) -> None:
        """End a connection in use, perhaps one's own."""
        await self.write(tx, actor, chance)
        async with self._killing:
            victim = chance.choice(sorted(self.backends))
            await self.superuser.execute("select pg_terminate_backend($1::integer)", victim)


Event = Callable[[Crowd, Tx, Actor, Random], Coroutine[Any, Any, None]]

EVENTS: Final[dict[str, tuple[Event, int, set[str]]]] = {
    "writes": (Crowd.write, 10, {"committed"}),
    "cancelled": (Crowd.write, 5, {"committed", "CancelledError"}),
    "crashes": (Crowd.crash, 3, {"Crash"}),
    "constraint": (Crowd.break_a_constraint, 3, {"NotNullViolationError"}),
    "reaches over": (Crowd.reach_over, 3, {"InsufficientPrivilegeError"}),
    "as system": (Crowd.go_on_as_system, 3, {"committed", "Crash"}),
    "kills": (Crowd.kill_somebody, 1, {"committed"}),
}
"""What happens in a transaction, how often of 28, and what may come of it: that, or Busy where somebody was killed."""


async def look(tx: Tx, actor: Actor) -> None:
    """See everything there is to see; all of it must be one's own, and one's own must be there."""
    rows = await tx.connection.fetch(EVERYTHING)
    foreign = [row for row in rows if actor.id not in row["whose"]]
    if foreign or not rows:
        raise Leaked(f"{actor.id} sees {foreign or 'nothing'}")


@pytest.fixture
async def crowd(server: Server, superuser: Superuser) -> AsyncIterator[Crowd]:
    """Return the crowd, and clear up after it."""
    await lay(superuser)
    await superuser.execute(CROWD.replace("$1", str(PEOPLE)) + BELONGINGS)
    rows = await superuser.fetch(
        "select u.id, u.role, s.id from users u join sessions s on s.user_id = u.id where u.name like 'Person %'"
    )
    db = Database(server.dsn("stoory_app"), pool_size=CONNECTIONS, clock=Clock(), bus=Bus())
    await db.connect()
    yield Crowd(db, superuser, [Actor(id_, Role(role), session_id) for id_, role, session_id in rows])
    await db.close()
    await lay(superuser)


async def test_whatever_goes_wrong_nobody_sees_a_row_of_somebody_else(crowd: Crowd) -> None:
    async def live(actor: Actor, chance: Random) -> None:
        for _ in range(TRANSACTIONS // PEOPLE):
            await crowd.act(actor, chance)

    async with asyncio.TaskGroup() as everybody:
        for number, actor in enumerate(crowd.people):
            everybody.create_task(live(actor, Random(f"{SEED} {number}")))

    outcomes = {
        happens: {came_to for what, came_to in crowd.came_to if what == happens} for happens in EVENTS
    }
    assert crowd.came_to.total() == TRANSACTIONS
    assert {happens: came_to - {"Busy"} for happens, came_to in outcomes.items()} == {
        happens: expected for happens, (_, _, expected) in EVENTS.items()
    }
    assert (
        await crowd.superuser.fetchval("select count(*) from users where bio in ('undone', 'mine now')") == 0
    )
    await nothing_is_left(crowd.db)


async def nothing_is_left(db: Database) -> None:
    """Look at every connection of the pool: no role, no person, no transaction, and not a row without them."""
    pool = db._pool  # pyright: ignore[reportPrivateUsage] - what is left on a connection is seen from inside alone
    assert pool is not None
    async with AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            connection = await stack.enter_async_context(pool.acquire())
            assert not connection.is_in_transaction()
            assert await connection.fetchval(CLEAN)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("select id from users")
    assert pool.get_idle_size() == pool.get_size() == CONNECTIONS
