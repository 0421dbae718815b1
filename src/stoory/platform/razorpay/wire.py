"""One call to Razorpay: the official SDK in a thread, with a deadline, its errors made ours.

The SDK has no timeouts, loses status and field of an error, and prints to stdout when there is no answer: so its
session is ours, which has a deadline and raises before the SDK gets to see what is no success. It is imported at the
first call, since that takes longer than all the rest of the house.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar, cast

import structlog
from msgspec import Struct

from stoory.errors import Upstream
from stoory.platform.razorpay.breaker import Breaker

log = structlog.get_logger("stoory.razorpay")

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 8.0
THREADS: Final = 8
LARGEST_ANSWER_BYTES: Final = 4 * 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024

SUCCESSES: Final = range(200, 300)
REFUSALS: Final = frozenset({400, 404, 422})
NO: Final = "BAD_REQUEST_ERROR"
"""Only such an error under such a status is a no to what was asked for. All else says nothing of it: our key is wrong,
the same request is still on its way, there were too many, a bank or a proxy is out of order. Taken for a no, a refund
still on its way would be asked for again under another key, and be given twice."""
THERE: Final = frozenset({401, 403, 409})
"""Whoever answers so is there, and would answer others."""

Json = dict[str, Any]
Call = Callable[[Any], Any]
"""Makes one call on the SDK's client, and returns its JSON."""

Known = TypeVar("Known")
Reader = Callable[[Any], Known]
"""Reads the JSON of an answer; KeyError or TypeError when it is not what was asked for."""


class Refused(Exception):
    """Razorpay has understood, and says no."""

    def __init__(self, status: int, error: Json) -> None:
        """Take the HTTP status and the error of the answer's body; any key of it may be missing."""
        self.status = status
        self.code = str(error.get("code") or NO)
        self.description = str(error.get("description") or "refused without a reason")
        self.field = error.get("field")
        self.reason = error.get("reason")
        super().__init__(self.description)


class NoAnswer(Exception):
    """Whatever is neither yes nor no: no connection, no time, a wrong key, too many requests, a page of HTML."""

    def __init__(self, why: str, *, is_there: bool = False) -> None:
        """Take what happened, and whether somebody is there nevertheless, who would answer other calls."""
        self.is_there = is_there
        super().__init__(why)


class Success(Struct, frozen=True):
    """A success, as far as the SDK asks for it."""

    status_code: int
    told: Any

    def json(self) -> Any:
        """Return what was told."""
        return self.told


class Wire:
    """Makes calls, each in a thread of its own few."""

    def __init__(
        self, *, base_url: str, key_id: str, key_secret: str, read_seconds: float, breaker: Breaker
    ) -> None:
        """Take where Razorpay is and with which key it is asked; nothing is connected yet."""
        self._base_url = base_url
        self._auth = (key_id, key_secret)
        self._timeouts = (CONNECT_SECONDS, read_seconds)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="razorpay")
        self._local = threading.local()
        self._breaker = breaker

    async def ask(self, call: Call, read: Reader[Known]) -> Known:
        """Make a call and return what its answer says. Raises Refused, or Upstream for whatever is no answer."""
        self._breaker.check()
        loop = asyncio.get_running_loop()
        try:
            told = await asyncio.wait_for(
                loop.run_in_executor(self._threads, self._made, call), sum(self._timeouts) + 1
            )
            known = _read(read, told)
        except Refused:
            self._breaker.went_well()
            raise
        except (NoAnswer, TimeoutError) as problem:
            if isinstance(problem, NoAnswer) and problem.is_there:
                self._breaker.went_well()
            else:
                self._breaker.went_wrong()
            log.warning("Razorpay did not answer", why=str(problem) or "deadline")
            raise Upstream from problem
        self._breaker.went_well()
        return known

    def _made(self, call: Call) -> Any:
        """Make the call in this thread, with this thread's own client: its session is not for two."""
        client: Any = getattr(self._local, "client", None)
        if client is None:
            import razorpay  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs] - see the module's first lines
            import requests  # noqa: PLC0415 - comes with it
            import urllib3  # noqa: PLC0415 - the same

            session = requests.Session()
            # No proxy of the environment knows the way to a sandbox on this machine.
            session.trust_env = self._base_url.startswith("https:")
            broken = (requests.RequestException, urllib3.exceptions.HTTPError)
            session.request = _answered(session.request, self._timeouts, broken)
            client = razorpay.Client(session=session, auth=self._auth, base_url=self._base_url)
            self._local.client = client
        return call(client)


def _read(read: Reader[Known], told: Any) -> Known:
    """Read an answer; one of another shape is as good as none."""
    try:
        return read(told)
    except (KeyError, TypeError) as problem:
        raise NoAnswer(f"an answer of another shape: {type(problem).__name__} {problem}") from problem


def _answered(
    request: Callable[..., Any], timeouts: tuple[float, float], broken: tuple[type[Exception], ...]
) -> Callable[..., Any]:
    """Return the session's request with a deadline; what comes back is a success in JSON, or it raises."""

    def answered(*args: Any, **kwargs: Any) -> Success:
        until = time.monotonic() + sum(timeouts)
        ours = {"timeout": timeouts, "stream": True, "allow_redirects": False}
        try:
            with request(*args, **{**kwargs, **ours}) as answer:
                body = _body(answer, until)
        except broken as problem:
            raise NoAnswer(type(problem).__name__) from problem
        return _judged(answer.status_code, body)

    return answered


def _body(answer: Any, until: float) -> bytes:
    """Return the body. Timeouts are from byte to byte: who sends a drop at a time would keep this thread for ever."""
    body = bytearray()
    while chunk := answer.raw.read1(CHUNK_BYTES, decode_content=True):
        body += chunk
        if len(body) > LARGEST_ANSWER_BYTES or time.monotonic() > until:
            raise NoAnswer(f"status {answer.status_code}, and no end to it")
    return bytes(body)


def _judged(status: int, body: bytes) -> Success:
    """Return a success; raises Refused for a no, NoAnswer for whatever is neither."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise NoAnswer(f"status {status} without JSON") from None
    if status in SUCCESSES:
        return Success(status, told)
    inner = cast("Json", told).get("error") if isinstance(told, dict) else None
    error = cast("Json", inner) if isinstance(inner, dict) else {}
    if status in REFUSALS and error.get("code") == NO:
        raise Refused(status, error)
    details = " ".join(f"{key} {error[key]}" for key in ("code", "reason", "field") if error.get(key))
    raise NoAnswer(f"status {status} {details}".rstrip(), is_there=status in THERE)
