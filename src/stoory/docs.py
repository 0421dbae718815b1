"""The pages of the documentation that are made from the code, and never written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from secrets import token_hex
from typing import Any

from stoory import live
from stoory.app import Application
from stoory.deals import document as deal_process
from stoory.platform.http import openapi
from stoory.settings import Settings


def pages() -> dict[str, str]:
    """Return every such page by its name in the folder `docs`."""
    return {
        "deal-process.md": deal_process.page(),
        "openapi.json": _written(api()),
        "asyncapi.json": _written(live.document()),
    }


def api() -> dict[str, Any]:
    """Return the API's description, OpenAPI 3.1; nothing is connected for it."""
    return openapi.document(Application(Settings(secret=token_hex()), database_dsn="").litestar)


def write(folder: Path) -> list[str]:
    """Write the pages that are not what they should be, and return their names."""
    stale = {name: text for name, text in pages().items() if not _holds(folder / name, text)}
    for name, text in stale.items():
        (folder / name).write_text(text)
    return list(stale)


def _written(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text
