"""Chat over HTTP. Buttons, forms and the context of a deal have their doors in deals."""

from __future__ import annotations

from typing import Final

from stoory.chat.api import conversations, messages

ROUTES: Final = [*conversations.ROUTES, *messages.ROUTES]
