"""Clients that are programs of their own: the examples of the documentation, and the official client for Node."""

from __future__ import annotations

import asyncio
import fcntl
import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

CLIENTS = Path(__file__).parents[2] / "docs" / "clients"
PUPPET = Path(__file__).parent / "node" / "puppet.mjs"
PATIENCE_SECONDS = 30

INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0")
UNREACHABLE = {
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "ETIMEDOUT",
}
"""What npm says when it did not get as far as the registry; everything else is our fault, and fails."""


def installed(folder: Path) -> Path:
    """Return the folder with the examples, the puppet and what they need from npm, made by whoever comes first."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the official client for Node needs node and npm, and this machine has none")
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = folder / "installed"
        if not note.exists():
            shutil.copytree(
                CLIENTS, folder, ignore=shutil.ignore_patterns("node_modules"), dirs_exist_ok=True
            )
            shutil.copy(PUPPET, folder)
            note.write_text(_install(npm, folder))
    code = note.read_text()
    if code in UNREACHABLE:
        pytest.skip(
            f"the official client for Node could not be installed, the registry is out of reach: {code}"
        )
    assert code == ""
    return folder


def _install(npm: str, folder: Path) -> str:
    """Install what the lock pins, and return npm's error code, or nothing."""
    ended = subprocess.run(
        [npm, *INSTALL], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    code = re.search(r"^npm (?:error|ERR!) code (\w+)", ended.stderr, re.MULTILINE)
    assert code or ended.returncode == 0, ended.stderr
    return code[1] if code else ""


class Program:
    """A running client, and every line it has written."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._news:
                self.lines.append(line.decode().rstrip("\n"))
                self._news.notify_all()

    async def says(self, *lines: str) -> None:
        """Wait until it has written these lines last."""
        await self.until(lambda said: said[-len(lines) :] == [*lines])

    async def until(self, is_enough: Callable[[list[str]], Any]) -> Any:
        """Wait until what it wrote is enough, and return what says so."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._news:
                while not (enough := is_enough(self.lines)):
                    await self._news.wait()
                return enough
        except TimeoutError:
            pytest.fail(f"it only wrote {self.lines}")

    def type(self, line: str) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def ends(self) -> int:
        """Wait until it has ended by itself, and return how."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._reading
            return await self.process.wait()

    async def stop(self) -> None:
        """Let its input end, which ends it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            await self.ends()
        except TimeoutError:
            self.process.kill()
            await self.ends()
            raise


P = TypeVar("P", bound=Program)


class Puppet(Program):
    """The official client for Node, told what to do."""

    def all_told(self, key: str, **more: Any) -> list[Any]:
        """Return the values of that key of all that has happened to it, where the others are as given."""
        told = [json.loads(line) for line in self.lines]
        return [one[key] for one in told if key in one and more.items() <= one.items()]

    async def told(self, key: str, **more: Any) -> Any:
        """Wait until that has happened to it, and return the value of the key."""
        return (await self.until(lambda _: self.all_told(key, **more)))[0]

    async def ask(self, event: str, **payload: Any) -> Any:
        """Have it send an event, and return the acknowledgement."""
        asked = len(self.all_told("acknowledged"))
        self.type(json.dumps({"event": event, "payload": payload}))
        return (await self.until(lambda _: self.all_told("acknowledged")[asked:]))[0]


@asynccontextmanager
async def running(*command: str, kind: type[P]) -> AsyncIterator[P]:
    """Start a program, and stop it at the end."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    program = kind(process)
    try:
        yield program
    finally:
        await program.stop()


def puppet(folder: Path, address: str, token: str, *transports: str) -> AbstractAsyncContextManager[Puppet]:
    """Start the official client for Node."""
    script = str(folder / PUPPET.name)
    ways = ",".join(transports or ("polling", "websocket"))
    return running(shutil.which("node") or "node", script, address, token, ways, kind=Puppet)


def interpreter(example: str) -> str:
    """Return what runs an example."""
    return sys.executable if example.endswith(".py") else shutil.which("node") or "node"
