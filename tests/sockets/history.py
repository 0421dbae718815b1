"""What must be true of everything that was sent and told, however it came about: the law of the live chat.

Of what was sent, what was acknowledged is there exactly once, and all else at most once. On one connection, what was
answered as missed and then what was told live is every message of a conversation, in order, none twice and none left
out. Nothing is told that is not there, or that is not one's own. In the end every copy is what REST shows.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import httpx
from msgspec import Struct, field

from tests.chats import read
from tests.sockets.devices import PAUSE_SECONDS, Call, Device, number_of
from tests.sockets.folding import NOT_TOLD, Json, differences, without

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Letter(Struct):
    """What somebody wanted to send, and every message they were told it has become."""

    sender_id: str
    text: str
    client_msg_id: str | None
    answers: list[Json] = field(default_factory=list[Json])


class Truth(Struct):
    """What stands in the database."""

    messages: dict[str, list[Json]]
    """By conversation, in the order of their seqs"""
    people: dict[str, set[str]]
    read: dict[tuple[str, str], int]
    last_numbers: dict[str, int]

    def people_of(self, user_id: str) -> set[str]:
        """Return somebody's conversations."""
        return {id_ for id_, people in self.people.items() if user_id in people}


async def truth(superuser: Superuser) -> Truth:
    """Look behind the walls."""
    found = Truth({}, {}, {}, {})
    for row in await superuser.fetch("select conversation_id, user_id, seen_seq from participations"):
        id_, user_id = str(row["conversation_id"]), str(row["user_id"])
        found.people.setdefault(id_, set()).add(user_id)
        found.messages.setdefault(id_, [])
        found.read[id_, user_id] = row["seen_seq"]
    for row in await superuser.fetch(
        """
        select id, conversation_id, seq, sender_id, message, message_type, client_msg_id,
               deleted_at is not null as deleted
          from messages
         order by conversation_id, seq
        """
    ):
        message = {key: str(value) if isinstance(value, UUID) else value for key, value in row.items()}
        found.messages[message["conversation_id"]].append(message)
    for row in await superuser.fetch("select user_id, last_number from inboxes"):
        found.last_numbers[str(row["user_id"])] = row["last_number"]
    return found


def check_sent(letters: Iterable[Letter], there: Truth) -> None:
    """Raise AssertionError where what was acknowledged is missing, anything is double, or nobody sent what is there."""
    stored: dict[tuple[str, str], list[Json]] = {}
    for messages in there.messages.values():
        for message in messages:
            if message["message_type"] == "user":
                stored.setdefault((message["sender_id"], message["message"]), []).append(message)
    for letter in letters:
        became = stored.pop((letter.sender_id, letter.text), [])
        assert len(became) <= 1, f"stored twice: {letter.text[:40]!r}"
        if letter.answers:
            assert became, f"acknowledged and not there: {letter.text[:40]!r}"
            assert {(answer["id"], answer["seq"]) for answer in letter.answers} == {
                (became[0]["id"], became[0]["seq"])
            }
            assert became[0]["client_msg_id"] == letter.client_msg_id
    assert list(stored) == [], "nobody sent this"
    for id_, messages in there.messages.items():
        assert [message["seq"] for message in messages] == [*range(1, len(messages) + 1)], id_


def check_told(device: Device, there: Truth) -> None:
    """Raise AssertionError where a connection of a device was told something twice, not, too early or without right."""
    own = there.people_of(device.user_id)
    for call in device.calls:
        live = [number_of(payload["cursor"]) for name, payload in call.heard if is_news(name, payload)]
        assert live == [*range(live[0], live[0] + len(live))] if live else True, f"told out of order: {live}"
        problems = [*_disorder(call), *_inventions(call, own, there)]
        assert problems == [], "\n".join(problems)


def is_news(name: str, payload: Json) -> bool:
    """Tell whether that was told live, and is news."""
    return name != "resumed" and "cursor" in payload


