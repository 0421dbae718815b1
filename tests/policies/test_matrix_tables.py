"""Every table x select, insert, update and delete x viewer is as who_sees.py says, enumerated from the catalogue."""

from __future__ import annotations

import json
from contextlib import suppress

import asyncpg
import pytest

from tests.policies.scene import PEOPLE, Scene
from tests.policies.walls import columns, declared_cells, found_cells, viewers
from tests.policies.who_sees import DOORS, PUBLIC_PROFILE, TABLES


async def test_every_table_has_its_entry(scene: Scene) -> None:
    assert await scene.tables() == sorted(TABLES)


async def test_the_scene_has_rows_in_every_table(scene: Scene) -> None:
    """Of an empty table the matrix would prove nothing."""
    assert [table for table, rows in (await scene.rows()).items() if not rows] == []


@pytest.mark.parametrize("table", TABLES)
async def test_each_viewer_reaches_the_declared_rows(scene: Scene, table: str) -> None:
    assert await found_cells(scene.superuser, table) == await declared_cells(scene.superuser, table)


@pytest.mark.parametrize("name", PEOPLE)
async def test_who_comes_with_our_token_by_another_door_meets_the_same_walls(scene: Scene, name: str) -> None:
    """PostgREST and Supabase set the claims of a token and nothing else."""
    person = PEOPLE[name]
    viewer = next(viewer for viewer in await viewers(scene.superuser) if viewer.name == name)
    claims = json.dumps({"id": str(person.id), "role": person.role, "phone": person.phone})

    for table, rows in (await scene.rows()).items():
        sees = TABLES[table].sees
        if sees is not None:
            async with scene.superuser.transaction():
                await scene.superuser.execute(
                    f"set local request.jwt.claims = '{claims}'; set local role stoory_api"
                )
                seen = await scene.superuser.fetch(f"table {table}")
            assert len(seen) == len([row for row in rows if sees(viewer, row)]), table


@pytest.mark.parametrize("table", TABLES)
async def test_no_column_can_be_written_but_the_declared_ones(scene: Scene, table: str) -> None:
    """users.role, phone and status, deals, requests, conversations and everybody's words are not among them."""
    rules = TABLES[table]
    every = await columns(scene.superuser, table)
    changeable = set(every) if rules.columns == "*" else set(rules.columns.split())
    addable = set(rules.added.split() or every) if rules.adds else set[str]()

    assert changeable == {c for c in every if await _can_update(scene, table, c)}
    assert addable == {c for c in every if await _may(scene, table, c, "insert")}


async def _can_update(scene: Scene, table: str, column: str) -> bool:
    """Try it, as Om; rights to columns are asked for before any row is."""
    transaction = scene.superuser.transaction()
    await transaction.start()
    try:
        om = PEOPLE["om"]
        await scene.superuser.execute(
            f"set local app.user_id = '{om.id}'; set local app.role = 'admin'; set local role stoory_api;"
            f"update {table} set {column} = {column} where false"
        )
    except (asyncpg.InsufficientPrivilegeError, asyncpg.GeneratedAlwaysError):
        return False
    finally:
        await transaction.rollback()
    return True


async def _may(scene: Scene, table: str, column: str, what: str) -> bool:
    sql = "select has_column_privilege('stoory_api', $1::text, $2::text, $3::text)"
    return await scene.superuser.fetchval(sql, table, column, what)


@pytest.mark.parametrize(
    "revival",
    [
        "update sessions set ended_at = null, ended_why = null where ended_at is not null",
        "update sessions set ended_at = null, ended_why = null",
        "update messages set deleted_at = null where deleted_at is not null",
        "update messages set deleted_at = null",
        "update users set email_verified = true",
    ],
)
async def test_ravi_cannot_bring_back_what_ended_or_vouch_for_himself(scene: Scene, revival: str) -> None:
    ravi = PEOPLE["ravi"]
    before = await scene.dump()

    transaction = scene.superuser.transaction()
    await transaction.start()
    await scene.superuser.execute(f"set local app.user_id = '{ravi.id}'; set local app.role = '{ravi.role}'")
    await scene.superuser.execute("set local role stoory_api")
    with suppress(asyncpg.InsufficientPrivilegeError):
        await scene.superuser.execute(revival)
        await scene.superuser.execute("reset role")
        assert await scene.dump() == before
    await transaction.rollback()


