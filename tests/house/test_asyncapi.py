"""The description of what is live is good AsyncAPI, and every example in it is what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import jsonschema_rs
import pytest

from stoory import docs, live
from stoory.platform.sockets import Event, Told, asyncapi

DOCUMENT: Final[dict[str, Any]] = json.loads(docs.pages()["asyncapi.json"])
TEXT: Final = {"type": "string", "minLength": 1}
POINTER: Final = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
}
OPERATION: Final = {
    "type": "object",
    "required": ["action", "channel", "messages", "summary"],
    "properties": {
        "action": {"enum": ["send", "receive"]},
        "channel": POINTER,
        "messages": {"type": "array", "minItems": 1, "items": POINTER},
        "summary": TEXT,
        "reply": {"type": "object", "properties": {"messages": {"type": "array", "items": POINTER}}},
    },
}
CHANNEL: Final = {
    "type": "object",
    "required": ["address", "messages"],
    "properties": {"address": TEXT, "messages": {"type": "object", "additionalProperties": POINTER}},
}
SERVER: Final = {
    "type": "object",
    "required": ["host", "protocol"],
    "properties": {"host": TEXT, "protocol": TEXT},
}
GOOD: Final = jsonschema_rs.validator_for(
    {
        "type": "object",
        "required": ["asyncapi", "info", "servers", "channels", "operations", "components"],
        "properties": {
            "asyncapi": {"const": "3.0.0"},
            "info": {
                "type": "object",
                "required": ["title", "version"],
                "properties": {"title": TEXT, "version": TEXT},
            },
            "servers": {"type": "object", "minProperties": 1, "additionalProperties": SERVER},
            "channels": {"type": "object", "minProperties": 1, "additionalProperties": CHANNEL},
            "operations": {"type": "object", "additionalProperties": OPERATION},
        },
    }
)
"""What AsyncAPI 3.0 asks of the parts we use."""
MESSAGES: Final[dict[str, Any]] = DOCUMENT["components"]["messages"]
OPERATIONS: Final[dict[str, Any]] = DOCUMENT["operations"]
GUIDE: Final = (Path(__file__).parents[2] / "docs" / "realtime.md").read_text()


def test_the_description_is_good_asyncapi():
    assert list(GOOD.iter_errors(DOCUMENT)) == []


@pytest.mark.parametrize(
    "place", ["operations/typing/action", "channels/live/address", "servers/installation/host"]
)
def test_bad_asyncapi_would_be_noticed(place: str):
    damaged = json.loads(json.dumps(DOCUMENT))
    *way, last = place.split("/")
    part = damaged
    for step in way:
        part = part[step]
    part[last] = 7
    assert not GOOD.is_valid(damaged)


def test_every_reference_leads_somewhere():
    found = list(references(DOCUMENT))
    assert len(found) > 100
    for reference in found:
        part = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def references(part: Any) -> Iterator[str]:
    """Return all references in a part of the document."""
    if isinstance(part, dict):
        inside = cast("dict[str, Any]", part)
        if "$ref" in inside:
            yield inside["$ref"]
        yield from references([*inside.values()])
    elif isinstance(part, list):
        for inner in cast("list[Any]", part):
            yield from references(inner)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_example_is_what_its_message_says(name: str):
    message = MESSAGES[name]
    assert message["summary"]
    for example in message["examples"]:
        validate(message, example["payload"])


def validate(message: dict[str, Any], payload: Any) -> None:
    """Raise unless that is such a message."""
    schema = {**message["payload"], "components": DOCUMENT["components"]}
    jsonschema_rs.validate(schema, payload, validate_formats=True)


def test_every_event_is_described_with_what_may_be_answered():
    for event in live.EVENTS:
        told = OPERATIONS[event.name]
        assert told["action"] == "receive"
        assert [*names(told["messages"])] == [f"{event.name}_from_client"]
        assert [*names(told["reply"]["messages"])] == [f"{event.name}_acknowledged", "refused"]
    for each in live.TOLD:
        told = OPERATIONS[f"tell_{each.name}"]
        assert told["action"] == "send"
        assert MESSAGES[f"{each.name}_from_server"]["name"] == each.name
    assert len(OPERATIONS) == len(live.EVENTS) + len(live.TOLD) + 1


def names(places: list[dict[str, str]]) -> Iterator[str]:
    """Return the names of messages that are pointed to."""
    for place in places:
        yield place["$ref"].rpartition("/")[2]


def test_what_clients_send_is_closed_and_what_is_refused_wears_the_envelope():
    for event in live.EVENTS:
        [name] = names([MESSAGES[f"{event.name}_from_client"]["payload"]])
        assert DOCUMENT["components"]["schemas"][name]["additionalProperties"] is False
    for refusal in ("refused", "connect_error"):
        assert [*names([MESSAGES[refusal]["payload"]])] == ["ErrorBody"]
    told = {example["name"]: example["payload"] for example in MESSAGES["refused"]["examples"]}
    assert told["too_many_requests"]["retry_after_seconds"] == 12


def test_the_page_shows_every_event_and_asks_nothing_of_anybody_else():
    page = asyncapi.page(DOCUMENT)
    for name in OPERATIONS:
        assert f"<details id='{name}'>" in page
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=['\"]?(?:https?:)?//", page)


@pytest.mark.parametrize(
    ("chapter", "events"), [("Asking", live.EVENTS), ("Hearing", live.TOLD)], ids=["Asking", "Hearing"]
)
def test_the_guide_for_clients_names_every_event(chapter: str, events: list[Event] | list[Told]):
    table = GUIDE.partition(f"## {chapter}\n")[2].partition("\n## ")[0]
    assert {*re.findall(r"^\| `(\w+)`", table, re.MULTILINE)} == {event.name for event in events}