def _disorder(call: Call) -> Iterable[str]:
    """Name conversations whose messages did not come one after the other; what came before the answer, after it."""
    answers = [payload for name, payload in call.heard if name == "resumed"]
    last = next((at for at, answer in enumerate(answers) if not answer["has_more"]), len(answers))
    missed = [message for answer in answers[: last + 1] for message in answer["messages"]]
    live = [payload["message"] for name, payload in call.heard if name == "new_message"]
    parts = [missed + live] if call.is_resumed else [missed, live]
    for part in parts:
        seqs: dict[str, list[int]] = {}
        for message in part:
            seqs.setdefault(message["conversation_id"], []).append(message["seq"])
        for id_, came in seqs.items():
            first = call.known.get(id_, 0) + 1
            if came != [*range(came[0], came[0] + len(came))]:
                yield f"{call.by}: of {id_} came {came}"
            elif part is not live and (came[0] > first or (came[0] < first and not call.is_ahead)):
                yield f"{call.by}: of {id_} {first - 1} was known and {came[0]} came next"
    known = {(message["conversation_id"], message["seq"]) for message in (*missed, *live)}
    for answer in answers[last + 1 :]:
        for message in answer["messages"]:
            at = message["conversation_id"], message["seq"]
            if at not in known and message["seq"] > call.known.get(at[0], 0):
                yield f"resumed again and told only then: {at}"


def _inventions(call: Call, own: set[str], there: Truth) -> Iterable[str]:
    """Name what was told and is not there, or is somebody else's."""
    for name, payload in call.heard:
        for message in _messages(name, payload):
            id_, seq = message["conversation_id"], message["seq"]
            stored = there.messages.get(id_, [])
            if id_ not in own:
                yield f"told of a conversation of others: {message}"
            elif seq > len(stored) or stored[seq - 1]["id"] != message["id"]:
                yield f"told and not there: {message}"
        if name not in ("resumed", "unread_count") and payload.get("conversation_id", "") not in {*own, ""}:
            yield f"told of a conversation of others: {name} {payload}"


def _messages(name: str, payload: Json) -> list[Json]:
    if name == "resumed":
        return [*payload["messages"], *payload["changed"]]
    return [payload["message"]] if "message" in payload else []


async def shown(client: httpx.AsyncClient, own: set[str]) -> tuple[dict[str, Json], dict[str, list[Json]]]:
    """Return the rows and all messages of somebody's own conversations, as REST tells them."""
    rows = {row["id"]: row for row in await listed(client) if row["id"] in own}
    messages: dict[str, list[Json]] = {}
    for id_ in rows:
        messages[id_], page = [], {"messages": None}
        while page["messages"] is None or len(page["messages"]) == 100:
            page = await read(client, id_, after_seq=len(messages[id_]), limit=100)
            messages[id_] += [without(message, NOT_TOLD) for message in page["messages"]]
    return rows, messages


async def listed(client: httpx.AsyncClient, *, is_operator: bool = False) -> list[Json]:
    """Return the rows of all of somebody's conversations: of an operator, who is shown all, those with an operator."""
    rows: list[Json] = []
    asked: dict[str, Any] = {"limit": 100}
    while True:
        answer = await client.get("/api/messages/conversations", params=asked)
        if answer.status_code == 503:
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        assert answer.status_code == 200, answer.text
        rows += answer.json()["conversations"]
        if not answer.json()["pagination"]["has_more"]:
            return [row for row in rows if not is_operator or row.get("support")]
        asked["cursor"] = answer.json()["pagination"]["next_cursor"]


async def check_copies(devices: Sequence[Device], client: httpx.AsyncClient, there: Truth) -> None:
    """Raise AssertionError where a device of somebody keeps something otherwise than their client is shown it."""
    truth = await shown(client, there.people_of(devices[0].user_id))
    for device in devices:
        assert differences(device.copy.shown(), truth) == []
        read_up_to = {(id_, who): seq for id_, read in device.copy.read.items() for who, seq in read.items()}
        read = {at: seq for at, seq in there.read.items() if at[0] in truth[0]}
        assert {
            at: (read_up_to.get(at, 0), seq) for at, seq in read.items() if read_up_to.get(at, 0) != seq
        } == {}
    waiting = {
        id_: [message["seq"] for message in messages if _asks(message)] for id_, messages in truth[1].items()
    }
    assert [id_ for id_, seqs in waiting.items() if len(seqs) > 1] == [], "two pending actions"
    unread = (await client.get("/api/messages/unread-count")).json()
    counted = Counter({id_: row["unread_count"] for id_, row in truth[0].items()})
    assert unread["conversations"] == dict(+counted)
    assert unread["unread_count"] == counted.total()


def _asks(message: Json) -> bool:
    return bool(message["action_required"] or "buttons" in (message["action_data"] or {}))
