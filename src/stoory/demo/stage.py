"""The stage of the demo: its people, their sessions, and steps that are told and checked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct
from rich.console import Console

from stoory.home import DEMO_PASSWORD, DEMO_PHONES

LONGEST_WAIT_SECONDS: Final = 90
LOOK_EVERY_SECONDS: Final = 1
UNAUTHORIZED: Final = 401
TOO_MANY_REQUESTS: Final = 429

Json = dict[str, Any]


class StepFailed(Exception):
    """A step of the story did not happen as it should."""


class Session(Struct):
    """Who somebody is, kept between runs: signing in is limited to five a minute."""

    id: str
    token: str
    refresh_token: str


class Stage:
    """The people, their sessions and what has happened so far."""

    def __init__(
        self, client: httpx.AsyncClient, kept: Path, console: Console, sandbox: str | None = None
    ) -> None:
        """Take a client of the server, the file in which sessions are kept, where to tell, where money is play."""
        self._sandbox = sandbox
        self._client = client
        self._kept = kept
        self._console = console
        self._sessions: dict[str, Session] = {}
        self.steps = 0

    async def enter(self) -> None:
        """Sign everybody in, with yesterday's session where it is still good."""
        if self._kept.exists():
            self._sessions = msgspec.json.decode(self._kept.read_bytes(), type=dict[str, Session])
        for name in DEMO_PHONES:
            if name not in self._sessions or not await self._is_good(name):
                self._sessions[name] = await self._sign_in(name)
                self._keep()

    def id_of(self, name: str) -> str:
        """Return a person's id."""
        return self._sessions[name].id

    async def step(
        self,
        who: str,
        does: str,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        expect: tuple[int, ...] = (200,),
    ) -> Json:
        """Let somebody do something, check the status and tell it; StepFailed says what came instead."""
        answer = await self._ask(method, path, body, who)
        if answer.status_code not in expect:
            raise StepFailed(f"{who} {does}: expected {expect}, got {answer.status_code} {answer.text}")
        self.steps += 1
        told: Json = answer.json()
        self._tell(who, does, answer.status_code, told)
        return told

    @property
    def has_sandbox(self) -> bool:
        """Whether money is play money."""
        return self._sandbox is not None

    async def at_checkout(self, order_id: str, outcome: str) -> Json:
        """Pay at Razorpay's checkout, the sandbox's, and return what it hands to the browser."""
        address = f"{self._sandbox}/__sandbox/orders/{order_id}/pay"
        answer = await self._client.post(address, json={"method": "upi", "outcome": outcome})
        if not answer.is_success:
            raise StepFailed(f"the checkout does not work: {answer.status_code} {answer.text}")
        return answer.json()

    async def download(self, who: str, does: str, path: str) -> bytes:
        """Let somebody fetch a document; StepFailed when there is none."""
        answer = await self._ask("GET", path, None, who)
        if not answer.is_success:
            raise StepFailed(f"{who} {does}: {answer.status_code}")
        self.steps += 1
        self._tell(who, does, answer.status_code, {})
        return answer.content

    async def look(self, who: str, path: str) -> Json:
        """Return what somebody sees, untold; StepFailed when it is refused."""
        answer = await self._ask("GET", path, None, who)
        if not answer.is_success:
            raise StepFailed(f"{who} looks at {path}: {answer.status_code} {answer.text}")
        return answer.json()

    async def wait(self, who: str, path: str, is_so: Callable[[Json], bool]) -> Json:
        """Look again and again until it is so; StepFailed when that takes too long."""
        give_up_at = time.monotonic() + LONGEST_WAIT_SECONDS
        while not is_so(told := await self.look(who, path)):
            if time.monotonic() > give_up_at:
                raise StepFailed(f"{who} has waited long enough for {path}")
            with self._console.status("the server's clock comes round every few seconds"):
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        return told

    def check(self, claim: str, *, holds: bool) -> None:
        """Check something that must be so."""
        if not holds:
            raise StepFailed(f"this should be so, but is not: {claim}")
        self._console.print(f"      [green]✓[/] {claim}")

    def scene(self, title: str) -> None:
        """Begin a scene."""
        self._console.rule(f"[bold]{title}", align="left")

    def _tell(self, who: str, does: str, status: int, answer: Json) -> None:
        state = answer.get("next_flow_state") or answer.get("flow_state") or answer.get("code") or ""
        self._console.print(f"[bold cyan]{who:>5}[/] {does} [dim]{status}[/] [yellow]{state}[/]")
        if said := answer.get("automated_response", {}).get("message"):
            self._console.print(f"      [italic]“{said}”[/]")

    async def _is_good(self, name: str) -> bool:
        answer = await self._ask("GET", "/api/auth/profile", None, name)
        if answer.status_code == UNAUTHORIZED:
            body = {"refresh_token": self._sessions[name].refresh_token}
            answer = await self._ask("POST", "/api/auth/refresh", body)
            if answer.is_success:
                fresh = answer.json()
                self._sessions[name] = Session(self.id_of(name), fresh["token"], fresh["refresh_token"])
                self._keep()
        return answer.is_success

    async def _sign_in(self, name: str) -> Session:
        body = {"phone": DEMO_PHONES[name], "password": DEMO_PASSWORD}
        answer = await self._ask("POST", "/api/auth/login", body)
        if not answer.is_success:
            raise StepFailed(f"{name} cannot sign in: {answer.status_code} {answer.text}")
        signed = answer.json()
        return Session(signed["user"]["id"], signed["token"], signed["refresh_token"])

    async def _ask(self, method: str, path: str, body: Json | None, who: str | None = None) -> httpx.Response:
        """Send a request; a limit is obeyed and the same request sent again."""
        headers = {"Authorization": f"Bearer {self._sessions[who].token}"} if who else {}
        while True:
            answer = await self._client.request(method, path, json=body, headers=headers)
            wait = int(answer.headers.get("retry-after", "0"))
            if answer.status_code != TOO_MANY_REQUESTS or wait > LONGEST_WAIT_SECONDS:
                return answer
            with self._console.status(f"the server asks us to wait {wait} s"):
                await asyncio.sleep(wait)

    def _keep(self) -> None:
        self._kept.touch(mode=0o600)
        self._kept.write_bytes(msgspec.json.encode(self._sessions))
