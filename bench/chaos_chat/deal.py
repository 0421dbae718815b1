"""Deals between the two meanwhile: applied for, negotiated and accepted by buttons, over HTTP, each press once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from bench.chaos_chat.rest import Person, Rest

Json = dict[str, Any]

PAUSE_SECONDS: Final = (0.5, 1.5)
BID: Final = {"title": "A video in the rain", "min_budget": 3000, "max_budget": 8000}
AMOUNT: Final = 5000
OFFERS: Final = (4200, 4800, 4500, 4700)
"""What they name in turn, Asha first; then she accepts."""


class Press(Struct, frozen=True):
    """A button or a form, who presses it, and how the history calls it."""

    person: Person
    action: str
    path: str
    body: Json


class Deals:
    """One after another."""

    def __init__(self, rest: Rest, asha: Person, ravi: Person) -> None:
        """Take who makes them, and over what."""
        self.conversation_ids: list[str] = []
        self.pressed: list[tuple[str, str]] = []
        """By request, the action of every press that was answered, and of applying"""
        self._rest = rest
        self._asha = asha
        self._ravi = ravi

    async def make(self, stopped: asyncio.Event, luck: random.Random) -> None:
        """Make deals until told to stop; whatever was begun by then is answered."""
        while not stopped.is_set():
            bid = (await self._rest.ask("post", "/api/bids", self._asha, BID))["bid"]
            body = {"bid_id": bid["id"], "proposed_amount": AMOUNT}
            request = (await self._rest.ask("post", "/api/requests", self._ravi, body))["request"]
            self.conversation_ids.append(request["conversation_id"])
            self.pressed.append((request["id"], "apply"))
            for press in self._presses():
                await asyncio.sleep(luck.uniform(*PAUSE_SECONDS))
                if stopped.is_set():
                    break
                chat = f"/api/messages/conversations/{request['conversation_id']}"
                await self._rest.ask("post", f"{chat}/{press.path}", press.person, press.body)
                self.pressed.append((request["id"], press.action))

    def _presses(self) -> Iterator[Press]:
        """Yield what leads from an application to an agreement."""
        for number, amount in enumerate(OFFERS):
            person = (self._asha, self._ravi)[number % 2]
            form = {"input_type": "negotiation_amount", "values": {"proposed_amount": amount}}
            yield Press(person, "negotiate_amount", "button-click", {"action": "negotiate_amount"})
            yield Press(person, "negotiation_amount", "text-input", form)
        accept = {"action": "accept_proposal", "data": {"amount": OFFERS[-1]}}
        yield Press(self._asha, "accept_proposal", "button-click", accept)
