"""The document as a page for people, beside the one of the routes and like it."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from stoory.platform.http.openapi.html import STYLE, example, fields, prose, resolved, table

Json = dict[str, Any]

CHAPTERS: Final = {
    "receive": ("What clients do", "Each is acknowledged with an answer, or with the error body.", "sends"),
    "send": (
        "What they are told",
        "Without being asked, on every socket of the people it concerns.",
        "hears",
    ),
}


def page(schema: Json) -> str:
    """Return the page: what clients do, then what they are told, each event one line that opens."""
    info = schema["info"]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])} live</title><style>{STYLE}</style>"
        f"<h1>{escape(info['title'])} live</h1><p>{prose(info['description'])} Version {escape(info['version'])}. "
        "The same for machines: <a href=/schema/asyncapi.json>asyncapi.json</a>, AsyncAPI 3.0. "
        "The routes: <a href=/schema>over HTTP</a>.</p>"
        f"<p>{prose(schema['servers']['installation']['description'])} "
        + " ".join(prose(each["description"]) for each in schema["components"]["securitySchemes"].values())
        + "</p>"
        + "".join(_chapter(schema, action) for action in CHAPTERS)
        + "</html>"
    )


def _chapter(schema: Json, action: str) -> str:
    title, meaning, _ = CHAPTERS[action]
    events = [
        _event(schema, name, operation)
        for name, operation in schema["operations"].items()
        if operation["action"] == action
    ]
    return f"<section><h2>{title}</h2><p>{meaning}</p>{''.join(events)}</section>"


def _event(schema: Json, name: str, operation: Json) -> str:
    message = _message(schema, operation["messages"][0])
    answers = [_message(schema, place) for place in operation.get("reply", {}).get("messages", ())]
    return (
        f"<details id='{name}'><summary><b class={'post' if answers else 'get'}>"
        f"{CHAPTERS[operation['action']][2]}</b><code>{escape(message['name'])}</code>"
        f"<span>{prose(operation['summary'])}</span></summary><div>"
        f"<p>{prose(operation.get('description', ''))}</p>"
        + ("<p>Not with an API key for reading.</p>" if operation.get("x-scope") == "write" else "")
        + table("Payload", fields(schema, resolved(schema, message["payload"])))
        + _shown(message)
        + "".join(f"<h3>Acknowledged</h3>{_shown(answer)}" for answer in answers[:1])
        + "</div></details>"
    )


def _message(schema: Json, place: Json) -> Json:
    """Follow a reference into the channel, and from there to where the message is described."""
    name = place["$ref"].rpartition("/")[2]
    found: Json = schema["components"]["messages"][name]
    return found


def _shown(message: Json) -> str:
    return example({"example": message["examples"][0]["payload"]})
