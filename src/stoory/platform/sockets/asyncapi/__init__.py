"""The AsyncAPI 3.0 document: what clients may send, what they are answered, and what the server tells them.

It is made from the declarations of the events, by the same means as the OpenAPI document, and seen from the server: an
operation that receives is something a client does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from stoory.errors import NotSignedIn
from stoory.platform import wire
from stoory.platform.http.errors import CLASS, ErrorBody, refusal
from stoory.platform.http.openapi.examples import Examples
from stoory.platform.http.openapi.failures import SCOPE, problem_of
from stoory.platform.http.openapi.structs import described
from stoory.platform.sockets.asyncapi.html import page
from stoory.platform.sockets.events import Event, Told

__all__ = ["document", "page"]

REFUSED: Final = "refused"
NOT_CONNECTED: Final = "connect_error"
ONLY_OVER_HTTP: Final = (405, 413, 415)

ABOUT: Final = (
    "What is live in a Stoory, over Socket.IO. Everything that changes a chat is told to both of its people, whichever "
    "door it came through. How to write a client, and what is promised to it: docs/realtime.md."
)
ABOUT_SERVER: Final = (
    "Socket.IO 5 over Engine.IO 4. Text only, packets of at most 64 KiB. One process takes polling and WebSockets; "
    "where there are several, only WebSockets, so a client does well to ask for no other transport."
)
ABOUT_CHANNEL: Final = (
    "The one namespace. An event is a name and one JSON object. What clients send is acknowledged, with an answer or "
    "with `refused`, if they ask for it; what the server sends is not to be acknowledged."
)
HANDSHAKE: Final = (
    "The access token of POST /api/auth/login, in the handshake: `auth: {token}`. It is read when somebody connects; "
    "afterwards the connection lasts as long as the session."
)

HANDSHAKE_OF_A_KEY: Final = (
    "A key of POST /api/api-keys instead, in the handshake, `auth: {api_key}`, or in this header. The connection lasts "
    "as long as the key. With one for reading, events with the x-scope `write` are refused: `read_only_key`."
)

Json = dict[str, Any]


CREDENTIALS: Final[Json] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": HANDSHAKE,
    },
    "api_key": {
        "type": "httpApiKey",
        "name": "X-API-Key",
        "in": "header",
        "description": HANDSHAKE_OF_A_KEY,
    },
}


def document(events: Sequence[Event], told: Sequence[Told], *, version: str, path: str) -> Json:
    """Return the document as JSON builtins."""
    bodies = [event.takes for event in events]
    places, schemas = described(
        (*bodies, *(event.answers for event in events), *(each.payload for each in told), ErrorBody)
    )
    examples = Examples(schemas, [body.EXAMPLE for body in bodies])
    messages = _refusals(places[ErrorBody])
    for event in events:
        messages |= _asked(event, places, examples)
    for each in told:
        messages[_of_server(each)] = _message(each.name, each.summary, places[each.payload], examples)
    channel = {
        "address": "/",
        "description": ABOUT_CHANNEL,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Stoory", "version": version, "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {"installation": _server(path)},
        "channels": {"live": channel},
        "operations": _operations(events, told),
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": CREDENTIALS,
        },
    }


def _server(path: str) -> Json:
    return {
        "host": "{host}",
        "pathname": path,
        "protocol": "socket.io",
        "protocolVersion": "5",
        "description": ABOUT_SERVER,
        "variables": {"host": {"default": "127.0.0.1:8000", "description": "Where this installation is"}},
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in CREDENTIALS],
    }


def _of_client(event: Event) -> str:
    return f"{event.name}_from_client"


def _answer(event: Event) -> str:
    return f"{event.name}_acknowledged"


def _of_server(told: Told) -> str:
    return f"{told.name}_from_server"


def _asked(event: Event, places: dict[type, Json], examples: Examples) -> Json:
    """Return what a client sends, and what it is answered."""
    sent = _message(event.name, event.summary, places[event.takes], examples)
    answered = f"What `{event.name}` is acknowledged with when it is done."
    return {
        _of_client(event): sent,
        _answer(event): _message(event.name, answered, places[event.answers], examples),
    }


def _message(name: str, summary: str, place: Json, examples: Examples) -> Json:
    return {
        "name": name,
        "summary": summary,
        "payload": place,
        "examples": [{"payload": examples.of(place)}],
    }


def _refusals(place: Json) -> Json:
    """Return the error envelope as it comes instead of an acknowledgement, and instead of a connection."""
    problems = [problem_of(status) for status in CLASS if status not in ONLY_OVER_HTTP]
    return {
        REFUSED: {
            "name": REFUSED,
            "summary": "What any event is acknowledged with instead, when it is refused.",
            "payload": place,
            "examples": [_example(problem) for problem in problems if problem is not None],
        },
        NOT_CONNECTED: {
            "name": NOT_CONNECTED,
            "summary": "What is told instead of a connection: that there is no good token, or why not now.",
            "description": "Clients find it in the error's `data`.",
            "payload": place,
            "examples": [_example(NotSignedIn())],
        },
    }


def _example(problem: Exception) -> Json:
    body: Json = wire.decode(refusal(problem, SCOPE))
    return {"name": body["code"], "payload": body}


def _operations(events: Sequence[Event], told: Sequence[Told]) -> Json:
    """Return what clients do, and what is told them."""
    does = {
        event.name: {
            "action": "receive",
            "channel": {"$ref": "#/channels/live"},
            "summary": event.summary,
            **_described(event.description),
            "x-scope": "write" if event.changes else "read",
            "messages": [_in_channel(_of_client(event))],
            "reply": {
                "channel": {"$ref": "#/channels/live"},
                "messages": [_in_channel(_answer(event)), _in_channel(REFUSED)],
            },
        }
        for event in events
    }
    tells = {f"tell_{each.name}": _telling(_of_server(each), each.summary, each.description) for each in told}
    return does | tells | {"refuse_connection": _telling(NOT_CONNECTED, "Somebody may not connect.", "")}


def _telling(message: str, summary: str, description: str) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": "#/channels/live"},
        "summary": summary,
        **_described(description),
        "messages": [_in_channel(message)],
    }


def _described(description: str) -> Json:
    return {"description": description} if description else {}


def _in_channel(message: str) -> Json:
    return {"$ref": f"#/channels/live/messages/{message}"}