async def test_an_address_ravi_changes_is_unverified_whoever_verified_the_old_one(scene: Scene) -> None:
    ravi = PEOPLE["ravi"]
    await scene.superuser.execute("update users set email_verified = true where id = $1", ravi.id)
    async with scene.superuser.transaction():
        await scene.superuser.execute(f"set local app.user_id = '{ravi.id}'; set local role stoory_api")
        await scene.superuser.execute("update users set email = 'Ravi@Example.org'")
        same = await scene.superuser.fetchval("select email_verified from users")
        await scene.superuser.execute("update users set email = 'asha@example.org'")
        other = await scene.superuser.fetchval("select email_verified from users")

    assert (same, other) == (True, False)


async def test_a_public_profile_shows_what_is_public_of_everybody_and_can_only_be_read(scene: Scene) -> None:
    async with scene.superuser.transaction():
        await scene.superuser.execute(
            f"set local app.user_id = '{PEOPLE['meera'].id}'; set local role stoory_api"
        )
        rows = await scene.superuser.fetch("table public_profiles")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await scene.superuser.execute("update public_profiles set name = name")

    assert {" ".join(row.keys()) for row in rows} == {PUBLIC_PROFILE}
    assert {row["id"] for row in rows} == {person.id for person in PEOPLE.values()}


async def test_the_api_reaches_nothing_but_our_tables_and_the_public_profiles(scene: Scene) -> None:
    reachable = await scene.superuser.fetch(
        """
        select c.oid::regclass::text as name
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
         where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
           and n.nspname not like 'pg_temp%'
           and case when c.relkind = 'S' then has_sequence_privilege('stoory_api', c.oid, 'usage, update')
                    when c.relkind in ('r', 'p', 'v', 'm', 'f')
                    then has_table_privilege('stoory_api', c.oid, 'select, insert, update, delete, truncate, trigger')
                      or has_any_column_privilege('stoory_api', c.oid, 'select, insert, update')
               end
        """
    )

    ours = {
        name for name, rules in TABLES.items() if rules.sees or rules.changes or rules.adds or rules.removes
    }
    assert {row["name"] for row in reachable} == ours | {"public_profiles"}


async def test_the_api_has_no_right_that_asks_no_policy(scene: Scene) -> None:
    powers = await scene.superuser.fetch(
        """
        select relname
          from pg_class
         where relnamespace in ('public'::regnamespace, 'app'::regnamespace)
           and relkind in ('r', 'p', 'v')
           and has_table_privilege('stoory_api', oid, 'truncate, references, trigger')
        """
    )

    assert powers == []


async def test_the_api_may_call_no_function_of_ours_but_the_declared_ones(scene: Scene) -> None:
    callable_ = await scene.superuser.fetch(
        """
        select p.proname
          from pg_proc p
         where p.pronamespace in ('app'::regnamespace, 'queue'::regnamespace)
           and has_function_privilege('stoory_api', p.oid, 'execute')
        """
    )

    assert {row["proname"] for row in callable_} == DOORS


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("kind", ["bid", "campaign"])
async def test_the_search_finds_exactly_what_the_wall_lets_through(
    scene: Scene, name: str, kind: str
) -> None:
    """It looks from outside the walls, so its own rule must say the same."""
    person = PEOPLE[name]
    nothing = ", ".join(["null"] * 9)
    async with scene.superuser.transaction():
        await scene.superuser.execute(
            f"set local app.user_id = '{person.id}'; set local app.role = '{person.role}'; set local role stoory_api"
        )
        seen = await scene.superuser.fetch(f"select id from {kind}s")
        found = await scene.superuser.fetch(
            f"select app.find_postings('{kind}', {nothing}, 'newest', null, null, null, 100) as id"
        )

    assert {row["id"] for row in found} == {row["id"] for row in seen}
    assert len(found) == len(seen)
