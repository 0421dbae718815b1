"""API keys: how somebody makes one, and how a program asks with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from msgspec import Struct

from tests.world import World


class Made(Struct):
    """A key, and what its owner sees of it."""

    key: str
    api_key: dict[str, Any]

    @property
    def id(self) -> str:
        """Its id."""
        return self.api_key["id"]


async def make(owner: httpx.AsyncClient, scope: str = "write", **more: Any) -> Made:
    """Make a key as somebody signed in."""
    body = {"name": "Nightly report", "scope": scope, **more}
    answer = await owner.post("/api/api-keys", json=body)
    assert answer.status_code == 201, answer.text
    return Made(answer.json()["key"], answer.json()["api_key"])


async def revoke(owner: httpx.AsyncClient, made: Made) -> None:
    """Revoke a key as its owner."""
    answer = await owner.delete(f"/api/api-keys/{made.id}")
    assert answer.is_success, answer.text


@asynccontextmanager
async def program(world: World, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return the client of a program that has a key."""
    async with world.client() as client:
        client.headers["X-API-Key"] = key
        yield client
