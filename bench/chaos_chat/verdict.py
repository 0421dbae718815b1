"""What must be true in the end, whatever went wrong: each claim with what breaks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from bench.chaos_chat.account import Letter
from bench.chaos_chat.connection import RESUMED
from stoory.platform.http.pages import decode_cursor

PROMPT: Final = "negotiate_amount"
"""It asks for a form. Only the first of them moves a deal on, so the history has no other."""

Json = dict[str, Any]
Heard = Sequence[tuple[str, Json]]
"""What one connection has heard, in its order."""


class Claim(Struct, frozen=True):
    """Something that is promised, and where it does not hold."""

    text: str
    broken: list[str]


class Stored(Struct, frozen=True):
    """A message of the database."""

    id: str
    conversation_id: str
    seq: int
    sender_id: str
    message: str
    is_written: bool
    """By a person, not by the process of a deal"""
    client_msg_id: str | None


def broken_sending(letters: Iterable[Letter], stored: Iterable[Stored]) -> Iterator[str]:
    """Name what was acknowledged and is not there as it was, what is there twice, and what nobody has sent."""
    there: dict[tuple[str, str | None], list[Stored]] = {}
    for message in stored:
        if message.is_written:
            there.setdefault((message.sender_id, message.client_msg_id), []).append(message)
    for letter in letters:
        became = there.pop((letter.sender_id, letter.client_msg_id), [])
        if len(became) > 1:
            yield f"{letter.text!r} is there {len(became)} times"
        if letter.answers and not became:
            yield f"{letter.text!r} was acknowledged and is not there"
        for answer in letter.answers:
            if became and (answer["id"], answer["seq"]) != (became[0].id, became[0].seq):
                yield f"{letter.text!r} was acknowledged as #{answer['seq']} and is #{became[0].seq}"
    for (_, id_), messages in there.items():
        yield f"nobody sent {messages[0].message!r} ({id_})"


def broken_order(stored: Iterable[Stored]) -> Iterator[str]:
    """Name conversations whose messages are not numbered 1, 2, 3 and so on."""
    seqs: dict[str, list[int]] = {}
    for message in stored:
        seqs.setdefault(message.conversation_id, []).append(message.seq)
    for id_, numbers in seqs.items():
        if sorted(numbers) != [*range(1, len(numbers) + 1)]:
            yield f"{id_} has {sorted(numbers)}"


def broken_telling(client: str, heard: Heard) -> Iterator[str]:
    """Name what one connection was told twice, out of order, or not though it was told what follows.

    No client may look into a cursor; whoever examines finds the number of the news in it.
    """
    numbers = [
        _number(payload["cursor"]) for event, payload in heard if event != RESUMED and "cursor" in payload
    ]
    for before, number in pairwise(numbers):
        if number != before + 1:
            yield f"{client} was told news {before}, then {number}"
    seen: set[tuple[str, int]] = set()
    for message in _messages(heard):
        place = message["conversation_id"], message["seq"]
        if place in seen:
            yield f"{client} was told message #{place[1]} of {place[0]} twice"
        seen.add(place)


def broken_silence(client: str, connections: Sequence[Heard]) -> Iterator[str]:
    """Name what a stranger was told, and that they were not there all the time."""
    if len(connections) != 1:
        yield f"{client} was connected {len(connections)} times"
    for heard in connections:
        for event, payload in heard:
            if event != RESUMED:
                yield f"{client} was told {event} {payload}"
        for message in _messages(heard):
            yield f"{client} was told a message of {message['conversation_id']}"


def broken_presses(pressed: Sequence[tuple[str, str]], recorded: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Name deals whose history is not what was answered: each move once, in its order."""
    by_request: dict[str, list[str]] = {}
    for request_id, action in recorded:
        if action != PROMPT:
            by_request.setdefault(request_id, []).append(action)
    wanted: dict[str, list[str]] = {}
    for request_id, action in pressed:
        if action != PROMPT:
            wanted.setdefault(request_id, []).append(action)
    for request_id in {*by_request, *wanted}:
        if by_request.get(request_id) != wanted.get(request_id):
            yield f"{request_id}: {wanted.get(request_id)} was pressed, {by_request.get(request_id)} is recorded"


def _messages(heard: Heard) -> Iterator[Json]:
    """Return every message that was told as new."""
    for event, payload in heard:
        if event == RESUMED and payload["success"]:
            yield from payload["messages"]
        elif event == "new_message":
            yield payload["message"]


def _number(cursor: str) -> int:
    known = decode_cursor(tuple[int], cursor)
    return 0 if known is None else known[0]
