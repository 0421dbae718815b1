"""Messages of several people are written together; each is answered as if it had been sent alone."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from stoory.chat.sockets import sending
from stoory.errors import Busy, Deadlocked
from stoory.platform import database
from tests.chats import open_with, read, seqs
from tests.sockets.listening import Ear, listening
from tests.world import ASHA, KABIR, MEERA, RAVI, World

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def say(ear: Ear, conversation_id: str, text: str, **more: Any) -> dict[str, Any]:
    return await ear.ask("send_message", conversation_id=conversation_id, message=text, **more)


async def test_what_many_send_at_once_is_stored_once_each_and_answered_to_each(
    address: str, world: World, asha: httpx.AsyncClient, kabir: httpx.AsyncClient
) -> None:
    to_ravi, to_meera = await open_with(asha, RAVI), await open_with(kabir, MEERA)
    async with (
        listening(address, world, ASHA) as a,
        listening(address, world, RAVI) as r,
        listening(address, world, KABIR) as k,
        listening(address, world, MEERA) as m,
    ):
        talk = {a: to_ravi, r: to_ravi, k: to_meera, m: to_meera}
        for turn in range(5):
            answers = await asyncio.gather(
                *(say(ear, id_, f"turn {turn}", client_msg_id=f"turn {turn}") for ear, id_ in talk.items())
            )
            assert all(answer["success"] for answer in answers)
    assert seqs(await read(asha, to_ravi)) == list(range(1, 11))
    assert seqs(await read(kabir, to_meera)) == list(range(1, 11))


async def test_one_that_cannot_be_written_does_not_hold_up_the_others(
    address: str, world: World, asha: httpx.AsyncClient, kabir: httpx.AsyncClient
) -> None:
    to_ravi, to_meera = await open_with(asha, RAVI), await open_with(kabir, MEERA)
    async with listening(address, world, ASHA) as a, listening(address, world, MEERA) as m:
        foreign, own = await asyncio.gather(say(a, to_meera, "Let me in!"), say(m, to_meera, "Hello!"))
        absent = await say(a, "c0000000-0000-4000-8000-00000000dead", "Is anybody there?")
    assert own["success"] is True
    assert (foreign["code"], foreign["message"]) == (absent["code"], absent["message"])
    assert seqs(await read(asha, to_ravi)) == []


async def test_a_message_to_a_conversation_that_is_held_waits_alone(
    address: str, world: World, superuser: Superuser, asha: httpx.AsyncClient, kabir: httpx.AsyncClient
) -> None:
    to_ravi, to_meera = await open_with(asha, RAVI), await open_with(kabir, MEERA)
    async with listening(address, world, ASHA) as a, listening(address, world, KABIR) as k:
        async with superuser.transaction():
            await superuser.execute("select from conversations where id = $1 for update", UUID(to_ravi))
            held = asyncio.create_task(say(a, to_ravi, "I wait"))
            assert (await say(k, to_meera, "I do not"))["success"] is True
            assert not held.done()
        assert (await held)["success"] is True


async def test_who_sends_while_somebody_reads_waits_for_them_and_never_they_for_each_other(
    address: str, world: World, superuser: Superuser, asha: httpx.AsyncClient
) -> None:
    """Who reads holds a cursor and goes on to the inboxes: nobody may hold those and wait for that cursor."""
    to_ravi = await open_with(asha, RAVI)
    async with listening(address, world, ASHA) as a:
        await say(a, to_ravi, "Hello!")
        async with superuser.transaction():
            await superuser.execute("update participations set seen_at = seen_at where user_id = $1", ASHA.id)
            sending_one = asyncio.create_task(say(a, to_ravi, "I wait"))
            while not await superuser.fetchval(  # noqa: ASYNC110 - what is looked at tells nobody
                "select exists (select from pg_locks where not granted)"
            ):
                await asyncio.sleep(0)
            await superuser.execute("select from inboxes where user_id = $1 for update nowait", ASHA.id)
        assert (await sending_one)["success"] is True
    assert seqs(await read(asha, to_ravi)) == [1, 2]


def test_while_all_write_there_is_a_connection_for_those_who_look() -> None:
    assert database.STANDING_CONNECTIONS > sending.WRITERS


async def test_what_comes_twice_at_once_is_written_once_and_together_with_the_rest(
    world: World, asha: httpx.AsyncClient
) -> None:
    id_ = UUID(await open_with(asha, RAVI))
    outbox = sending.Outbox(world.db, _tell_nobody)
    actor = await world.sign_in(ASHA)
    drafts = [
        sending.Draft(conversation_id=id_, message=text, client_msg_id=text) for text in ("a", "a", "b")
    ]
    waiting = [asyncio.create_task(outbox.send(actor, draft)) for draft in drafts]
    await asyncio.sleep(0)
    writers = [asyncio.create_task(each) for each in outbox.tasks()]
    with capture_logs() as lines:
        sent = await asyncio.wait_for(asyncio.gather(*waiting), 10)
    for writer in writers:
        writer.cancel()

    assert [(one.message.seq, one.is_new) for one in sent] == [(1, True), (1, False), (2, True)]
    assert [line for line in lines if line["log_level"] == "error"] == []


@pytest.mark.parametrize("problem", [Busy, Deadlocked])
async def test_what_was_perhaps_written_is_sent_again_only_under_its_own_id(
    address: str,
    world: World,
    asha: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    problem: type[Busy],
) -> None:
    id_ = await open_with(asha, RAVI)

    async def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(sending, "send_messages", fail)
    async with listening(address, world, ASHA) as a:
        named = await say(a, id_, "once", client_msg_id="once")
        nameless = await say(a, id_, "perhaps")

    assert named["success"] is True
    assert nameless["success"] is (problem is Deadlocked), "only what was undone for certain is sent again"
    assert len(seqs(await read(asha, id_))) == 1 + (problem is Deadlocked)


async def test_what_waits_when_the_application_stops_is_still_answered(
    world: World, asha: httpx.AsyncClient
) -> None:
    id_ = UUID(await open_with(asha, RAVI))
    outbox = sending.Outbox(world.db, _tell_nobody)
    actor = await world.sign_in(ASHA)
    draft = sending.Draft(conversation_id=id_, message="Hello!", client_msg_id="1")
    waiting = asyncio.create_task(outbox.send(actor, draft))
    writers = [asyncio.create_task(each) for each in outbox.tasks()]
    await asyncio.sleep(0)
    for writer in writers:
        writer.cancel()

    sent = await asyncio.wait_for(waiting, 10)

    assert sent.message.message == "Hello!"
    assert seqs(await read(asha, str(id_))) == [1]


def _tell_nobody(*_: object) -> None:
    """Nobody is connected."""
