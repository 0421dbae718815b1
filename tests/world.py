"""The people and postings of db/world.sql, and how a test speaks as one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import httpx
from msgspec import Struct

from stoory.actor import Actor, Role
from stoory.app import Application
from stoory.payments.jobs.webhooks import apply_webhooks
from stoory.plans.queries import insert_terms
from stoory.upkeep import reconcile_everything

PASSWORD: Final = "stoory-demo-1"


class Person(Struct, frozen=True):
    """Somebody of the world."""

    name: str
    id: UUID
    role: Role
    phone: str


def _person(name: str, number: int, role: Role) -> Person:
    return Person(name, UUID(f"a5000000-0000-4000-8000-{number:012d}"), role, f"+91980000000{number}")


ASHA: Final = _person("Asha", 1, Role.BRAND_OWNER)
RAVI: Final = _person("Ravi", 2, Role.INFLUENCER)
MEERA: Final = _person("Meera", 3, Role.INFLUENCER)
KABIR: Final = _person("Kabir", 4, Role.BRAND_OWNER)
OM: Final = _person("Om", 5, Role.ADMIN)
PEOPLE: Final = (ASHA, RAVI, MEERA, KABIR, OM)

VIDEO_BID: Final = UUID("b1d00000-0000-4000-8000-000000000001")
"""Asha's, 3,000 to 8,000."""
COFFEE_BID: Final = UUID("b1d00000-0000-4000-8000-000000000002")
"""Kabir's, 1,500 to 4,000."""
SUMMER_CAMPAIGN: Final = UUID("ca000000-0000-4000-8000-000000000001")
"""Asha's, 10,000."""


FIRST_PLANS: Final = "2026-01-01Z"
"""From when on the plans hold that a migration lays."""

WORLD_SQL: Final = Path(__file__).parents[1] / "db" / "world.sql"


async def lay(superuser: asyncpg.Connection[asyncpg.Record]) -> None:
    """Lay the world as db/world.sql does, whatever was there before."""
    await superuser.execute(await _clearing(superuser) + WORLD_SQL.read_text())


async def _clearing(superuser: asyncpg.Connection[asyncpg.Record]) -> str:
    """Return the statements that empty every table but the plans, the taxes, the system user and what tools keep."""
    tables = await superuser.fetch(
        """
        select format('%I.%I', schemaname, tablename) as name
          from pg_tables
         where schemaname in ('public', 'queue')
           and tablename not in ('schema_migrations', 'plans', 'tax_rates', 'users')
        """
    )
    deletes = "".join(f"delete from {table['name']};" for table in tables)
    return (
        f"set session_replication_role = replica; {deletes} delete from users where role <> 'system';"
        f"delete from plans where valid_from > '{FIRST_PLANS}';"
        "set session_replication_role = default;"
    )


class World:
    """The running application and its database, as tests see them."""

    def __init__(self, app: Application) -> None:
        """Take what the conftest started."""
        self.app = app
        self.db = app.db

    def forget(self) -> None:
        """Have everything read anew: tests write past the application, which is never told."""
        self.app.profiles.forget_all()
        self.app.open_postings.forget_all()
        self.app.rates.forget_all()

    async def sign_in(self, person: Person) -> Actor:
        """Open a session for a person without a password; logging in has tests of its own."""
        actor = Actor(person.id, person.role, uuid4())
        async with self.db.as_system("a test signs in") as tx:
            await tx.run(
                """
                insert into sessions (id, user_id, created_at, last_used_at, expires_at)
                values ($1, $2, $3, $3, $4)
                """,
                actor.session_id,
                actor.id,
                tx.now,
                datetime.now(UTC) + timedelta(days=30),
            )
        return actor

    async def agree(self, person: Person, **changes: int | None) -> None:
        """Let what a person's plan says be otherwise: by the columns of a plan, None is unlimited."""
        async with self.db.as_system("a test agrees on terms") as tx:
            await insert_terms(
                tx, person.id, changes, plan=None, valid_until=None, reason="a test", set_by=OM.id
            )

    async def pass_time(self, **time: float) -> None:
        """Move the transactions' clock on (`hours=73`) and let everything happen that is due then."""
        self.app.db.clock.advance(int(timedelta(**time).total_seconds()))
        for each in self.app.worker.rounds:
            await each.run(self.app.db)
        await self.do_jobs()

    async def do_jobs(self) -> None:
        """Do the jobs that are waiting."""
        await self.app.worker.drain()

    async def apply_webhooks(self) -> None:
        """Apply the webhooks that have been taken in."""
        await apply_webhooks(self.app.till, self.db)

    async def reconcile(self) -> None:
        """Ask Razorpay about everything that is not settled."""
        await reconcile_everything(self.db, self.app.till)

    @asynccontextmanager
    async def client(self, person: Person | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """Return an HTTP client of that person, or of nobody."""
        headers: dict[str, str] = {}
        if person is not None:
            actor = await self.sign_in(person)
            headers["Authorization"] = f"Bearer {self.app.tokens.issue(actor, person.phone)}"
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://stoory.test", headers=headers
        ) as client:
            yield client
