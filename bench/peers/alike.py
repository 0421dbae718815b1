"""Whether the peers say what Stoory says: every read by both sides of a deal, and every write with all its rows.

    SECRET=... .venv/bin/python -m bench.peers.alike STOORY_URL PEER_URL... [--writes DSN] [--owner PHONE]
                                                     [--influencer PHONE] [--password PASSWORD]

SECRET is the peers'. Ends with 1 when something differs. With `--writes` each server also posts a campaign, takes an
application, a message and an acceptance, and what all tables hold afterwards is compared; those rows stay.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator
from typing import Any, Final, cast

import httpx
import jwt
from msgspec import Struct

from bench.peers import written
from bench.peers.plain import differences, plain

PAGES: Final = 2
CONVERSATIONS: Final = 12
"""Whose messages are compared, of each person"""
READS: Final = (
    "/api/campaigns?platform=Instagram&limit=20",
    "/api/campaigns?platform=instagram&limit=5",
    "/api/messages/conversations?limit=20",
    "/api/messages/unread-count",
)
TOKEN_TTL_SECONDS: Final = 3600

Json = dict[str, Any]


class Viewer(Struct, frozen=True):
    """Somebody who is signed in, at Stoory and at the peers."""

    id: str
    role: str
    stoory_token: str
    peer_token: str

    def headers(self, *, of_peer: bool) -> dict[str, str]:
        """Return what says who asks."""
        return {"authorization": f"Bearer {self.peer_token if of_peer else self.stoory_token}"}


async def main() -> None:
    """Compare, and say what differs."""
    told = _told()
    secret = os.environ["SECRET"]
    async with httpx.AsyncClient(timeout=60) as client:
        viewers = [
            await signed_in(client, told.stoory, phone, told.password, secret)
            for phone in (told.owner, told.influencer)
        ]
        wrong = [
            line
            for peer in told.peers
            for viewer in viewers
            for line in await reads(client, told.stoory, peer, viewer)
        ]
        for peer in told.peers:
            wrong += await logins(client, told.stoory, peer, {"phone": told.owner, "password": told.password})
        if told.writes:
            wrong += await written.compared(client, told.stoory, told.peers, viewers, told.writes)
    print("\n".join(wrong) or f"{len(told.peers)} peers answer as Stoory does.")
    sys.exit(bool(wrong))


async def signed_in(client: httpx.AsyncClient, stoory: str, phone: str, password: str, secret: str) -> Viewer:
    """Sign somebody in at Stoory, and write a token for the peers."""
    answer = await client.post(f"{stoory}/api/auth/login", json={"phone": phone, "password": password})
    told = answer.raise_for_status().json()
    person, role = str(told["user"]["id"]), str(told["user"]["role"])
    now = int(time.time())
    claims = {
        "id": person,
        "role": role,
        "phone": phone,
        "sid": "00000000-0000-0000-0000-000000000000",
        "typ": "access",
        "iat": now,
        "exp": now + TOKEN_TTL_SECONDS,
    }
    token = jwt.encode(claims, secret, algorithm="HS256")  # pyright: ignore[reportUnknownMemberType]
    return Viewer(person, role, told["token"], token)


async def logins(client: httpx.AsyncClient, stoory: str, peer: str, body: Json) -> list[str]:
    """Return where two answers to a login differ, but for the tokens themselves."""
    answers = [
        (await client.post(f"{url}/api/auth/login", json=body)).raise_for_status().json()
        for url in (stoory, peer)
    ]
    for answer in answers:
        for name in ("token", "refresh_token"):
            answer[name] = type(answer[name]).__name__
    return [f"{peer} login: {line}" for line in differences(plain(answers[1]), plain(answers[0]))]


async def reads(client: httpx.AsyncClient, stoory: str, peer: str, viewer: Viewer) -> list[str]:
    """Return where a peer's reads differ from Stoory's for that person."""
    wrong: list[str] = []
    paths = [*READS]
    while paths:
        path = paths.pop(0)
        ours, theirs = await _both(client, stoory, peer, path, viewer)
        wrong += [f"{peer} {viewer.role} {path}: {line}" for line in differences(plain(theirs), plain(ours))]
        if path in READS:
            wrong += await _next_pages(client, stoory, peer, path, viewer)
            paths += _linked(ours)
    return wrong


async def _next_pages(
    client: httpx.AsyncClient, stoory: str, peer: str, path: str, viewer: Viewer
) -> list[str]:
    """Follow each server's own cursors: they are nobody else's business, the pages they lead to are."""
    wrong: list[str] = []
    at = {stoory: path, peer: path}
    for _ in range(PAGES):
        pages = [
            (await client.get(url + at[url], headers=viewer.headers(of_peer=url == peer))).json()
            for url in at
        ]
        wrong += [
            f"{peer} {viewer.role} {path}, a later page: {line}"
            for line in differences(plain(pages[1]), plain(pages[0]))
        ]
        cursors = [page.get("pagination", {}).get("next_cursor") for page in pages]
        if None in cursors:
            break
        at = {url: f"{path}&cursor={cursor}" for url, cursor in zip(at, cursors, strict=True)}
    return wrong


async def _both(
    client: httpx.AsyncClient, stoory: str, peer: str, path: str, viewer: Viewer
) -> tuple[Json, Json]:
    ours = await client.get(stoory + path, headers=viewer.headers(of_peer=False))
    theirs = await client.get(peer + path, headers=viewer.headers(of_peer=True))
    return (
        {**ours.json(), "status": ours.status_code},
        {**theirs.json(), "status": theirs.status_code},
    )


def _linked(answer: Json) -> Iterator[str]:
    """Yield the addresses of what a list shows."""
    for campaign in cast("list[Json]", answer.get("campaigns", [])):
        yield f"/api/campaigns/{campaign['id']}"
    conversations = answer.get("conversations", [])
    if isinstance(conversations, list):
        for conversation in cast("list[Json]", conversations)[:CONVERSATIONS]:
            yield f"/api/messages/conversations/{conversation['id']}/messages?limit=50"
            yield f"/api/messages/conversations/{conversation['id']}/messages?limit=2&before_seq=3"


def _told() -> Any:
    options = argparse.ArgumentParser()
    options.add_argument("stoory")
    options.add_argument("peers", nargs="+")
    options.add_argument(
        "--writes", metavar="DSN", help="compare the writes too, and what this database holds"
    )
    options.add_argument("--owner", default="+919800000001")
    options.add_argument("--influencer", default="+919800000002")
    options.add_argument("--password", default="stoory-demo-1")
    return options.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
