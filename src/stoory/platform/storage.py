"""Files: a folder of the home, or any S3-compatible store by its URL. Its calls are made in threads.

The library's own asynchronous calls can abort the interpreter at its exit, so the synchronous ones are used.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Final

import structlog

from stoory.errors import Busy, NotFound

log = structlog.get_logger("stoory.storage")

FOLDER: Final = "files"
KEY: Final = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
"""Made by us, never by people: no way out of the folder."""


class Storage:
    """Keeps whole files under keys like `contracts/4e00.../contract.pdf`."""

    def __init__(self, url: str | None, home: Path) -> None:
        """Take where files are kept; nothing is opened yet."""
        self._url = url
        self._home = home
        self._store: Any = None

    async def put(self, key: str, content: bytes) -> None:
        """Keep a file, whole or not at all; one of that key is replaced. Raises Busy when the store does not answer."""
        await self._do("put", key, content)

    async def read(self, key: str) -> bytes:
        """Return a file; NotFound. Raises Busy when the store does not answer."""
        return await self._do("read", key)

    async def _do(self, what: str, key: str, content: bytes = b"") -> bytes:
        if not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key of a file")
        try:
            return await asyncio.to_thread(self._done, what, key, content)
        except FileNotFoundError:
            raise NotFound from None
        except Exception as problem:
            log.warning("storage does not answer", why=type(problem).__name__)
            raise Busy("Files cannot be reached now; try again in a moment.") from problem

    def _done(self, what: str, key: str, content: bytes) -> bytes:
        import obstore  # noqa: PLC0415 - only when there are files

        store = self._opened()
        if what == "put":
            obstore.put(store, key, content)
            return b""
        return bytes(obstore.get(store, key).bytes())

    def _opened(self) -> Any:
        if self._store is None:
            from obstore.store import LocalStore, from_url  # noqa: PLC0415 - the same

            folder = self._home / FOLDER
            self._store = from_url(self._url) if self._url else LocalStore(folder, mkdir=True)
        return self._store
