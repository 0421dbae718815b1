"""Whatever comes by long polling, it is answered in our words or ends the session, and nothing of it is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from stoory.actor import Actor
from stoory.platform.http.frame import SECURITY_HEADERS
from stoory.platform.sockets.protocol import LARGEST_PACKET_BYTES
from stoory.platform.sockets.transport import MOST_WAITING_BYTES, MOST_WAITING_PACKETS
from tests.sockets.attacking import forgets_everybody, kept, quiet, still_serves, token_of, until
from tests.sockets.raw import POLLING, UPGRADE, WEBSOCKET, Gone, Poller, dialled, polling, request, websocket
from tests.sockets.test_abuse import ENDS
from tests.world import ASHA, RAVI, World

pytestmark = pytest.mark.usefixtures("impatient")

NO_PAYLOADS = {
    "no text": b"\xff\xfe",
    "too many": b"\x1e".join([b"43[]"] * 17),
    "JSONP": b"d=43[]",
    "JSONP of nothing": b"d=",
    "too large": b"4" + b"x" * LARGEST_PACKET_BYTES,
}


async def test_nonsense_ends_the_session_and_nothing_of_it_is_kept(
    address: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    token = await token_of(world, ASHA)
    payloads = {what: packet.encode() for what, packet in ENDS.items() if packet} | NO_PAYLOADS
    answers: dict[str, tuple[int, ...]] = {}
    with quiet(caplog):
        for what, body in payloads.items():
            async with polling(address) as poller:
                await poller.enter(token)
                first = await poller.post_bytes(body)
                if what in (
                    "too large",
                    "JSONP",
                ):  # the first is not even read, the second an empty acknowledgement
                    await poller.post("1")
                answers[what] = (first.status_code, (await poller.post("43[]")).status_code)
        await until(lambda: not kept(world)["connections"])
        await still_serves(address, token)
    odd = {"too large": (413, 400), "JSONP": (200, 400)}
    assert answers == {what: odd.get(what, (400, 400)) for what in payloads}


async def test_a_body_without_end_is_not_read(
    address: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with quiet(caplog):
        async with polling(address) as poller:
            await poller.enter(await token_of(world, ASHA))
            head = request(
                f"{POLLING}&sid={poller.sid}", {"Host": "x", "Transfer-Encoding": "chunked"}, method="POST"
            )
            async with dialled(address) as raw:
                raw.write(head + b"5\r\nhello\r\n")
                head, body = await raw.response()
            assert head.startswith(b"HTTP/1.1 400")
            assert b"Content-Length" in body


async def test_a_body_that_does_not_come_is_not_waited_for(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stoory.platform.sockets.door.BODY_WITHIN_SECONDS", 0.2)
    async with polling(address) as poller, dialled(address) as raw:
        length = {"Host": "x", "Content-Length": "5"}
        raw.write(request(f"{POLLING}&sid={poller.sid}", length, method="POST") + b"43")
        head, _ = await raw.response()
        assert head.startswith(b"HTTP/1.1 400")


TARGETS: dict[str, tuple[str, str, dict[str, str]]] = {
    "an old version": ("GET", "/socket.io/?EIO=3&transport=polling", {}),
    "no version": ("GET", "/socket.io/", {}),
    "another transport": ("GET", "/socket.io/?EIO=4&transport=carrier-pigeon", {}),
    "a transport twice": ("GET", "/socket.io/?EIO=4&transport=polling&transport=websocket", {}),
    "JSONP": ("GET", f"{POLLING}&j=0", {}),
    "JSONP of a huge number": ("GET", f"{POLLING}&j={'9' * 5000}", {}),
    "nobody's session": ("GET", f"{POLLING}&sid=AAAA", {}),
    "nobody's session, posting": ("POST", f"{POLLING}&sid=AAAA", {"Content-Length": "0"}),
    "no session, posting": ("POST", POLLING, {"Content-Length": "0"}),
    "a WebSocket without an upgrade": ("GET", WEBSOCKET, {}),
    "an upgrade in one header": ("GET", WEBSOCKET, {"Upgrade": "websocket"}),
    "an upgrade and none": ("GET", WEBSOCKET, {**UPGRADE, "Connection": "upgrade\r\nConnection: close"}),
    "an upgrade to something else": ("GET", WEBSOCKET, {**UPGRADE, "Upgrade": "h2c"}),
    "an upgrade that posts": ("POST", WEBSOCKET, UPGRADE),
    "a WebSocket that polls": ("GET", POLLING, UPGRADE),
    "a foreign origin": ("GET", POLLING, {"Origin": "https://evil.example"}),
    "an origin that is none": ("GET", POLLING, {"Origin": "http://[::1"}),
    "another method": ("DELETE", POLLING, {}),
}


async def test_what_cannot_be_served_is_refused_in_our_words(
    address: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    wrong: list[str] = []
    for what, (method, target, headers) in TARGETS.items():
        async with dialled(address) as raw:
            host = {"Host": address.removeprefix("http://"), "Connection": "close"}
            raw.write(request(target, host | headers, method=method))
            head, body = await raw.response()
        status = int(head.split()[1])
        is_websocket = headers.items() >= UPGRADE.items()
        if not 400 <= status < 500 or not (is_websocket or _is_ours(head, body)):
            wrong.append(f"{what}: {head!r}")
    await forgets_everybody(world)
    assert wrong == []
    assert {record.getMessage() for record in caplog.records if record.levelname != "INFO"} <= {
        "Unsupported upgrade request."
    }


def _is_ours(head: bytes, body: bytes) -> bool:
    lowered = head.lower()
    return (
        json.loads(body)["success"] is False
        and b"x-request-id" in lowered
        and all(name in lowered for name, _ in SECURITY_HEADERS)
    )


async def test_a_good_answer_wears_the_same_headers(address: str) -> None:
    async with polling(address) as poller:
        answer = await poller.post("43[]")
    assert answer.status_code == 200
    assert answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert {name.decode() for name, _ in SECURITY_HEADERS} <= set(answer.headers)


async def test_a_session_that_has_just_ended_is_no_fault_of_ours(address: str, world: World) -> None:
    async with polling(address) as poller:
        await poller.enter(await token_of(world, ASHA))
        assert (await poller.post("1", "40{}", '42["typing",{}]')).status_code == 400
        assert (await poller.post("43[]")).status_code == 400
        with pytest.raises(Gone):
            await poller.fetch()
    await forgets_everybody(world)


async def test_who_ends_while_they_are_admitted_is_forgotten(
    address: str, world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets: Any = world.app.live.sockets
    ask_in = sockets._ask_in

    async def end_meanwhile(actor: Actor) -> int:
        told = await ask_in(actor)
        for session in sockets.engine.sockets.values():
            await session.close()
        return told

    monkeypatch.setattr(sockets, "_ask_in", end_meanwhile)
    with quiet(caplog):
        async with polling(address) as poller:
            await poller.post("40" + json.dumps({"token": await token_of(world, ASHA)}))
        await forgets_everybody(world)


async def test_a_session_has_one_websocket_and_soon(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stoory.platform.sockets.transport.ADMITTED_WITHIN_SECONDS", 0.5)
    async with polling(address) as poller:
        assert "sid" in await poller.enter(await token_of(world, ASHA))
        target = f"{WEBSOCKET}&sid={poller.sid}"
        async with websocket(address, target) as never:
            with pytest.raises(Gone):
                async with websocket(address, target):
                    pass
            await never.ends()
        async with websocket(address, target) as out_of_order:
            out_of_order.send("5")
            await out_of_order.ends()
        async with websocket(address, target) as raw:
            raw.send("2probe")
            assert await raw.packet() == "3probe"
            assert "6" in await poller.fetch()
            raw.send("5")
            assert (await raw.ask("presence", {"user_ids": []}))["success"] is True
            with pytest.raises(Gone):
                await poller.fetch()
            with pytest.raises(Gone):
                async with websocket(address, target):
                    pass


def _connecting(number: int) -> str:
    """Ask for a namespace that does not exist, with a name that is told back."""
    return f"40/{'x' * 60_000}{number},"


def _asking(number: int) -> str:
    return f'42{number}["presence",{{"user_ids":[]}}]'


@pytest.mark.parametrize("packet", [_connecting, _asking])
async def test_who_posts_and_never_fetches_is_let_go(
    address: str, world: World, packet: Callable[[int], str]
) -> None:
    """Before that, what waits is bounded, by number and by size, however many post at once."""
    most: list[int] = []
    async with polling(address) as poller:
        await poller.enter(await token_of(world, ASHA))
        socket = world.app.live.sockets.engine.sockets[poller.sid]
        for _ in range(20):
            answers = await asyncio.gather(*[poller.post(packet(number)) for number in range(10)])
            most.append(socket.queue.qsize())
            assert socket.waiting_bytes <= MOST_WAITING_BYTES + LARGEST_PACKET_BYTES
            if {answer.status_code for answer in answers} != {200}:
                break
        assert (
            max(most) <= MOST_WAITING_PACKETS * 2 + 16
        )  # and that it is over, once for each that was posting
        await until(lambda: not kept(world)["connections"])


async def test_the_session_of_somebody_else_cannot_be_guessed(address: str, world: World) -> None:
    """A sid is a secret of 96 random bits, which nobody but its owner is told."""
    sids: set[str] = set()
    async with polling(address) as asha, polling(address) as ravi:
        for poller, person in ((asha, ASHA), (ravi, RAVI)):
            welcome: Any = await poller.enter(await token_of(world, person))
            sids |= {poller.sid, welcome["sid"]}
        assert len(sids) == 4
        assert [sid for sid in sids if len(sid) < 20] == []
        for guess in (asha.sid[:-1] + "B", asha.sid.lower(), await _name_in_socket_io(asha, world)):
            assert (await Poller(ravi.client, guess).post("43[]")).status_code == 400


async def _name_in_socket_io(poller: Poller, world: World) -> str:
    """What Socket.IO calls a connection is no key to the session below it."""
    name = world.app.live.sockets.server.manager.sid_from_eio_sid(poller.sid, "/")
    assert name is not None
    return str(name)
