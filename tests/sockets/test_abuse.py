"""Whatever comes over a WebSocket, it costs its sender their connection at most, and nobody else anything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stoory.platform.sockets.protocol import (
    LARGEST_PACKET_BYTES,
    MOST_FRAMES_A_MESSAGE,
    MOST_UNREAD_MESSAGES,
    WRITE_BUFFER_BYTES,
)
from tests.sockets.attacking import forgets_everybody, kept, quiet, socket_of, still_serves, token_of, until
from tests.sockets.raw import BINARY, CONT, PING, TEXT, Gone, entered, fragments, frame, websocket
from tests.world import ASHA, MEERA, World

pytestmark = pytest.mark.usefixtures("impatient")

LARGEST_READ_BYTES = 256 * 1024
"""asyncio's; what comes with one is answered with one."""

ENDS = {
    "an Engine.IO packet of nothing": "",
    "an Engine.IO OPEN": '0{"sid":"x"}',
    "an Engine.IO PING": "2",
    "a probe without an upgrade": "2probe",
    "an UPGRADE without a probe": "5",
    "a NOOP": "6",
    "a type that does not exist": "9",
    "a letter": "x",
    "a superscript": "²",
    "a message of nothing": "4",
    "a message that is JSON": '4{"a":1}',
    "a letter for a type": "4x",
    "an event that is an object": "42{}",
    "an event without anything": "42",
    "an event that is a text": '42"typing"',
    "an event that is cut off": "42[",
    "an event far too deep": "42" + "[" * 60_000,
    "an event far too deep, and whole": '42["typing",' + "[" * 20_000 + "]" * 20_000 + "]",
    "an id that is too long": "42" + "9" * 101 + '["typing"]',
    "an event for another namespace": '42/admin,["typing",{}]',
    "an attachment": '451-["typing",{"_placeholder":true,"num":0}]',
    "billions of attachments": '459999999999-["typing"]',
    "an acknowledgement with attachments": "461-1[]",
    "billions of attachments, in Arabic": '4\u06659999999999-["typing"]',
    "attachments in base64": "bQUJD",
    "a refusal of ours": '44{"message":"no"}',
    "a type of Socket.IO that does not exist": "47[]",
    "who they are, as no text": '40{"token":"\\ud800"}',
}
"""What ends the connection."""

REFUSED: dict[str, tuple[list[Any], str]] = {
    "no name": ([], "unreadable"),
    "no text for a name": ([5], "not_found"),
    "an object for a name": ([{}], "not_found"),
    "half a character for a name": (["\ud800"], "not_found"),
    "a name that is ours to say": (["new_message", {}], "not_found"),
    "a reserved name": (["connect", {}], "not_found"),
    "another reserved name": (["disconnect", {}], "not_found"),
    "a huge name": (["x" * 60_000, {}], "not_found"),
    "nothing to do it with": (["typing"], "invalid"),
    "a number to do it with": (["typing", 5], "invalid"),
    "a list to do it with": (["typing", [[]]], "invalid"),
    "more than it takes": (["typing", {}, {}], "unreadable"),
    "wrong types": (["typing", {"conversation_id": 5, "is_typing": "yes"}], "invalid"),
    "unknown keys": (["presence", {"user_ids": [], "__proto__": 1}], "invalid"),
    "half a character": (["send_message", {"message": "\ud800"}], "invalid"),
    "a NUL": (["send_message", {"message": "\0"}], "invalid"),
    "no number": (["mark_seen", {"up_to_seq": float("nan")}], "unreadable"),
    "a number beyond all": (["mark_seen", {"up_to_seq": 10**400}], "invalid"),
    "what is far too deep": (["typing", {"a": json.loads("[" * 100 + "]" * 100)}], "unreadable"),
}
"""What is acknowledged with an error."""


HARMLESS = ("43[]", '437["x"]', "43", "41/admin", "3", "3probe", "40", '40{"token":5}', "40/admin,{}")
"""Acknowledgements, pongs, a second CONNECT, CONNECT to what does not exist and DISCONNECT from it."""

NO_MESSAGES = {
    "too large": frame(b"4" + b"x" * LARGEST_PACKET_BYTES),
    "too large in parts": fragments(b"4" + b"x" * LARGEST_PACKET_BYTES, 8192),
    "no text": frame(b"\xff\xfe"),
    "bytes": frame(b"ABC", BINARY),
    "the rest of nothing": frame(b"x", CONT),
    "a large ping": frame(b"x" * 200, PING),
    "no frames": b"\xff\xff\xff\xff" * 10,
    "an unknown frame": frame(b"", 3),
}
"""What is no message, and ends the connection too."""


