"""What the catalogue says of the walls, on a freshly migrated database. No finding is acceptable."""

from __future__ import annotations

import asyncpg
import pytest

TOOLS = ("schema_migrations",)
"""Tables of tools, not ours."""


async def names(superuser: asyncpg.Connection[asyncpg.Record], sql: str) -> list[str]:
    return [record[0] for record in await superuser.fetch(sql)]


async def test_row_security_is_enabled_and_forced_on_every_table(
    superuser: asyncpg.Connection[asyncpg.Record],
) -> None:
    bare = await names(
        superuser,
        """
        select relname
          from pg_class
         where relnamespace = 'public'::regnamespace
           and relkind in ('r', 'p')
           and not (relrowsecurity and relforcerowsecurity)
        """,
    )

    assert set(bare) == set(TOOLS)


async def test_no_policy_is_for_everybody_or_passes_everything(
    superuser: asyncpg.Connection[asyncpg.Record],
) -> None:
    loose = await names(
        superuser,
        """
        select tablename || '.' || policyname
          from pg_policies
         where 'public' = any (roles)
            or ('stoory_api' = any (roles) and (qual = 'true' or with_check = 'true'))
        """,
    )

    assert loose == []


async def test_every_policy_asks_once_who_the_user_is(superuser: asyncpg.Connection[asyncpg.Record]) -> None:
    """`(select app.user_id())` becomes an InitPlan; a bare call would run for every row."""
    policies = await superuser.fetch(
        """
        select tablename || '.' || policyname as name, coalesce(qual, '') || coalesce(with_check, '') as body
          from pg_policies
         where 'stoory_api' = any (roles)
        """
    )

    assert policies
    for policy in policies:
        for function in ("app.user_id()", "app.role()", "app.is_admin()"):
            assert policy["body"].count(function) == policy["body"].count(f"( SELECT {function}"), policy[
                "name"
            ]


async def test_no_function_trusts_the_search_path(superuser: asyncpg.Connection[asyncpg.Record]) -> None:
    careless = await names(
        superuser,
        """
        select proname
          from pg_proc
         where pronamespace = 'app'::regnamespace
           and not coalesce(proconfig, '{}') @> array['search_path=""']
        """,
    )

    assert careless == []


async def test_no_function_of_ours_is_executable_by_everybody(
    superuser: asyncpg.Connection[asyncpg.Record],
) -> None:
    public = await names(
        superuser,
        """
        select p.proname
          from pg_proc p, lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
         where p.pronamespace = 'app'::regnamespace
           and a.grantee = 0
        """,
    )

    assert public == []


async def test_nobody_tells_news_but_the_triggers(superuser: asyncpg.Connection[asyncpg.Record]) -> None:
    """Not even the role with which the application comes in; who looks from outside the walls could write it anyway."""
    callers = await names(
        superuser,
        """
        select rolname || ' ' || proname
          from pg_proc p, pg_roles r
         where p.pronamespace = 'app'::regnamespace
           and (p.proname = 'add_news' or p.proname like '%are_news')
           and not r.rolsuper
           and has_function_privilege(r.oid, p.oid, 'execute')
        """,
    )

    assert sorted(callers) == [
        f"stoory_system {name}"
        for name in ("add_news", "conversations_are_news", "messages_are_news", "participations_are_news")
    ]


async def test_the_applications_roles_own_no_wall_to_loosen(
    superuser: asyncpg.Connection[asyncpg.Record],
) -> None:
    powerful = await names(
        superuser,
        """
        select rolname
          from pg_roles
         where rolname in ('stoory_api', 'stoory_system', 'stoory_app', 'stoory_owner')
           and (rolsuper or rolbypassrls)
         union all
        select relname
          from pg_class c
          join pg_roles r on r.oid = c.relowner
         where r.rolname in ('stoory_api', 'stoory_system', 'stoory_app')
           and c.relkind in ('r', 'p')
        """,
    )

    assert powerful == []


async def test_every_foreign_key_has_an_index(superuser: asyncpg.Connection[asyncpg.Record]) -> None:
    unindexed = await names(
        superuser,
        """
        select c.conrelid::regclass || '.' || c.conname
          from pg_constraint c
         where c.contype = 'f'
           and c.connamespace = 'public'::regnamespace
           and not exists (select
                             from pg_index i
                            where i.indrelid = c.conrelid
                              and i.indkey[0] = c.conkey[1])
        """,
    )

    assert unindexed == []


@pytest.mark.usefixtures("world")
async def test_without_a_user_there_are_no_rows(superuser: asyncpg.Connection[asyncpg.Record]) -> None:
    tables = await names(
        superuser,
        "select tablename from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations'",
    )
    async with superuser.transaction():
        await superuser.execute("set local role stoory_api")
        for table in tables:
            if await superuser.fetchval("select has_any_column_privilege('stoory_api', $1, 'select')", table):
                count = await superuser.fetchval(f"select count(*) from {table}")
                assert count == 0, table
