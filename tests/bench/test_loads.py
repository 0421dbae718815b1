"""Loads: what wrk says at its end is read, and what may be sent only once is."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.loader import get, percentile
from bench.side_by_side.load import Load, Loaded, Loader, read
from bench.side_by_side.running import Failed
from bench.side_by_side.supplies import Once

SAID = """
Running 1s test @ http://127.0.0.1:1
  2 threads and 10 connections
{"requests":120,"seconds":1.5,"p50_ms":1.25,"p99_ms":9.0,"used":136,"ran_out":false,"refused":2,"broken":1}
"""


def test_the_last_line_of_wrk_is_read():
    loaded = read(SAID)
    assert (loaded.per_second, loaded.used, loaded.refused, loaded.broken) == (80.0, 136, 2, 1)
    assert loaded.failures == 3


def test_wrk_without_its_last_line_has_failed():
    with pytest.raises(Failed, match="unable to connect"):
        read("unable to connect to 127.0.0.1:1")


def test_what_was_not_sent_is_sent_next():
    supply = Once.of(b"%d" % number for number in range(10))
    load = supply.take(6)
    supply.give_back(load.requests[4:])
    assert supply.take(3).requests == [b"4", b"5", b"6"]
    assert supply.left(5) == 3


def test_the_worst_in_a_hundred_is_found():
    assert percentile([float(number) for number in range(1, 101)], 99) == 100.0
    assert percentile([], 99) == 0.0


def nowhere(_program: str) -> None:
    """Find no program on this machine."""


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve 200 to everybody, and lend the list of what was asked for."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            asked.append(head.split(b" ", 2)[1])
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@pytest.mark.parametrize("program", ["wrk", None], ids=["wrk", "our own loader"])
async def test_what_may_be_sent_once_is_sent_once_and_then_the_load_ends(
    tmp_path: Path, program: str | None, monkeypatch: pytest.MonkeyPatch
):
    if program and shutil.which(program) is None:
        pytest.skip("there is no wrk on this machine")
    if program is None:
        monkeypatch.setattr(shutil, "which", nowhere)
    load = Load(requests=[get(f"/{number}", {}) for number in range(500)], once=True, connections=4)
    async with listening() as (url, asked):
        loaded: Loaded = await asyncio.to_thread(Loader(tmp_path, None).send, url, load, 30)
    assert loaded.ran_out
    assert not loaded.failures
    assert loaded.seconds < 20
    assert loaded.used == 500
    assert 480 <= loaded.requests <= 500
    repeated = b"/0"  # what wrk is given once there is nothing left
    assert len({*asked} - {repeated}) == len([path for path in asked if path != repeated])
