"""The buttons and forms of a chat, over a socket."""

from __future__ import annotations

from typing import ClassVar, Final
from uuid import UUID

from stoory.actor import Actor
from stoory.deals.api.chat import ButtonClick, MoveAnswer, TextInput, filled_in, pressed
from stoory.platform.database import Database
from stoory.platform.razorpay import Razorpay
from stoory.platform.sockets import Event, event

A_CONVERSATION: Final = {"conversation_id": "c0000000-0000-4000-8000-000000000001"}


class ButtonClicked(ButtonClick, kw_only=True):
    """A button that was pressed, and where."""

    EXAMPLE: ClassVar = {**A_CONVERSATION, **ButtonClick.EXAMPLE}

    conversation_id: UUID


class TextEntered(TextInput, kw_only=True):
    """A form that was filled in, and where."""

    EXAMPLE: ClassVar = {**A_CONVERSATION, **TextInput.EXAMPLE}

    conversation_id: UUID


@event(changes=True)
async def button_click(db: Database, actor: Actor, gateway: Razorpay, data: ButtonClicked) -> MoveAnswer:
    """Press a button of the automated conversation, as over HTTP."""
    return await pressed(db, actor, gateway, data.conversation_id, data)


@event(changes=True)
async def text_input(db: Database, actor: Actor, data: TextEntered) -> MoveAnswer:
    """Answer a prompt of the automated conversation, as over HTTP."""
    return await filled_in(db, actor, data.conversation_id, data)


EVENTS: Final[list[Event]] = [button_click, text_input]
