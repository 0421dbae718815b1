"""People who talk over several devices and over REST, whatever becomes of their connections."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from typing import Any, Final

import httpx

from tests.sockets.devices import PAUSE_SECONDS, By, Cut, Device
from tests.sockets.folding import Json
from tests.sockets.history import Letter
from tests.world import VIDEO_BID, Person

MEANWHILE: Final = {"busy", "idempotency_in_progress"}
"""Nothing is known, or not yet: ask again."""
BUTTONS: Final = (
    "accept_proposal",
    "decline_proposal",
    "cancel_deal",
    "withdraw_proposal",
    "negotiate_amount",
)
BYS: Final[tuple[By, ...]] = ("since", "since", "conversations")
TEXTS: Final = (12, 12, 200, 4000)
"""How long they are."""


class Talker:
    """Somebody with devices, who keeps talking."""

    def __init__(
        self, person: Person, devices: list[Device], client: httpx.AsyncClient, luck: random.Random
    ) -> None:
        """Take their devices, and what they ask REST with."""
        self.person = person
        self.devices = devices
        self.client = client
        self.letters: list[Letter] = []
        self.deleted: set[str] = set()
        self.is_over = False
        self._luck = luck
        self._written = 0

    async def talk(self, others: list[Person]) -> None:
        """Do one thing after the other until it is over."""
        deeds = {
            self.write: 50, self.read: 12, self.delete: 8, self.offer: 8, self.press: 5, self.apply: 4, self.type: 5,
            self.ask_again: 3, self.be_refused: 5,
        }  # fmt: skip
        while not self.is_over:
            await asyncio.sleep(self._luck.random() * PAUSE_SECONDS)
            [deed] = self._luck.choices([*deeds, self.open], [*deeds.values(), 2])
            arguments: list[Any] = [self._luck.choice(others)] if deed == self.open else []
            await deed(*arguments)

    async def stay(self, device: Device) -> None:
        """Keep a device connected until it is over."""
        while not self.is_over:
            if device.is_connected:
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                with suppress(Cut, httpx.TransportError, asyncio.TimeoutError):
                    await device.come(self._luck.choice(BYS))
                await asyncio.sleep(self._luck.random() * PAUSE_SECONDS)

    async def write(self) -> None:
        """Send a message until it is acknowledged, over whichever door, or give up."""
        if (id_ := self._conversation()) is None:
            return
        self._written += 1
        text = f"{self.person.name} {self._written} ".ljust(self._luck.choice(TEXTS), "x")[:4000].strip()
        has_id = self._luck.random() < 0.85
        letter = Letter(str(self.person.id), text, f"{self.person.name}-{self._written}" if has_id else None)
        self.letters.append(letter)
        body = {"conversation_id": id_, "message": text}
        if letter.client_msg_id is not None:
            body["client_msg_id"] = letter.client_msg_id
        while True:
            doors = [self._by_socket, self._by_rest]
            if letter.client_msg_id is None or self._luck.random() < 0.8:
                doors = [self._luck.choice([self._by_socket, self._by_socket, self._by_rest])]
            answers = await asyncio.gather(*(door(body) for door in doors))
            letter.answers += [answer for answer in answers if answer is not None]
            if letter.client_msg_id is None or self._luck.random() < (0.8 if letter.answers else 0.1):
                return  # has been answered, or gives up
            await asyncio.sleep(PAUSE_SECONDS)

    async def read(self) -> None:
        """Read a conversation to the end, or not quite."""
        rows = self._any().copy.rows
        if not rows:
            return
        id_ = self._luck.choice(list(rows))
        asked: Json = {}
        if self._luck.random() < 0.5:
            asked["up_to_seq"] = self._luck.randrange(1 + rows[id_]["last_seq"])
        if self._luck.random() < 0.5:
            await self._ask("mark_seen", conversation_id=id_, **asked)
        else:
            await self._rest("PUT", f"/conversations/{id_}/seen", asked)

    async def delete(self) -> None:
        """Take back what one has written."""
        written = [letter.answers[0] for letter in self.letters if letter.answers]
        if written:
            message_id = self._luck.choice(written)["id"]
            if await self._rest("DELETE", f"/{message_id}") is not None:
                self.deleted.add(message_id)

    async def offer(self) -> None:
        """Name an amount in a deal, whether or not it is one's turn."""
        values = {"proposed_amount": self._luck.randrange(3000, 8000), "reasoning": "So it is"}
        await self._move("text_input", "text-input", {"input_type": "negotiation_amount", "values": values})

    async def press(self) -> None:
        """Press a button, whether or not it is there."""
        await self._move("button_click", "button-click", {"action": self._luck.choice(BUTTONS)})

    async def apply(self) -> None:
        """Apply to Asha's bid, which not everybody may, and nobody twice."""
        body = {"bid_id": str(VIDEO_BID), "proposed_amount": 5000}
        with suppress(httpx.TransportError):
            await self.client.post("/api/requests", json=body)

    async def type(self) -> None:
        """Type, and perhaps stop."""
        if (id_ := self._conversation()) is not None:
            await self._ask("typing", conversation_id=id_, is_typing=self._luck.random() < 0.7)

    async def ask_again(self) -> None:
        """Resume although nothing is missing, or not much: what is answered is compared with what was told."""
        device = self._any()
        if device.is_connected and device.call.is_resumed:
            with suppress(Cut):
                await device.ask("resume", since=device.cursor)

    async def open(self, other: Person) -> None:
        """Open a conversation with somebody, which may be there, or may not be allowed."""
        with suppress(httpx.TransportError):
            await self.client.post("/api/messages/conversations", json={"user_id": str(other.id)})

    async def be_refused(self) -> None:
        """Begin something that is rolled back at its end."""
        for user_id in {row["other_user"]["id"] for row in self._any().copy.rows.values()}:
            body = {"user_id": user_id, "message": "x" * 4001}
            with suppress(httpx.TransportError):
                answer = await self.client.post("/api/messages/conversations", json=body)
                assert answer.status_code in (422, 503), answer.text

    async def _move(self, event: str, door: str, body: Json) -> None:
        device = self._any()
        deals = [id_ for id_, row in device.copy.rows.items() if row["chat_status"] == "automated"]
        if not deals:
            return
        id_ = self._luck.choice(deals)
        if self._luck.random() < 0.5:
            await self._ask(event, conversation_id=id_, **body)
        else:
            with suppress(httpx.TransportError):
                await self.client.post(f"/api/messages/conversations/{id_}/{door}", json=body)

    async def _by_socket(self, body: Json) -> Json | None:
        answer = await self._ask("send_message", **body)
        if answer is None or not answer["success"]:
            assert answer is None or answer["code"] in MEANWHILE, answer
            return None
        return answer["data"]["message"]

    async def _by_rest(self, body: Json) -> Json | None:
        answer = await self._rest("POST", "", body)
        return None if answer is None else answer["data"]["message"]

    async def _ask(self, event: str, **payload: Any) -> Json | None:
        """Send an event from a device that is connected and reads; None when there is no answer."""
        ready = [device for device in self.devices if device.is_connected and device.may_read.is_set()]
        if not ready:
            return None
        try:
            return await self._luck.choice(ready).ask(event, **payload)
        except Cut:
            return None

    async def _rest(self, method: str, path: str, body: Json | None = None) -> Json | None:
        """Ask once over REST; None when it is not known whether it has been done."""
        try:
            content = None if body is None else json.dumps(body)
            headers = {"Content-Type": "application/json"} if body is not None else {}
            answer = await self.client.request(
                method, f"/api/messages{path}", content=content, headers=headers
            )
        except httpx.TransportError:
            return None
        if not answer.is_success:
            assert answer.json()["code"] in MEANWHILE, answer.text
            return None
        return answer.json()

    def _any(self) -> Device:
        return self._luck.choice(self.devices)

    def _conversation(self) -> str | None:
        known = list(self._any().copy.rows)
        return self._luck.choice(known) if known else None
