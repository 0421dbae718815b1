"""What each server writes: the same story told to all of them, and afterwards every row compared."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import httpx

from bench.peers.plain import INSTANT, differences

TABLES: Final = """
    select quote_ident(schemaname) || '.' || quote_ident(relname) as name
      from pg_stat_user_tables
     where schemaname = 'public'
       and relname not in ('inboxes', 'news')
     order by name
"""
"""What is new for whom is Stoory's own affair: whoever is written to first has an inbox from then on."""
ROWS: Final = {
    "campaigns": "select * from campaigns where id = $1",
    "requests": "select * from requests where campaign_id = $1",
    "conversations": "select * from conversations where campaign_id = $1",
    "deals": "select * from deals where campaign_id = $1",
    "deal_events": """
        select e.* from deal_events e join deals d using (request_id) where d.campaign_id = $1 order by e.seq
    """,
    "participations": """
        select p.* from participations p join conversations c on c.id = p.conversation_id
         where c.campaign_id = $1 order by p.user_id
    """,
    "messages": """
        select m.* from messages m join conversations c on c.id = m.conversation_id
         where c.campaign_id = $1 order by m.seq
    """,
    "notifications": """
        select n.* from notifications n join deals d on n.data ->> 'request_id' = d.request_id::text
         where d.campaign_id = $1 order by n.created_at
    """,
}
"""All that tells of one campaign"""
UUIDS: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MINUTE_SECONDS: Final = 60

Database: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Json = dict[str, Any]


class Viewer(Protocol):
    """Somebody who is signed in."""

    @property
    def id(self) -> str:
        """Their id."""
        ...

    def headers(self, *, of_peer: bool) -> dict[str, str]:
        """Return what says who asks."""
        ...


async def compared(
    client: httpx.AsyncClient, stoory: str, peers: Sequence[str], viewers: Sequence[Viewer], dsn: str
) -> list[str]:
    """Return what the peers answer and write otherwise than Stoory."""
    database = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"})
    try:
        known = {viewer.id for viewer in viewers}
        expected = await _told(client, stoory, viewers, database, of_peer=False)
        wrong: list[str] = []
        for peer in peers:
            found = await _told(client, peer, viewers, database, of_peer=True)
            wrong += [
                f"{peer} {line}" for line in differences(_masked(found, known), _masked(expected, known))
            ]
        return wrong
    finally:
        await database.close()


async def _told(
    client: httpx.AsyncClient, url: str, viewers: Sequence[Viewer], database: Database, *, of_peer: bool
) -> Json:
    """Let a server tell the story; return what `_Teller` notes of each step."""
    asha, ravi = (viewer.headers(of_peer=of_peer) for viewer in viewers)
    teller = _Teller(client, url, database)
    campaign = {"title": "Alike", "description": "The same", "budget": 90000, "platform": "Instagram"}
    campaign |= {"deliverables": ["one reel"], "starts_at": "2027-01-01T00:00:00Z"}
    posted = await teller.step("campaign", "/api/campaigns", campaign, asha)
    application = {"campaign_id": posted["campaign"]["id"], "proposed_amount": 45000.5, "message": "Hello"}
    applied = await teller.step("request", "/api/requests", application, ravi)
    await teller.step("a second request", "/api/requests", application, ravi)
    conversation_id = applied["request"]["conversation_id"]
    message = {"conversation_id": conversation_id, "message": " Hi ", "client_msg_id": str(uuid4())}
    await teller.step("message", "/api/messages", message, ravi)
    await teller.step("the same message again", "/api/messages", message, ravi)
    accept = f"/api/messages/conversations/{conversation_id}/button-click"
    await teller.step("acceptance", accept, {"action": "accept_proposal"}, asha)
    return teller.told


class _Teller:
    """Asks a server for one thing after the other, and notes the answer, the rows added, and those there are."""

    def __init__(self, client: httpx.AsyncClient, url: str, database: Database) -> None:
        self._client = client
        self._url = url
        self._database = database
        self._campaign_id: str | None = None
        self.told: Json = {}

    async def step(self, name: str, path: str, body: Json, headers: dict[str, str]) -> Json:
        """Send a request, and return its answer."""
        before = await _counts(self._database)
        answer = await self._client.post(self._url + path, json=body, headers=headers)
        after = await _counts(self._database)
        told: Json = answer.json()
        if self._campaign_id is None:
            self._campaign_id = told["campaign"]["id"]
        self.told[name] = {
            "status": answer.status_code,
            # Of a refusal the code counts, not the words.
            "answer": told if answer.is_success else told["code"],
            "added": {
                table: after[table] - before[table] for table in after if after[table] != before[table]
            },
            "rows": {
                table: [_decoded(row) for row in await self._database.fetch(query, self._campaign_id)]
                for table, query in ROWS.items()
            },
        }
        return told


async def _counts(database: Database) -> dict[str, int]:
    names = [row["name"] for row in await database.fetch(TABLES)]
    queries = [f"select '{name}' as name, count(*) as rows from {name}" for name in names]  # noqa: S608 - of the catalogue
    return {row["name"]: row["rows"] for row in await database.fetch(" union all ".join(queries))}


def _decoded(row: asyncpg.Record) -> Json:
    """Return a row with its jsonb columns, which come as text, as what they hold."""
    return {name: _json(value) for name, value in row.items()}


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in {"{", "["} else value


def _masked(told: Json, known: set[str]) -> Any:
    """Return a story in which ids are told by the order they come in, and instants by minutes since its begin."""
    begin = told["campaign"]["rows"]["campaigns"][0]["created_at"]
    ids: dict[str, str] = {}

    def mask(value: Any) -> Any:
        if isinstance(value, dict):
            return {mask(key): mask(held) for key, held in sorted(value.items())}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if isinstance(value, list):
            return [mask(held) for held in value]  # pyright: ignore[reportUnknownVariableType]
        if isinstance(value, UUID) or (isinstance(value, str) and UUIDS.fullmatch(value)):
            return str(value) if str(value) in known else ids.setdefault(str(value), f"id {len(ids) + 1}")
        if isinstance(value, str) and INSTANT.fullmatch(value):
            return mask(datetime.fromisoformat(value))
        if isinstance(value, datetime):
            return f"{round((value - begin).total_seconds() / MINUTE_SECONDS)} minutes later"
        return value if isinstance(value, bool | int | str | None) else float(value)

    return mask(told)
