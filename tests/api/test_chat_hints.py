"""Whoever shows a chat is told to look again: after the commit, and only who takes part."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from stoory.chat import actions
from stoory.chat.drafts import Draft
from stoory.chat.hints import ConversationChanged, MessageDeleted, MessageSent, Seen
from stoory.errors import NotFound
from stoory.platform.bus import Hint
from tests.chats import apply, open_with, press, say
from tests.world import ASHA, RAVI, World


async def test_every_change_is_told_to_the_two_and_to_nobody_else(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, told: list[Hint]
) -> None:
    id_ = await open_with(asha, RAVI)
    said = await say(asha, id_)
    await ravi.put(f"/api/messages/conversations/{id_}/seen")
    await asha.delete(f"/api/messages/{said['id']}")

    conversation_id = UUID(id_)
    assert told == [
        ConversationChanged((ASHA.id, RAVI.id), conversation_id, "opened"),
        MessageSent((ASHA.id, RAVI.id), conversation_id, 1),
        Seen((RAVI.id, ASHA.id), conversation_id, RAVI.id, 1),
        MessageDeleted((ASHA.id, RAVI.id), conversation_id, UUID(said["id"]), 1),
    ]


async def test_what_changes_nothing_is_not_told(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, told: list[Hint]
) -> None:
    id_ = await open_with(asha, RAVI)
    said = await say(asha, id_, client_msg_id="1")
    await ravi.put(f"/api/messages/conversations/{id_}/seen")
    await asha.delete(f"/api/messages/{said['id']}")
    told.clear()

    await open_with(asha, RAVI)
    await asha.post("/api/messages", json={"conversation_id": id_, "message": "Hello!", "client_msg_id": "1"})
    await ravi.put(f"/api/messages/conversations/{id_}/seen")
    await asha.delete(f"/api/messages/{said['id']}")
    await asha.get(f"/api/messages/conversations/{id_}/messages")

    assert told == []


async def test_a_deal_tells_the_two_of_every_step(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, told: list[Hint]
) -> None:
    id_ = await apply(ravi)
    await press(asha, id_, "decline_proposal")

    conversation_id, both = UUID(id_), (ASHA.id, RAVI.id)
    assert [hint for hint in told if type(hint).__module__ == "stoory.chat.hints"] == [
        ConversationChanged(both, conversation_id, "opened"),
        MessageSent(both, conversation_id, 1),
        Seen((RAVI.id, ASHA.id), conversation_id, RAVI.id, 1),
        ConversationChanged(both, conversation_id, "moved"),
        ConversationChanged(both, conversation_id, "answered"),
        MessageSent(both, conversation_id, 2),
        Seen(both, conversation_id, ASHA.id, 2),
    ]


async def test_nothing_is_told_before_the_commit(
    asha: httpx.AsyncClient, world: World, told: list[Hint]
) -> None:
    conversation_id = UUID(await open_with(asha, RAVI))
    told.clear()

    actor = await world.sign_in(ASHA)
    async with world.db.as_user(actor) as tx:
        await actions.send(tx, actor, Draft(conversation_id=conversation_id, message="Hello!"))
        assert told == []

    assert told == [MessageSent((ASHA.id, RAVI.id), conversation_id, 1)]


async def test_nothing_is_told_of_what_was_rolled_back(
    asha: httpx.AsyncClient, world: World, told: list[Hint]
) -> None:
    conversation_id = UUID(await open_with(asha, RAVI))
    told.clear()
    actor = await world.sign_in(ASHA)

    async def send_and_fail() -> None:
        async with world.db.as_user(actor) as tx:
            await actions.send(tx, actor, Draft(conversation_id=conversation_id, message="Hello!"))
            raise NotFound

    with pytest.raises(NotFound):
        await send_and_fail()

    assert told == []