async def test_nonsense_ends_the_connection_and_nothing_of_it_is_kept(
    address: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    token = await token_of(world, ASHA)
    everything = {what: frame(packet.encode()) for what, packet in ENDS.items()} | NO_MESSAGES
    stays: list[str] = []
    with quiet(caplog):
        for what, data in everything.items():
            async with entered(address, token) as raw:
                raw.write(data)
                raw.send(*["4" + "A" * 1000] * 50)
                try:
                    await raw.ends()
                except TimeoutError:
                    stays.append(what)
            await forgets_everybody(world)
        await still_serves(address, token)
    assert stays == []


async def test_an_event_that_is_wrong_is_acknowledged_with_what_is_wrong(
    address: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    codes: dict[str, str] = {}
    with quiet(caplog):
        async with entered(address, await token_of(world, ASHA)) as raw:
            for number, (what, (said, _)) in enumerate(REFUSED.items()):
                raw.send(f"42{number}{json.dumps(said)}")
                answer = await raw.answer(number)
                assert answer["success"] is False
                codes[what] = answer["code"]
    assert codes == {what: code for what, (_, code) in REFUSED.items()}


async def test_what_nobody_asked_for_changes_nothing(
    address: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with quiet(caplog):
        async with entered(address, await token_of(world, ASHA)) as raw:
            before = kept(world)
            for harmless in HARMLESS:
                raw.send(harmless)
                assert (await raw.ask("presence", {"user_ids": []}))["success"] is True, harmless
                assert kept(world) == before, harmless


async def test_before_they_are_connected_and_after_they_left_nobody_is_heard(
    address: str, world: World
) -> None:
    """Whoever leaves Socket.IO and stays connected is a stranger again: nobody stays for long without a name."""
    async with websocket(address) as raw:
        raw.event("presence", {"user_ids": []})
        assert "sid" in await raw.enter(await token_of(world, ASHA))
        raw.send("41")
        raw.event("presence", {"user_ids": []})
        with pytest.raises(Gone):
            await raw.packet()


async def test_who_has_left_may_come_again(address: str, world: World) -> None:
    async with entered(address, await token_of(world, ASHA)) as raw:
        raw.send("41")
        raw.send("40" + json.dumps({"token": await token_of(world, ASHA)}))
        assert "sid" in await raw.welcome()
        assert (await raw.ask("presence", {"user_ids": []}))["success"] is True


ENDLESS = {
    "nothing, in parts": frame(b"", TEXT, fin=False)
    + frame(b"", CONT, fin=False) * (MOST_FRAMES_A_MESSAGE + 1),
    "letter by letter": fragments(b'421["' + b"x" * MOST_FRAMES_A_MESSAGE + b'"]', 1),
}


@pytest.mark.parametrize("data", ENDLESS.values(), ids=ENDLESS)
async def test_a_message_has_not_ever_so_many_parts(address: str, world: World, data: bytes) -> None:
    async with entered(address, await token_of(world, ASHA)) as raw:
        raw.write(data)
        with pytest.raises(Gone):
            await raw.packet()


async def test_a_message_may_come_in_parts_and_slowly(address: str, world: World) -> None:
    async with entered(address, await token_of(world, ASHA)) as raw:
        for byte in fragments(b'421["presence",{"user_ids":[]}]', 8):
            raw.write(bytes([byte]))
            await raw.writer.drain()
        assert (await raw.answer(1))["success"] is True


async def test_pings_of_who_does_not_read_are_not_answered_without_end(address: str, world: World) -> None:
    async with entered(address, await token_of(world, ASHA)) as raw:
        wire = socket_of(world).wire
        await raw.flood(frame(b"x" * 125, PING) * 500, 300)
        most = WRITE_BUFFER_BYTES + LARGEST_READ_BYTES
        assert wire.transport.get_write_buffer_size() <= most
        await until(lambda: wire.full_since is not None)


async def test_who_sends_more_at_once_than_anybody_may_in_a_minute_is_not_heard(
    address: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with quiet(caplog):
        async with entered(address, await token_of(world, ASHA)) as raw:
            raw.write(frame(b"43") * MOST_UNREAD_MESSAGES * 8)
            await raw.ends()
        await forgets_everybody(world)
        await still_serves(address, await token_of(world, MEERA))
