"""Files: a folder of the home, or any S3-compatible store by its URL. Its calls are made in threads.

The library's own asynchronous calls can abort the interpreter at its exit, so the synchronous ones are used.
"""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

import structlog

from stoory.errors import Busy, NotFound

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

log = structlog.get_logger("stoory.storage")

FOLDER: Final = "files"
KEY: Final = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
"""Made by us, never by people: no way out of the folder."""

CONNECT_SECONDS: Final = 3
TIMEOUT_SECONDS: Final = 10
MOST_RETRIES: Final = 2


class Storage:
    """Keeps whole files under keys like `contracts/4e00.../contract.pdf`.

    The URL is `s3://bucket/prefix?endpoint=https://...&region=...`; prefix, endpoint and region may be left out. The
    keys to it are where every S3 client looks for them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """

    def __init__(self, url: str | None, home: Path) -> None:
        """Take where files are kept; nothing is opened yet."""
        self._url = url
        self._home = home
        self._store: Any = None

    async def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """Keep a file, whole or not at all; one of that key is replaced. Raises Busy when the store does not answer."""
        await self._do(self._put, key, content, content_type)

    async def read(self, key: str) -> bytes:
        """Return a file; NotFound. Raises Busy when the store does not answer."""
        return await self._do(self._read, key)

    async def _do(self, call: Any, key: str, *more: Any) -> Any:
        if not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key of a file")
        try:
            return await asyncio.to_thread(call, key, *more)
        except FileNotFoundError:
            raise NotFound from None
        except Exception as problem:
            log.warning("storage does not answer", why=type(problem).__name__)
            raise Busy("Files cannot be reached now; try again in a moment.") from problem

    def _put(self, key: str, content: bytes, content_type: str) -> None:
        import obstore  # noqa: PLC0415 - only when there are files

        # A folder has no place for the type, and the library refuses what it cannot keep.
        attributes = {"Content-Type": content_type} if self._url else None
        obstore.put(self._opened(), key, content, attributes=attributes)

    def _read(self, key: str) -> bytes:
        import obstore  # noqa: PLC0415 - the same

        return bytes(obstore.get(self._opened(), key).bytes())

    def _opened(self) -> Any:
        if self._store is None:
            self._store = _bucket(self._url) if self._url else _folder(self._home / FOLDER)
        return self._store


def _folder(path: Path) -> Any:
    from obstore.store import LocalStore  # noqa: PLC0415 - the same

    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(path)


def _bucket(url: str) -> Any:
    from obstore.store import S3Store  # noqa: PLC0415 - the same

    parts = urlsplit(url)
    where = cast("S3Config", dict(parse_qsl(parts.query)))
    client: ClientConfig = {
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "timeout": timedelta(seconds=TIMEOUT_SECONDS),
        "allow_http": where.get("endpoint", "").startswith("http://"),
    }
    retries: RetryConfig = {
        "max_retries": MOST_RETRIES,
        "retry_timeout": timedelta(seconds=TIMEOUT_SECONDS),
    }
    prefix = parts.path.strip("/") or None
    return S3Store(parts.netloc, prefix=prefix, config=where, client_options=client, retry_config=retries)
