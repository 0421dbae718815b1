"""Any packets in any order, by both transports and by several at once: nobody else notices, and nothing is kept."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stoory.live import EVENTS
from stoory.platform.sockets import transport
from tests.sockets.attacking import forgets_everybody, quiet, still_serves, token_of
from tests.sockets.raw import Gone, frame, polling, websocket
from tests.world import ASHA, MEERA, World

EXAMPLES = 60
TOKEN = "TOKEN"
NAMES = [*[event.name for event in EVENTS], "new_message", "connect", "disconnect", "*", ""]

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
payloads = json_values | st.fixed_dictionaries(
    {},
    optional={
        "conversation_id": st.uuids().map(str) | json_values,
        "is_typing": json_values,
        "message": json_values,
        "since": json_values,
        "conversations": json_values,
        "user_ids": json_values,
        "up_to_seq": json_values,
        "action": json_values,
    },
)


def _event(number: str, name: Any, rest: list[Any]) -> str:
    return f"42{number}{json.dumps([name, *rest])}"


def _entering(auth: Any) -> str:
    return f"40{json.dumps(auth)}"


events = st.builds(
    _event,
    st.integers(0, 10**12).map(str) | st.just(""),
    st.sampled_from(NAMES) | json_values,
    st.lists(payloads, max_size=3),
)
ODDITIES = ["40", "41", "43[]", "1", "2", "3", "4", "5", "6", "2probe", "3probe", "40/x,", "451-[]", "b"]
packets = st.one_of(
    events,
    st.builds(_entering, st.just({"token": TOKEN}) | json_values),
    st.sampled_from(ODDITIES),
    st.text('0123456789[]{}",-/ab\u0665\u00b2', max_size=30),
    st.text(max_size=30),
)
conversations = st.lists(packets, max_size=12)


@pytest.mark.usefixtures("impatient")
async def test_whatever_is_sent_the_server_goes_on_serving_others(
    address: str, world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "PING_SECONDS", 1)
    monkeypatch.setattr(world.app.live.sockets.engine, "ping_timeout", 1)
    token, meera = await token_of(world, ASHA), await token_of(world, MEERA)
    loop = asyncio.get_running_loop()

    @settings(max_examples=EXAMPLES)
    @given(by_websocket=conversations, by_polling=conversations, pieces=st.integers(1, 40))
    def anything(by_websocket: list[str], by_polling: list[str], pieces: int) -> None:
        attack = _attack(address, [_signed(each, token) for each in (by_websocket, by_polling)], pieces)
        asyncio.run_coroutine_threadsafe(attack, loop).result(30)
        asyncio.run_coroutine_threadsafe(still_serves(address, meera), loop).result(30)

    with quiet(caplog):
        await asyncio.to_thread(anything)
        await forgets_everybody(world)


def _signed(conversation: list[str], token: str) -> list[str]:
    return [packet.replace(TOKEN, token) for packet in conversation]


async def _attack(address: str, conversations: list[list[str]], pieces: int) -> None:
    await asyncio.gather(
        _by_websocket(address, conversations[0], pieces), _by_polling(address, conversations[1])
    )


async def _by_websocket(address: str, conversation: list[str], pieces: int) -> None:
    data = b"".join(frame(packet.encode("utf-8", "surrogatepass")) for packet in conversation)
    async with websocket(address) as raw:
        for at in range(0, len(data), max(1, len(data) // pieces)):
            raw.write(data[at : at + max(1, len(data) // pieces)])
            await asyncio.sleep(0)
        with suppress(TimeoutError, Gone):
            async with asyncio.timeout(0.02):
                while True:
                    await raw.packet()


async def _by_polling(address: str, conversation: list[str]) -> None:
    async with polling(address) as poller:
        halves: list[list[str]] = [conversation[::2], conversation[1::2]]
        answers: list[Any] = await asyncio.gather(*[poller.post(*half) for half in halves])
        assert [one.status_code for one in answers if one.status_code >= 500] == []
        with suppress(Gone, httpx.ReadTimeout):
            poller.client.timeout = 0.02
            await poller.fetch()
