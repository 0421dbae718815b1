"""Ravi with his phone and his laptop, each signed in with his password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from tests.world import PASSWORD, RAVI

Later = Callable[[int], None]
"""Lets that many seconds pass."""


class Login:
    """Ravi, signed in somewhere with his password."""

    def __init__(self, client: httpx.AsyncClient, body: dict[str, Any]) -> None:
        self.client = client
        self.refresh_token: str = body["refresh_token"]
        client.headers["Authorization"] = f"Bearer {body['token']}"

    async def is_good(self) -> bool:
        return (await self.client.get("/api/auth/profile")).status_code == 200

    async def refresh(self, token: str | None = None) -> httpx.Response:
        return await self.client.post(
            "/api/auth/refresh", json={"refresh_token": token or self.refresh_token}
        )


async def sign_in(client: httpx.AsyncClient, password: str = PASSWORD) -> Login:
    answer = await client.post("/api/auth/login", json={"phone": RAVI.phone, "password": password})
    assert answer.status_code == 200
    return Login(client, answer.json())
