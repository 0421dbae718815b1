"""One call to Razorpay: the official SDK in a thread, with a deadline, its errors made ours.

The SDK has no timeouts, loses status and field of an error, and prints to stdout when there is no answer: so its
session is ours, which has a deadline and raises before the SDK gets to see what is no success. It is imported at the
first call, since that takes longer than all the rest of the house.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar, cast

import structlog

from stoory.errors import Upstream
from stoory.platform.razorpay.breaker import Breaker

log = structlog.get_logger("stoory.razorpay")

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 8.0
THREADS: Final = 8
FIRST_SERVER_ERROR: Final = 500
NOT_ABOUT_IT: Final = frozenset({401, 403, 409, 429})
"""These say nothing of what was asked for: our key is wrong, the same request is still on its way, there were too many.
Taken for a no, a refund still on its way would be asked for again under another key, and be given twice."""
LEAST_REFUSAL: Final = 400

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
        self.code = str(error.get("code") or "BAD_REQUEST_ERROR")
        self.description = str(error.get("description") or "refused without a reason")
        self.field = error.get("field")
        self.reason = error.get("reason")
        super().__init__(self.description)


class NoAnswer(Exception):
    """Whatever is neither yes nor no: no connection, no time, a wrong key, too many requests, a page of HTML."""


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
        deadline = sum(self._timeouts) + 1  # the timeouts are between two bytes, this is for all of them
        try:
            told = await asyncio.wait_for(loop.run_in_executor(self._threads, self._made, call), deadline)
            known = _read(read, told)
        except Refused:
            self._breaker.went_well()
            raise
        except (NoAnswer, TimeoutError) as problem:
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

            session = requests.Session()
            # No proxy of the environment knows the way to a sandbox on this machine.
            session.trust_env = self._base_url.startswith("https:")
            session.request = _answered(session.request, self._timeouts, requests.RequestException)
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
    request: Callable[..., Any], timeouts: tuple[float, float], broken: type[Exception]
) -> Callable[..., Any]:
    """Return the session's request with a deadline; what comes back is a success in JSON, or it raises."""

    def answered(*args: Any, **kwargs: Any) -> Any:
        try:
            answer = request(*args, **{"timeout": timeouts, **kwargs})
            told = answer.json()
        except broken as problem:  # no JSON is one of these too
            raise NoAnswer(type(problem).__name__) from problem
        if answer.status_code >= FIRST_SERVER_ERROR or answer.status_code in NOT_ABOUT_IT:
            raise NoAnswer(f"status {answer.status_code}")
        if answer.status_code >= LEAST_REFUSAL:
            error = cast("Json", told).get("error") if isinstance(told, dict) else None
            known = cast("Json", error) if isinstance(error, dict) else {"description": error}
            raise Refused(answer.status_code, known)
        return answer

    return answered
