"""A chat client of Stoory to begin from: it stays connected, loses nothing and shows nothing twice.

    pip install "python-socketio[asyncio_client]"
    python chat.py http://127.0.0.1:8000 +919800000001 stoory-demo-1 a5000000-0000-4000-8000-000000000002

prints every message as it comes, and sends each line you type to the person named last. docs/realtime.md says why each
thing is done as it is.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import aiohttp
import socketio
from socketio.exceptions import SocketIOError

Json = dict[str, Any]

AGAIN = {"busy", "internal", "too_many_requests", "upstream_unavailable"}
"""Refusals that are not about what was asked: the same may be asked again a little later."""


class Refused(Exception):
    """The server said no."""


class Chat:
    """Somebody's conversations, kept up to date as long as `stay_connected` runs."""

    def __init__(self, address: str, on_message: Callable[[Json], None]) -> None:
        """Take where Stoory is, and what to do with each new message."""
        self.conversations: dict[str, Json] = {}
        self.messages: dict[tuple[str, int], Json] = {}
        self.address, self.on_message = address, on_message
        self.session: Json = {}
        self.cursor: str | None = None
        self.is_current = asyncio.Event()
        self.early: list[tuple[str, Json]] = []
        self.refusal: Json = {}
        self.socket = socketio.AsyncClient(reconnection=False)  # `stay_connected` does it, with a fresh token
        self.socket.on("connect", self._connected)
        self.socket.on("connect_error", self._not_connected)
        self.socket.on("disconnect", self._disconnected)
        self.socket.on("*", self._heard)

    async def sign_in(self, phone: str, password: str) -> None:
        """Begin a session; Refused."""
        self.session = await self._ask("post", "/api/auth/login", json={"phone": phone, "password": password})

    async def stay_connected(self) -> None:
        """Connect, and again whenever the connection ends; Refused once the session has ended, too."""
        while True:
            auth = {"token": self.session["token"]}
            try:
                await self.socket.connect(self.address, auth=auth, transports=["websocket"], wait_timeout=10)
                await self.socket.wait()
            except SocketIOError:
                if self.refusal.get("code") == "not_signed_in":
                    refresh = {"refresh_token": self.session["refresh_token"]}
                    self.session |= await self._ask("post", "/api/auth/refresh", json=refresh)
            await asyncio.sleep(self.refusal.get("retry_after_seconds", random.uniform(0.5, 2)))

    async def send(self, text: str, **to: str) -> Json:
        """Send a message to a `conversation_id` or a `receiver_id`: once, however often it has to be tried."""
        draft = {**to, "message": text, "client_msg_id": str(uuid4())}
        while True:
            await self.is_current.wait()
            try:
                answer: Json = await self.socket.call("send_message", draft, timeout=5)
            except (
                SocketIOError
            ):  # nobody knows whether it arrived; under its client_msg_id it is stored once
                answer = {"success": False, "code": "busy"}
            if answer["success"]:
                return answer["data"]["message"]
            if answer["code"] not in AGAIN:
                raise Refused(answer["message"])
            await asyncio.sleep(answer.get("retry_after_seconds", 1))

    def _connected(self) -> None:
        self.refusal = {}
        self.catching_up = asyncio.create_task(self._catch_up())

    def _not_connected(self, told: Json | str) -> None:
        self.refusal = {} if isinstance(told, str) else told.get("data", {})

    def _disconnected(self, *_: str) -> None:
        self.is_current.clear()
        self.catching_up.cancel()
        self.early.clear()  # it is missed now, as is what will come

    def _heard(self, event: str, payload: Json) -> None:
        """Do what an event says, or keep it until everything older is there."""
        if self.is_current.is_set():
            self._apply(event, payload)
        else:
            self.early.append((event, payload))

    async def _catch_up(self) -> None:
        """Take all that was missed, page by page, and then what has come meanwhile."""
        try:
            while await self._take_page():
                pass
        except (SocketIOError, aiohttp.ClientError, Refused):
            await self.socket.disconnect()  # and begin anew
            return
        for event, payload in self.early:
            self._apply(event, payload)
        self.early.clear()
        self.is_current.set()

    async def _take_page(self) -> bool:
        """Take a page of what was missed, and return whether there is more. Without a cursor, read the lists."""
        since = {"since": self.cursor} if self.cursor else {}
        answer: Json = await self.socket.call("resume", since, timeout=10)
        if not answer["success"]:
            if answer["code"] != "cursor_expired":
                raise Refused(answer["message"])
            self.cursor = None  # away for too long
            return True
        if self.cursor is None:
            page = await self._ask("get", "/api/messages/conversations?limit=100")  # the newest will do here
            self.conversations = {row["id"]: row for row in page["conversations"]}
            self.messages.clear()  # those of a conversation can wait until somebody looks at it
        self.conversations |= {row["id"]: row for row in answer["conversations"]}
        self.messages |= {(old["conversation_id"], old["seq"]): old for old in answer["changed"]}
        for message in answer["messages"]:
            self._keep(message)
        self.cursor = answer["cursor"]
        return answer["has_more"]

    def _apply(self, event: str, payload: Json) -> None:
        """Change the copy as an event says. Twice is the same as once."""
        if event == "new_message":
            self._keep(payload["message"])
        elif event == "conversation_updated":
            self.conversations[payload["conversation_id"]] = payload["conversation"]
            if answered := payload.get("message"):
                self.messages[answered["conversation_id"], answered["seq"]] = answered
        elif event == "message_deleted":
            deleted = self.messages.get((payload["conversation_id"], payload["seq"]), {})
            deleted |= {"message": "", "media_url": None, "deleted": True}
        self.cursor = payload.get("cursor", self.cursor)

    def _keep(self, message: Json) -> None:
        place = message["conversation_id"], message["seq"]
        is_new = place not in self.messages
        self.messages[place] = message
        if is_new:
            self.on_message(message)

    async def _ask(self, method: str, path: str, **more: Any) -> Json:
        headers = {"Authorization": f"Bearer {self.session['token']}"} if self.session else {}
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, self.address + path, headers=headers, **more) as answer,
        ):
            body: Json = await answer.json()
        if not body["success"]:
            raise Refused(body["message"])
        return body


async def main(address: str, phone: str, password: str, person: str) -> None:
    """Print what comes and send what is typed, until the input or the session ends."""

    def show(message: Json) -> None:
        name = "I" if message["sender_id"] == chat.session["user"]["id"] else "They"
        print(f"#{message['seq']} {name}: {message['message']}", flush=True)

    async def send_lines() -> None:
        lines = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(lines)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        async for line in lines:
            await chat.send(line.decode().strip(), receiver_id=person)

    chat = Chat(address, show)
    await chat.sign_in(phone, password)
    tasks = [asyncio.create_task(chat.stay_connected()), asyncio.create_task(send_lines())]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await chat.socket.shutdown()
    for task in waiting:
        task.cancel()
    for task in done:
        task.result()


if __name__ == "__main__":
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(main(*sys.argv[1:]))
    except Refused as refusal:
        sys.exit(f"The end: {refusal}")
