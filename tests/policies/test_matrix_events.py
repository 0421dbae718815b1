"""Every event of the sockets x object x actor is acknowledged as declared here, and an event without a line fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from msgspec import Struct

from stoory.live import EVENTS
from tests.policies.asking import changes
from tests.policies.scene import PEOPLE, Dump, Scene
from tests.policies.secrets import secrets
from tests.sockets.listening import served
from tests.sockets.raw import Raw, websocket

LINES: Final = """
event         object                 asha           ravi           meera      kabir      om
send_message  asha-and-ravi          ok             ok             not_found  not_found  not_found
send_message  deal-of-open-bid       ok             ok             not_found  not_found  not_found
send_message  om-and-ravi            not_found      ok             not_found  not_found  ok
send_message  nowhere                not_found      not_found      not_found  not_found  not_found
mark_seen     asha-and-ravi          ok             ok             not_found  not_found  not_found
mark_seen     om-and-ravi            not_found      ok             not_found  not_found  ok
mark_seen     nowhere                not_found      not_found      not_found  not_found  not_found
typing        asha-and-ravi          ok             ok             not_found  not_found  not_found
typing        om-and-ravi            not_found      ok             not_found  not_found  ok
typing        nowhere                not_found      not_found      not_found  not_found  not_found
presence      asha                   ok             ok             ok         ok         ok
resume        .                      ok             ok             ok         ok         ok
button_click  deal-of-open-bid       ok             not_your_turn  not_found  not_found  ok
button_click  asha-and-ravi          not_found      not_found      not_found  not_found  not_found
button_click  nowhere                not_found      not_found      not_found  not_found  not_found
text_input    deal-of-open-campaign  ok             not_your_turn  not_found  not_found  ok
text_input    nowhere                not_found      not_found      not_found  not_found  not_found
"""

TOLD_BOTH: Final = ("A video less",)
"""Why Asha was paid back: in the order, which only she sees, and in a message to both."""

NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
MORE: Final[dict[str, dict[str, Any]]] = {
    "button_click": {"data": {"amount": 3500}},
    "resume": {"since": None},
}


class Line(Struct, frozen=True):
    """What each actor is acknowledged who asks this of that object."""

    event: str
    object: str
    codes: dict[str, str]

    def __str__(self) -> str:
        return f"{self.event} of {self.object}"


def _parsed(line: str) -> Line:
    event, about, *codes = line.split()
    return Line(event, about, dict(zip(PEOPLE, codes, strict=True)))


MATRIX: Final = [_parsed(line) for line in LINES.splitlines()[2:]]
TAKES: Final = {event.name: event.takes for event in EVENTS}


@pytest.fixture
async def address(scene: Scene) -> AsyncIterator[str]:
    """Serve the scene."""
    async with served(scene.app) as address:
        yield address


def payload(scene: Scene, line: Line) -> dict[str, Any]:
    """Return what is right about everything but, perhaps, whose it is."""
    example = TAKES[line.event].EXAMPLE | MORE.get(line.event, {})
    ids: dict[str, Any] = (
        {"conversation_id": NOWHERE} if line.object == "nowhere" else scene.ids.get(line.object, {})
    )
    if line.object in PEOPLE:
        ids = {"user_ids": [str(PEOPLE[line.object].id)]}
    return example | {key: value for key, value in ids.items() if key in example}


def token(scene: Scene, actor: str) -> str | None:
    return scene.clients[actor].headers.get("Authorization", "").removeprefix("Bearer ") or None


async def ask(scene: Scene, address: str, line: Line, actor: str) -> tuple[dict[str, Any], str]:
    """Ask as that actor; return the acknowledgement, and everything the actor was told."""
    async with websocket(address) as raw:
        heard = [str(await raw.enter(token(scene, actor)))]
        number = raw.event(line.event, payload(scene, line))
        while not heard[-1].startswith(f"43{number}["):
            heard.append(await raw.packet())
    return _acknowledged(heard[-1]), "".join(heard)


def _acknowledged(packet: str) -> dict[str, Any]:
    return json.loads(packet[packet.index("[") :])[0]


def code_of(answer: dict[str, Any]) -> str:
    return "ok" if answer["success"] else answer["code"]


async def settled(scene: Scene) -> Dump:
    """Return what is in the database, but for when people were last there, which every visit changes."""
    return {table: rows for table, rows in (await scene.dump()).items() if table != "inboxes"}


def test_every_event_has_its_lines_and_every_line_its_event() -> None:
    assert set(TAKES) == {line.event for line in MATRIX}


def test_whatever_names_a_conversation_is_also_asked_about_one_that_does_not_exist() -> None:
    about_one = {event.name for event in EVENTS if "conversation_id" in event.takes.__struct_fields__}

    assert about_one == {line.event for line in MATRIX if line.object == "nowhere"}


@pytest.mark.parametrize("line", MATRIX, ids=str)
async def test_each_actor_is_acknowledged_as_declared_and_told_nothing_of_others(
    scene: Scene, address: str, line: Line
) -> None:
    hidden = await secrets(scene)
    said = str(payload(scene, line))
    before = await settled(scene)
    codes: dict[str, str] = {}
    leaked: dict[str, list[str]] = {}
    for actor in sorted(PEOPLE, key=lambda actor: line.codes[actor] == "ok"):
        if line.codes[actor] == "ok":
            await scene.restore()
        answer, heard = await ask(scene, address, line, actor)
        codes[actor] = code_of(answer)
        leaked[actor] = [text for text in hidden[actor] if text in heard and text not in said]
        if line.codes[actor] != "ok":
            assert changes(before, await settled(scene)) == [], actor

    assert codes == line.codes
    assert leaked == {actor: [] for actor in PEOPLE}


@pytest.mark.parametrize("line", [line for line in MATRIX if "not_found" in line.codes.values()], ids=str)
async def test_a_foreign_conversation_is_acknowledged_as_one_that_does_not_exist(
    scene: Scene, address: str, line: Line
) -> None:
    nowhere = Line(line.event, "nowhere", {})
    for actor, code in line.codes.items():
        if code == "not_found":
            foreign, missing = [(await ask(scene, address, one, actor))[0] for one in (line, nowhere)]
            assert {**foreign, "request_id": ""} == {**missing, "request_id": ""}


@pytest.mark.parametrize("actor", ["nobody", "suspended", "signed out"])
async def test_who_is_not_let_in_is_acknowledged_nothing_and_changes_nothing(
    scene: Scene, address: str, actor: str
) -> None:
    if actor == "suspended":
        await scene.superuser.execute("update users set status = 'suspended' where name = 'Asha'")
    elif actor == "signed out":
        await scene.superuser.execute("update sessions set ended_at = now(), ended_why = 'logged_out'")
    before = await scene.dump()
    async with websocket(address) as raw:
        refused = await raw.enter(token(scene, "nobody" if actor == "nobody" else "asha"))
        assert refused["data"]["code"] == "not_signed_in"
        for line in MATRIX:
            raw.event(line.event, payload(scene, line))
        assert await _hears_nothing(raw)
    assert changes(before, await scene.dump()) == []


async def _hears_nothing(raw: Raw) -> bool:
    try:
        async with asyncio.timeout(0.3):
            await raw.packet()
    except TimeoutError:
        return True
    return False


async def test_presence_leaves_out_with_whom_one_shares_no_conversation(scene: Scene, address: str) -> None:
    """Strangers, oneself, who does not exist and who runs the place: all the same, nobody."""
    people = [str(person.id) for person in PEOPLE.values()] + [NOWHERE]
    shown: dict[str, set[str]] = {}
    names = {str(person.id): name for name, person in PEOPLE.items()}
    for actor in PEOPLE:
        async with websocket(address) as raw:
            await raw.enter(token(scene, actor))
            answer = await raw.ask("presence", {"user_ids": people})
            shown[actor] = {names[one["user_id"]] for one in answer["presences"]}

    assert shown == {
        "asha": {"ravi"},
        "ravi": {"asha", "om"},
        "meera": {"kabir"},
        "kabir": {"meera"},
        "om": {"ravi"},
    }


async def test_resume_answers_nothing_of_conversations_one_has_no_part_in(scene: Scene, address: str) -> None:
    conversations = {ids["conversation_id"]: 0 for ids in scene.ids.values() if "conversation_id" in ids}
    hidden = await secrets(scene)
    for actor in PEOPLE:
        async with websocket(address) as raw:
            await raw.enter(token(scene, actor))
            answer = await raw.ask("resume", {"conversations": {**conversations, NOWHERE: 0}})
        told = str(answer)
        assert answer["messages"]
        assert [text for text in hidden[actor] if text in told and text not in TOLD_BOTH] == []
