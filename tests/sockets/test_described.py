"""What really goes over the wire is what the AsyncAPI document says."""

from __future__ import annotations

from typing import Any

import httpx
import jsonschema_rs

from stoory import live
from tests.chats import apply, open_with
from tests.sockets.listening import Ear, Json, listening
from tests.world import ASHA, RAVI, World

DOCUMENT = live.document()


def is_a(name: str, payload: Json) -> Json:
    """Return a payload that is such a message of the document."""
    message = DOCUMENT["components"]["messages"][name]
    schema = {**message["payload"], "components": DOCUMENT["components"]}
    jsonschema_rs.validate(schema, payload, validate_formats=True)
    return payload


async def asked(ear: Ear, event: str, **payload: Any) -> Json:
    """Send an event as it is described, and return an answer that is as it is described."""
    is_a(f"{event}_from_client", payload)
    return is_a(f"{event}_acknowledged", await ear.ask(event, **payload))


async def test_every_event_and_every_answer_is_as_described(
    address: str, world: World, asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    chat = await open_with(asha, RAVI)
    async with listening(address, world, ASHA) as ashas, listening(address, world, RAVI) as ravis:
        await asked(ravis, "resume")
        await asked(ashas, "presence", user_ids=[str(RAVI.id)])
        await asked(ashas, "typing", conversation_id=chat, is_typing=True)
        sent = await asked(ashas, "send_message", conversation_id=chat, message="Hello!", client_msg_id="1")
        cursor = (await ravis.hears("new_message"))["cursor"]
        await asked(ravis, "mark_seen", conversation_id=chat)
        await asha.delete(f"/api/messages/{sent['data']['message']['id']}")
        deal = await apply(ravi)
        offer = {"proposed_amount": 4500, "reasoning": "Market rates"}
        form = {"input_type": "negotiation_amount", "values": offer}
        await asked(ashas, "text_input", conversation_id=deal, **form)
        await asked(
            ravis, "button_click", conversation_id=deal, action="accept_proposal", data={"amount": 4500}
        )
        missed = await asked(ravis, "resume", since=cursor)
        assert missed["messages"]
        assert missed["changed"]
        is_a("refused", await ashas.ask("mark_seen", conversation_id="nonsense"))
        for name in ("unread_count", "notification", "message_deleted"):
            await ravis.hears(name)

    heard = [*ashas.heard, *ravis.heard]
    for name, payload in heard:
        is_a(f"{name}_from_server", payload)
    assert {name for name, _ in heard} == {each.name for each in live.TOLD}
