"""What is asked over HTTP: who somebody is, what stands in their lists, and whatever must happen once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import cycle
from typing import Any, Final
from uuid import uuid4

import aiohttp
from msgspec import Struct

from bench.side_by_side.running import Failed
from stoory.home import DEMO_PASSWORD, DEMO_PHONES

Json = dict[str, Any]

PAGE: Final = 100
PATIENCE: Final = aiohttp.ClientTimeout(total=2)
"""After that somebody asks the other node."""
PAUSE_SECONDS: Final = 0.2


class Away(Exception):
    """No answer, or none that decides: nobody knows whether it has happened."""


class Person(Struct, frozen=True):
    """Somebody who is signed in, on either node."""

    name: str
    id: str
    token: str


class Rest:
    """The nodes, as somebody asks them who knows all their addresses."""

    def __init__(self, http: aiohttp.ClientSession, urls: Sequence[str]) -> None:
        """Take the addresses; the first is asked first."""
        self._http = http
        self._urls = urls

    async def sign_in(self, name: str) -> Person:
        """Sign in somebody of the demo world."""
        body = {"phone": DEMO_PHONES[name], "password": DEMO_PASSWORD}
        signed = await self.ask("post", "/api/auth/login", None, body)
        return Person(name, signed["user"]["id"], signed["token"])

    async def ask(self, method: str, path: str, person: Person | None, body: Json | None = None) -> Json:
        """Ask until somebody answers: a POST under the same key each time, so that it happens once. Failed."""
        headers = {"Idempotency-Key": str(uuid4())} if method == "post" and person else {}
        if person:
            headers["Authorization"] = f"Bearer {person.token}"
        for url in cycle(self._urls):
            try:
                return await self._answer(method, url + path, headers=headers, json=body, timeout=PATIENCE)
            except Away:
                await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError

    async def rows(self, person: Person) -> list[Json]:
        """Return all conversations of somebody."""
        rows: list[Json] = []
        after = ""
        while True:
            answer = await self.ask(
                "get", f"/api/messages/conversations?limit={PAGE}&include_total=false{after}", person
            )
            rows += answer["conversations"]
            if not answer["pagination"]["has_more"]:
                return rows
            after = f"&cursor={answer['pagination']['next_cursor']}"

    async def messages(self, person: Person, conversation_id: str) -> list[Json]:
        """Return all messages of a conversation."""
        found: list[Json] = []
        while len(found) % PAGE == 0:
            path = (
                f"/api/messages/conversations/{conversation_id}/messages?limit={PAGE}&after_seq={len(found)}"
            )
            page = (await self.ask("get", path, person))["data"]["messages"]
            found += page
            if not page:
                break
        return found

    async def _answer(self, method: str, url: str, **more: Any) -> Json:
        try:
            async with self._http.request(method, url, **more) as answer:
                body: Json = await answer.json()
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise Away from problem
        if answer.status in (429, 503) or body.get("code") == "idempotency_in_progress":
            raise Away
        if not answer.ok:
            raise Failed(f"{method} {url}: {answer.status} {body}")
        return body
