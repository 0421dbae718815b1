"""What a stranger tries: typing into foreign conversations, cursors of others, and hints that name the wrong people."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from stoory.accounts.actions import SessionsEnded
from stoory.chat.hints import (
    ConversationChanged,
    MessageDeleted,
    MessageSent,
    PresenceChanged,
    Seen,
    TypingChanged,
)
from stoory.notifications.actions import Notified
from stoory.platform.bus import Hint
from tests.chats import open_with, say
from tests.sockets.listening import Ear, listening
from tests.world import ASHA, KABIR, MEERA, RAVI, World


async def test_who_types_into_a_foreign_conversation_is_refused_and_nobody_hears_it(
    address: str, world: World, asha: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    async with (
        listening(address, world, ASHA) as asha_hears,
        listening(address, world, RAVI) as ravi_hears,
        listening(address, world, MEERA) as meera_hears,
    ):
        for is_typing in (True, False):
            answer = await meera_hears.ask("typing", conversation_id=id_, is_typing=is_typing)
            assert answer["code"] == "not_found"
        await ravi_hears.ask("typing", conversation_id=id_, is_typing=True)
        heard = await asha_hears.hears("typing", conversation_id=id_)
        assert heard["user_id"] == str(RAVI.id)
        assert len(asha_hears.of("typing")) == 1
        assert ravi_hears.of("typing") == meera_hears.of("typing") == []


async def test_who_asked_about_a_conversation_before_it_was_there_may_type_in_it(
    world: World, asha: httpx.AsyncClient
) -> None:
    """That nobody takes part in it is not kept: it is true only until it is opened."""
    typing: Any = world.app.live.whose_typing
    people = typing._people
    missing = uuid4()
    assert await people.of(missing) == ()
    assert missing not in people._remembered._kept
    opened = UUID(await open_with(asha, RAVI))
    assert set(await people.of(opened)) == {ASHA.id, RAVI.id}
    assert opened in people._remembered._kept


async def test_a_forged_hint_leaks_nothing(
    address: str, world: World, asha: httpx.AsyncClient, superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    """Whoever can publish on the bus can make us look, and no more: the rows say what there is, and for whom."""
    conversation_id = UUID(await open_with(asha, RAVI))
    message_id = UUID((await say(asha, str(conversation_id), "whispered"))["id"])
    notification_id = await superuser.fetchval(
        """
        insert into notifications (user_id, kind, data, created_at)
        values ($1, 'password_changed', '{}', now())
     returning id
        """,
        RAVI.id,
    )
    meera = (MEERA.id,)
    forged: list[Hint] = [
        MessageSent(meera, conversation_id, 1),
        MessageSent(meera, uuid4(), 10**12),
        MessageDeleted(meera, conversation_id, message_id, 1),
        Seen(meera, conversation_id, RAVI.id, 1),
        ConversationChanged(meera, conversation_id, "moved"),
        TypingChanged(meera, conversation_id, RAVI.id, is_typing=True),
        TypingChanged(meera, conversation_id, MEERA.id, is_typing=True),
        TypingChanged(meera, uuid4(), ASHA.id, is_typing=True),
        PresenceChanged((ASHA.id, RAVI.id, MEERA.id, uuid4())),
        Notified(meera, notification_id),
        Notified(meera, uuid4()),
        SessionsEnded(meera),
    ]
    async with listening(address, world, ASHA), listening(address, world, MEERA) as meera_hears:
        world.db.bus.publish(forged)
        await asyncio.sleep(0.7)
        assert (await meera_hears.ask("presence", user_ids=[])) == {"success": True, "presences": []}
        assert meera_hears.heard == []


MADE_UP: list[Any] = [-1, 0.5, 10**6, 2**63, 2**64, 10**90, True, None, "1", [1], {}]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_cursor_that_was_made_up_is_refused(address: str, world: World, transport: str) -> None:
    cursors = [f"[{one}]" for one in map(str, MADE_UP)] + ["", "[]", "[1,2]", "{}", "[" * 70, "\xff", "1"]
    codes: dict[str, Any] = {}
    async with listening(address, world, MEERA, transports=(transport,)) as meera_hears:
        for made_up in cursors:
            since = urlsafe_b64encode(made_up.encode()).decode().rstrip("=")[:100]
            codes[made_up] = (await meera_hears.ask("resume", since=since)).get("code")
        for made_up in ("é", "====", "\0", "A", "not base64!"):
            codes[made_up] = (await meera_hears.ask("resume", since=made_up)).get("code")
        assert (await meera_hears.ask("resume"))["success"] is True
    assert {code for code in codes.values() if code} <= {"invalid", "cursor_expired"}
    assert [made_up for made_up, code in codes.items() if not code] == []


async def test_anothers_cursor_is_a_number_among_ones_own(
    address: str, world: World, asha: httpx.AsyncClient, kabir: httpx.AsyncClient
) -> None:
    """It opens nothing: whose news is meant, the connection says."""
    for _ in range(3):
        await say(asha, await open_with(asha, RAVI), "whispered")
    hers = await open_with(kabir, MEERA)
    for text in ("one", "two", "three", "four", "five"):
        await say(kabir, hers, text)
    async with listening(address, world, RAVI) as ravi_hears, listening(address, world, MEERA) as meera_hears:
        cursor = (await ravi_hears.ask("resume"))["cursor"]
        answer = await meera_hears.ask("resume", since=cursor)
    assert {message["conversation_id"] for message in answer["messages"]} == {hers}
    assert "whispered" not in str(answer)


def told(ear: Ear) -> set[str]:
    """Return what somebody was told of."""
    return {name for name, _ in ear.heard}


async def test_presence_is_told_to_nobody_who_shares_no_conversation(
    address: str, world: World, asha: httpx.AsyncClient
) -> None:
    await open_with(asha, RAVI)
    async with (
        listening(address, world, MEERA) as meera_hears,
        listening(address, world, KABIR) as kabir_hears,
    ):
        async with listening(address, world, ASHA), listening(address, world, RAVI) as ravi_hears:
            await ravi_hears.hears("presence", user_id=str(ASHA.id))
        await asyncio.sleep(0.3)
        assert told(meera_hears) == told(kabir_hears) == set()
