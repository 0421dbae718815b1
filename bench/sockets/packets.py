"""What Socket.IO says inside a WebSocket: `42["typing",{...}]` is Engine.IO's message (4) of Socket.IO's event (2)."""

from __future__ import annotations

import json
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder

PATH: Final = "/socket.io/?EIO=4&transport=websocket"

OPEN: Final = b"0"
PING: Final = b"2"
PONG: Final = b"3"
CONNECTED: Final = b"40"
ACKNOWLEDGEMENT: Final = b"43"
REFUSED: Final = b"44"
NEW_MESSAGE: Final = b'42["new_message",'


class Message(Struct):
    """Of a message what is looked at; it may have more."""

    id: str
    conversation_id: str
    message: str


class NewMessage(Struct):
    """What both people are told."""

    seq: int
    message: Message


class Data(Struct):
    """What was asked for."""

    message: Message


class Answer(Struct):
    """An acknowledgement: the message, or a sentence that says why not."""

    success: bool
    data: Data | None = None
    message: str = ""


_answers: Final = Decoder(tuple[Answer])
_told: Final = Decoder(NewMessage)


def upgrade(host: str) -> bytes:
    """Return the request with which a connection becomes a WebSocket."""
    return (
        f"GET {PATH} HTTP/1.1\r\nhost: {host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
        "sec-websocket-version: 13\r\nsec-websocket-key: c2lkZS1ieS1zaWRlLi4uLg==\r\n\r\n"
    ).encode()


def status(head: bytes) -> int:
    """Return what that was answered with: 101 when it was accepted."""
    return int(head.split(b" ", 2)[1])


def sign_in(token: str) -> bytes:
    """Return the packet that says who connects."""
    return CONNECTED + json.dumps({"token": token}).encode()


def send_message(number: int, conversation_id: str, text: str, client_msg_id: str) -> bytes:
    """Return an event that is to be acknowledged under that number."""
    body = {"conversation_id": conversation_id, "message": text, "client_msg_id": client_msg_id}
    return b'42%d["send_message",%b]' % (number, json.dumps(body).encode())


def answered(packet: bytes) -> tuple[int, Answer]:
    """Return which event an acknowledgement is of, and the answer."""
    begin = packet.index(b"[")
    return int(packet[len(ACKNOWLEDGEMENT) : begin]), _answers.decode(packet[begin:])[0]


def told(packet: bytes) -> NewMessage:
    """Return what a `new_message` tells."""
    return _told.decode(packet[len(NEW_MESSAGE) : -1])
