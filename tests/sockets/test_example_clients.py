"""The examples of the documentation keep what they promise: connected, nothing lost, nothing twice.

They run as a reader runs them, in Python and in Node, against a server on a real port.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import httpx
import pytest

from stoory.actor import Actor
from stoory.chat import jobs
from stoory.chat.actions import Sent
from stoory.chat.drafts import Draft
from tests.chats import open_with, read, say
from tests.sockets import programs
from tests.sockets.listening import served
from tests.sockets.programs import Program
from tests.world import ASHA, PASSWORD, RAVI, World

Start = Callable[[str], AbstractAsyncContextManager[Program]]

MORE_THAN_A_PAGE = 120


@pytest.fixture(params=["chat.py", "chat.mjs"])
def ravi_runs(request: pytest.FixtureRequest) -> Start:
    """Return what starts an example: Ravi's client, who writes to Asha."""
    example = request.param
    folder = request.getfixturevalue("node_clients") if example.endswith(".mjs") else programs.CLIENTS

    def start(address: str) -> AbstractAsyncContextManager[Program]:
        who = (RAVI.phone, PASSWORD, str(ASHA.id))
        command = programs.interpreter(example), str(folder / example), address, *who
        return programs.running(*command, kind=Program)

    return start


async def is_connected(program: Program) -> None:
    """Wait until what is typed comes back: it is connected then."""
    program.type("Here I am")
    await program.says("#1 I: Here I am")


async def said(client: httpx.AsyncClient, chat: str) -> list[str]:
    """Return what was said, in order."""
    return [message["message"] for message in (await read(client, chat, limit=100))["messages"]]


def port_of(address: str) -> int:
    """Return the port of an address."""
    return int(address.rpartition(":")[2])


async def cut_all(world: World) -> None:
    """Break every connection, as a network does."""
    for connection in world.app.live.connections:
        await connection.socket.cut()


async def test_it_shows_what_comes_and_sends_what_is_typed(
    ravi_runs: Start, address: str, asha: httpx.AsyncClient
) -> None:
    async with ravi_runs(address) as program:
        await is_connected(program)
        chat = await open_with(asha, RAVI)
        await say(asha, chat, "I see you")
        await program.says("#2 They: I see you")
    assert await said(asha, chat) == ["Here I am", "I see you"]


async def test_what_was_said_while_the_server_was_away_comes_once_and_in_order(
    ravi_runs: Start, world: World, asha: httpx.AsyncClient
) -> None:
    async with AsyncExitStack() as ends:
        async with served(world.app) as address:
            program = await ends.enter_async_context(ravi_runs(address))
            await is_connected(program)
        chat = await open_with(asha, RAVI)
        program.type("Are you away?")
        for number in range(MORE_THAN_A_PAGE):
            await say(asha, chat, f"Message {number}")
        async with served(world.app, port=port_of(address)):
            last = f"#{MORE_THAN_A_PAGE + 2} I: Are you away?"
            await program.says(f"#{MORE_THAN_A_PAGE + 1} They: Message {MORE_THAN_A_PAGE - 1}", last)

    shown = [int(line.partition(" ")[0].removeprefix("#")) for line in program.lines]
    assert shown == [*range(1, MORE_THAN_A_PAGE + 3)]
    assert (await said(asha, chat)).count("Are you away?") == 1


async def test_a_message_whose_acknowledgement_is_lost_is_stored_and_shown_once(
    ravi_runs: Start, address: str, world: World, asha: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ravi_runs(address) as program:
        await is_connected(program)
        send, tries = world.app.live.outbox.send, list[str]()

        async def send_and_lose(actor: Actor, draft: Draft) -> Sent:
            sent = await send(actor, draft)
            tries.append(draft.message)
            if len(tries) == 1:
                await cut_all(world)
            return sent

        monkeypatch.setattr(world.app.live.outbox, "send", send_and_lose)
        program.type("Did you get this?")
        program.type("And this?")
        await program.says("#2 I: Did you get this?", "#3 I: And this?")

    assert tries == ["Did you get this?", "Did you get this?", "And this?"]
    assert program.lines == ["#1 I: Here I am", "#2 I: Did you get this?", "#3 I: And this?"]
    chat = await open_with(asha, RAVI)
    assert await said(asha, chat) == ["Here I am", "Did you get this?", "And this?"]


async def test_an_access_token_that_has_run_out_is_renewed(
    ravi_runs: Start, address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue: Any = world.app.tokens.issue

    def issue_one_that_has_run_out(*who: Any) -> str:
        monkeypatch.setattr(world.app.tokens, "issue", issue)
        monkeypatch.setattr(world.app.tokens, "ttl_seconds", -1)
        token = issue(*who)
        monkeypatch.setattr(world.app.tokens, "ttl_seconds", 3600)
        return token

    monkeypatch.setattr(world.app.tokens, "issue", issue_one_that_has_run_out)
    async with ravi_runs(address) as program:
        await is_connected(program)


async def test_it_begins_with_the_lists_when_too_much_has_happened(
    ravi_runs: Start, world: World, asha: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "NEWS_KEPT", 3)
    monkeypatch.setattr(jobs, "NEWS_SPARED", 0)
    async with AsyncExitStack() as ends:
        async with served(world.app) as address:
            program = await ends.enter_async_context(ravi_runs(address))
            await is_connected(program)
        chat = await open_with(asha, RAVI)
        for number in range(5):
            await say(asha, chat, f"Message {number}")
        await jobs.forget(world.db)
        async with served(world.app, port=port_of(address)):
            program.type("Long time no see")
            await program.says("#1 I: Here I am", "#7 I: Long time no see")


async def test_it_ends_when_its_session_is_ended_elsewhere(
    ravi_runs: Start, address: str, world: World, ravi: httpx.AsyncClient
) -> None:
    async with ravi_runs(address) as program:
        await is_connected(program)
        [session_id] = {connection.actor.session_id for connection in world.app.live.connections}
        answer = await ravi.delete(f"/api/auth/sessions/{session_id}")
        assert answer.status_code == 200, answer.text
        assert await program.ends() == 1
    assert program.lines[-1].startswith("The end: ")
