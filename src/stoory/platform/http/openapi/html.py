"""The document as a page for people: plain HTML that needs no script and nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

Json = dict[str, Any]

ANYBODY: Final = "everybody"

STYLE: Final = """
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent);--soft:color-mix(in srgb,
currentColor 6%,transparent)}
body{font:16px/1.55 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:2.5rem 1.2rem 6rem}
h1{margin:0}h2{margin:3.5rem 0 .2rem;text-transform:capitalize}h3{font-size:.95rem;margin:1.4rem 0 .3rem}
nav{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;padding:.9rem 0;border-block:1px solid var(--line)}
nav a{text-transform:capitalize}code,pre{font:.88em/1.5 ui-monospace,monospace}
pre{background:var(--soft);border-radius:.4rem;overflow-x:auto;padding:.8rem 1rem;margin:.4rem 0}
details{border-bottom:1px solid var(--line)}summary{cursor:pointer;padding:.55rem 0;display:grid;gap:0 1rem;
grid-template-columns:4.5rem 1fr;list-style:none}summary::-webkit-details-marker{display:none}
summary b{font:600 .8rem/1.9 ui-monospace,monospace}summary span{grid-column:2;opacity:.75}
details[open]>summary{border-bottom:1px dashed var(--line)}details>div{padding:.3rem 0 1.4rem 5.5rem}
.get{color:#2b7a4b}.post{color:#2460c4}.put{color:#a86400}.delete{color:#c0392b}
table{border-collapse:collapse;width:100%}td{border-top:1px solid var(--line);padding:.3rem 1rem .3rem 0;
vertical-align:top}td:first-child{white-space:nowrap}
@media(max-width:40rem){details>div{padding-left:0}}
"""


def page(schema: Json) -> str:
    """Return the page: every tag a chapter, every route one line that opens."""
    info = schema["info"]
    chapters = {tag: list(_routes(schema, tag)) for tag in _tags(schema)}
    links = "".join(f"<a href='#{tag}'>{tag}</a>" for tag in chapters)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style>"
        f"<h1>{escape(info['title'])} API</h1><p>{escape(info['summary'])}. Version {escape(info['version'])}. "
        "The same for machines: <a href=/schema/openapi.json>openapi.json</a>, OpenAPI 3.1. "
        "What is live: <a href=/schema/live>over Socket.IO</a>.</p>"
        f"<nav>{links}</nav>"
        + "".join(_chapter(schema, tag, routes) for tag, routes in chapters.items())
        + "</html>"
    )


def _tags(schema: Json) -> list[str]:
    """Return the tags in the document's order, those it does not describe at the end."""
    used = {tag for _, _, operation in _operations(schema) for tag in operation["tags"]}
    described = [tag["name"] for tag in schema.get("tags", ()) if tag["name"] in used]
    return [*described, *sorted(used - {*described})]


def _operations(schema: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in sorted(schema["paths"].items()):
        for method, operation in operations.items():
            yield method, path, operation


def _routes(schema: Json, tag: str) -> Iterator[str]:
    for method, path, operation in _operations(schema):
        if tag in operation["tags"]:
            yield _route(schema, method, path, operation)


def _chapter(schema: Json, tag: str, routes: Iterable[str]) -> str:
    meaning = next((known["description"] for known in schema.get("tags", ()) if known["name"] == tag), "")
    return f"<section id='{tag}'><h2>{tag}</h2><p>{prose(meaning)}</p>{''.join(routes)}</section>"


def _route(schema: Json, method: str, path: str, operation: Json) -> str:
    who = ", ".join(role.replace("_", " ") for role in operation["x-who"]) or ANYBODY
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return (
        f"<details id='{operation['operationId']}'><summary><b class={method}>{method.upper()}</b>"
        f"<code>{escape(path)}</code><span>{prose(operation['summary'])}</span></summary><div>"
        f"<p>{prose(operation.get('description', ''))}</p><p>For: {who}{_unless_keyed(operation)}.</p>"
        + table("Parameters", [_parameter(schema, told) for told in operation.get("parameters", ())])
        + table("Body", fields(schema, resolved(schema, body.get("schema", {}))))
        + example(body)
        + table("Answers", [_answer(schema, status, told) for status, told in operation["responses"].items()])
        + "".join(example(_content(schema, told)) for told in list(operation["responses"].values())[:1])
        + "</div></details>"
    )


def _unless_keyed(operation: Json) -> str:
    """Say where no API key may ask."""
    return ", no API key" if operation.get("security") == [{"bearer": []}] else ""


def table(title: str, rows: list[tuple[str, str, str]]) -> str:
    """Return a table with a title, or nothing for one without rows."""
    if not rows:
        return ""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{escape(kind)}<td>{prose(meaning)}"
        for name, kind, meaning in rows
    )
    return f"<h3>{title}</h3><table>{cells}</table>"


def _parameter(schema: Json, told: Json) -> tuple[str, str, str]:
    meaning = told.get("description", "")
    if (default := told["schema"].get("default")) is not None:
        meaning = f"{meaning}; {json.dumps(default)} if left out".removeprefix("; ")
    return told["name"], f"{told['in']}, {_kind(schema, told['schema'])}", meaning


def fields(schema: Json, body: Json) -> list[tuple[str, str, str]]:
    """Return the rows of a table of what an object holds."""
    required = body.get("required", ())
    return [
        (name, _kind(schema, told) + ("" if name in required else ", optional"), _meaning(told))
        for name, told in body.get("properties", {}).items()
    ]


def _meaning(told: Json) -> str:
    parts = (told, *told.get("anyOf", ()))
    return next((part["description"] for part in parts if "description" in part), "")


def _answer(schema: Json, status: str, told: Json) -> tuple[str, str, str]:
    content = _content(schema, told)
    return status, content.get("example", {}).get("code", ""), resolved(schema, told)["description"]


def _content(schema: Json, told: Json) -> Json:
    content: Json = resolved(schema, told).get("content", {}).get("application/json", {})
    return content


def example(content: Json) -> str:
    """Return the example of some content."""
    if "example" not in content:
        return ""
    return f"<pre>{escape(json.dumps(content['example'], indent=2, ensure_ascii=False))}</pre>"


def resolved(schema: Json, told: Json) -> Json:
    """Follow a reference to what it names."""
    if "$ref" not in told:
        return told
    _, _, kind, name = told["$ref"].split("/")
    found: Json = schema["components"][kind][name]
    return found


def _kind(schema: Json, told: Json) -> str:
    """Say in a few words what a value is."""
    told = resolved(schema, told)
    if choices := told.get("anyOf", told.get("oneOf")):
        return " or ".join(_kind(schema, choice) for choice in choices)
    if "enum" in told:
        return ", ".join(json.dumps(value) for value in told["enum"])
    if told.get("type") == "array":
        return f"list of {_kind(schema, told.get('items', {}))}"
    return " ".join(filter(None, [told.get("format") or told.get("type", "anything"), _bounds(told)]))


def _bounds(told: Json) -> str:
    least = told.get("minimum", told.get("minLength", told.get("minItems")))
    most = told.get("maximum", told.get("maxLength", told.get("maxItems")))
    if least is None:
        return "" if most is None else f"up to {most}"
    return f"from {least}" if most is None else f"{least} to {most}"


def prose(text: str) -> str:
    """Return text as HTML, what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
