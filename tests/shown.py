"""What somebody is shown of a deal: how its conversation stands, and what was said in it last."""

from __future__ import annotations

from typing import Any

import httpx

from tests.chats import read

Client = httpx.AsyncClient
Json = dict[str, Any]


async def conversation(client: Client, request: Json) -> Json:
    """Return the conversation of a request, as somebody sees it."""
    answer = await client.get(f"/api/messages/conversations/{request['conversation_id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()["conversation"]


async def stands(client: Client, request: Json) -> tuple[str, str | None]:
    """Return where a deal stands, and whose turn it is."""
    seen = await conversation(client, request)
    return seen["flow_state"], seen["awaiting_role"]


async def messages(client: Client, request: Json) -> list[Json]:
    """Return what was said about a deal, the newest last."""
    return (await read(client, request["conversation_id"]))["messages"]


async def newest(client: Client, request: Json) -> Json:
    """Return what was said last."""
    return (await messages(client, request))[-1]


def buttons(message: Json) -> list[str]:
    """Return the ids of the buttons of a message, having seen that it asks for an action exactly if it has some."""
    asked: Json = message["action_data"] or {}
    shown: list[str] = [button["id"] for button in asked.get("buttons", [])]
    assert message["action_required"] is bool(shown)
    return shown


async def context(client: Client, request: Json) -> Json:
    """Return what somebody can do in a deal's conversation, and until when."""
    answer = await client.get(f"/api/messages/conversations/{request['conversation_id']}/context")
    assert answer.status_code == 200, answer.text
    return answer.json()["context"]
