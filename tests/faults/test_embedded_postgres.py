"""The embedded PostgreSQL keeps what was committed, whoever is killed, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from stoory.platform.postgres import AlreadyRunning, Server, running_socket
from stoory.platform.postgres.cluster import postmaster

PARENT = """
import sys
from pathlib import Path
from stoory.platform.postgres import Server
Server.start(Path(sys.argv[1]))
print("running", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("faults") / "home"
    yield home
    Server.start(home).discard()


async def keep(server: Server, text: str) -> None:
    connection = await asyncpg.connect(server.dsn("stoory_owner"))
    await connection.execute("create table if not exists kept (text text)")
    await connection.execute("insert into kept values ($1)", text)
    await connection.close()


async def kept(server: Server) -> list[str]:
    connection = await asyncpg.connect(server.dsn("stoory_owner"))
    rows = await connection.fetch("select text from kept order by text")
    await connection.close()
    return [row["text"] for row in rows]


def postmaster_pid(home: Path) -> int:
    noted = postmaster(home / "postgres" / "data")
    assert noted is not None
    return noted.pid


def kill_the_parent_of_a_server(home: Path) -> None:
    """Start the server in a process of its own and kill that process, so that the server is left alone."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"running\n"
        parent.kill()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_stopped_home_keeps_its_data_and_leaves_no_process(home: Path):
    first = Server.start(home)
    await keep(first, "first")
    pid, socket_folder = postmaster_pid(home), first.socket_folder
    first.stop()
    first.stop()
    assert not is_alive(pid)
    assert not socket_folder.exists()
    assert running_socket(home) is None
    second = Server.start(home)
    assert "first" in await kept(second)
    second.stop()


async def test_a_second_stoory_on_the_same_home_is_refused(home: Path):
    server = Server.start(home)
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        Server.start(home)
    await keep(server, "undisturbed")
    server.stop()


async def test_after_a_kill_of_its_parent_the_server_is_taken_over_and_then_stopped(home: Path):
    kill_the_parent_of_a_server(home)
    pid = postmaster_pid(home)
    told: list[str] = []
    server = Server.start(home, report=told.append)
    assert told == ["Taking over the PostgreSQL that was left running"]
    assert postmaster_pid(home) == pid
    await keep(server, "taken over")
    server.stop()
    assert postmaster(home / "postgres" / "data") is None
    assert running_socket(home) is None


async def test_a_killed_server_is_revived_on_the_same_socket_with_all_that_was_committed(home: Path):
    server = Server.start(home)
    await keep(server, "before the kill")
    dsn = server.dsn()
    assert not server.revive()
    os.kill(postmaster_pid(home), signal.SIGKILL)
    while server.is_running():
        continue
    assert server.revive()
    assert server.dsn() == dsn
    assert "before the kill" in await kept(server)
    server.stop()


async def test_a_home_whose_every_process_was_killed_starts_again(home: Path):
    first = Server.start(home)
    await keep(first, "before the massacre")
    first.stop()
    kill_the_parent_of_a_server(home)
    left = running_socket(home)
    os.kill(postmaster_pid(home), signal.SIGKILL)
    again = Server.start(home)
    assert "before the massacre" in await kept(again)
    again.stop()
    assert left is not None
    assert not left.exists()


async def test_the_roles_of_the_house_stand_in_front_of_the_walls(home: Path):
    server = Server.start(home)
    connection = await asyncpg.connect(server.dsn("postgres"))
    mighty = await connection.fetch(
        "select from pg_roles where rolname like 'stoory%' and (rolsuper or rolbypassrls or rolcreaterole)"
    )
    owner = await connection.fetchval(
        "select pg_get_userbyid(datdba) from pg_database where datname = 'stoory'"
    )
    addresses = await connection.fetchval("show listen_addresses")
    await connection.close()
    app = await asyncpg.connect(server.dsn("stoory_app"))
    inherited = await app.fetchval("select pg_has_role('stoory_system', 'usage')")
    await app.execute("set role stoory_api")
    await app.execute("set role stoory_system")
    await app.close()
    server.stop()
    assert (mighty, owner, addresses, inherited) == ([], "stoory_owner", "", False)
