"""Who may no longer ask is no longer told: sockets end with their session, within a second."""

from __future__ import annotations

import asyncio
import time
from typing import TypeAlias
from uuid import UUID

import asyncpg
import httpx
import pytest

from stoory.accounts import sockets
from stoory.accounts.actions import SessionsEnded
from stoory.accounts.queries.sessions import good_sessions
from stoory.platform.database import Tx
from tests.chats import open_with, say
from tests.sockets.listening import Ear, connected, listening
from tests.sockets.nodes import CUT
from tests.world import ASHA, OM, PASSWORD, RAVI, World

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

ENDS_WITHIN_SECONDS = 1.0
TIMES = 5
A_LITTLE_SECONDS = 1.0
"""What a busy machine may take beside."""


async def ends_in_time(ear: Ear) -> None:
    """See that a connection ends as soon as is promised."""
    began = time.monotonic()
    await ear.ends()
    assert time.monotonic() - began < ENDS_WITHIN_SECONDS + A_LITTLE_SECONDS


async def test_logging_out_ends_the_sockets_of_that_session_and_of_no_other(
    address: str, world: World, asha: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    session = await world.sign_in(RAVI)
    token = world.app.tokens.issue(session, RAVI.phone)
    async with connected(address, token) as here, listening(address, world, RAVI) as elsewhere:
        async with httpx.AsyncClient(
            base_url=address, headers={"Authorization": f"Bearer {token}"}
        ) as client:
            assert (await client.post("/api/auth/logout")).is_success
        await ends_in_time(here)

        await say(asha, id_, "Are you there?")
        await elsewhere.hears("new_message", conversation_id=id_)
        assert here.of("new_message") == []


async def test_what_is_said_after_somebody_has_logged_out_is_told_elsewhere_but_not_there(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes to find out which of their sockets have ended."""
    may_look = asyncio.Event()

    async def slowly(tx: Tx, session_ids: list[UUID]) -> set[UUID]:
        await may_look.wait()
        return await good_sessions(tx, session_ids)

    token = world.app.tokens.issue(await world.sign_in(RAVI), RAVI.phone)
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        listening(address, world, ASHA) as asha,
        connected(address, token) as here,
        listening(address, world, RAVI) as elsewhere,
        httpx.AsyncClient(base_url=address, headers=headers) as client,
    ):
        first = await asha.ask("send_message", receiver_id=str(RAVI.id), message="Hello!")
        id_ = first["data"]["message"]["conversation_id"]
        await here.hears("new_message", seq=1)
        monkeypatch.setattr(sockets, "good_sessions", slowly)
        assert (await client.post("/api/auth/logout")).is_success
        assert (await asha.ask("send_message", conversation_id=id_, message="Are you there?"))["success"]
        await asha.ask("typing", conversation_id=id_, is_typing=True)
        assert (await asha.ask("mark_seen", conversation_id=id_))["success"]
        may_look.set()
        await ends_in_time(here)
        await elsewhere.hears("new_message", seq=2)
        assert [told["seq"] for told in here.of("new_message")] == [1]
        assert here.of("typing") == []


async def test_whose_other_session_ended_is_told_everything_again_also_when_the_database_hangs_meanwhile(
    address: str, world: World, asha: httpx.AsyncClient, superuser: Superuser
) -> None:
    id_ = await open_with(asha, RAVI)
    async with listening(address, world, RAVI) as ravi:
        assert (await ravi.ask("resume"))["success"], (
            "who is cut off while they arrive is sent away to come again"
        )
        for number in range(1, TIMES + 1):
            await superuser.execute(CUT)
            world.db.bus.publish([SessionsEnded((RAVI.id,))])
            await say(asha, id_, f"message {number}")
            world.db.bus.publish([SessionsEnded((RAVI.id,))])
            await ravi.hears("new_message", seq=number)
        assert [told["seq"] for told in ravi.of("new_message")] == [*range(1, TIMES + 1)]


async def test_a_new_password_ends_the_sockets_of_all_other_sessions(address: str, world: World) -> None:
    session = await world.sign_in(RAVI)
    token = world.app.tokens.issue(session, RAVI.phone)
    async with connected(address, token) as here, listening(address, world, RAVI) as elsewhere:
        async with httpx.AsyncClient(
            base_url=address, headers={"Authorization": f"Bearer {token}"}
        ) as client:
            body = {"current_password": PASSWORD, "new_password": "another one for Ravi"}
            answer = await client.put("/api/auth/password", json=body)
            assert answer.is_success, answer.text
        await ends_in_time(elsewhere)
        assert (await here.ask("resume"))["success"] is True


async def test_who_is_suspended_hears_nothing_more(
    address: str, world: World, asha: httpx.AsyncClient, om: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    async with listening(address, world, RAVI) as ravi, listening(address, world, ASHA) as asha_hears:
        answer = await om.put(
            f"/api/admin/users/{RAVI.id}/status", json={"status": "suspended", "reason": "Sells followers"}
        )
        assert answer.is_success, answer.text
        await ends_in_time(ravi)

        await say(asha, id_, "Are you there?")
        await asha_hears.hears("new_message", conversation_id=id_)
        assert ravi.of("new_message") == []


@pytest.mark.parametrize(
    "change",
    [
        "update users set role = 'brand_owner', updated_at = now() where id = $1",
        "update sessions set ended_at = now(), ended_why = 'logout' where user_id = $1",
    ],
    ids=["another role", "ended by another process"],
)
async def test_what_another_process_ends_is_noticed_without_a_hint(
    address: str, world: World, superuser: Superuser, change: str
) -> None:
    async with listening(address, world, RAVI) as ravi, listening(address, world, OM) as om:
        await superuser.execute(change, RAVI.id)
        await ends_in_time(ravi)
        assert om.is_connected


async def test_an_event_of_an_ended_session_is_refused_and_ends_the_socket(
    address: str, world: World, asha: httpx.AsyncClient, superuser: Superuser
) -> None:
    id_ = await open_with(asha, RAVI)
    async with listening(address, world, RAVI) as ravi:
        await superuser.execute(
            "update sessions set ended_at = now(), ended_why = 'logout' where user_id = $1", RAVI.id
        )
        said = asyncio.create_task(ravi.ask("send_message", conversation_id=id_, message="One more thing"))
        await ends_in_time(ravi)
        said.cancel()
        await asyncio.gather(said, return_exceptions=True)
    messages = await asha.get(f"/api/messages/conversations/{id_}/messages")
    assert messages.json()["data"]["messages"] == []
