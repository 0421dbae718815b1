"""Structured logs: one JSON object a line outside development, coloured lines for people in it.

What people send is nobody's reading: neither our own lines nor those of the libraries we use repeat it.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor

SECRET_KEYS: Final = re.compile(
    r"password|secret|token|otp|authorization|signature|api_key|phone|email", re.IGNORECASE
)
SPEAKS_OF_CODE: Final = (AttributeError, ImportError, NameError, TypeError)
"""Errors whose messages name what the program says, never what somebody sent."""

_encoder: Final = msgspec.json.Encoder(enc_hook=repr)

DATABASE_FACTS: Final = ("sqlstate", "constraint_name", "table_name", "column_name")
"""What a database's error may tell; its message and detail quote the row."""


def set_up(*, as_json: bool, level: str = "INFO", to: TextIO = sys.stderr) -> None:
    """Send structlog and the standard library's records there."""
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    render: list[Processor] = (
        [_without_values, structlog.processors.JSONRenderer(serializer=_json)]
        if as_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *before, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(to),
        cache_logger_on_first_use=True,
    )
    _hand_over(to, before, render)


def _hand_over(to: TextIO, before: list[Processor], render: list[Processor]) -> None:
    """Write what libraries log in the same form."""
    handler = logging.StreamHandler(to)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, _first_line, *before],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _json(event: EventDict, **_: Any) -> str:
    """Write a line; what has no JSON form stands as its repr."""
    return _encoder.encode(event).decode()


def _without_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    """Blank what must never be logged, should a caller pass it all the same."""
    for key in event:
        if _is_secret(key):
            event[key] = "***"
    return event


@cache
def _is_secret(key: str) -> bool:
    """Whether a key speaks of something secret; keys are words of our code, so that there are few."""
    return SECRET_KEYS.search(key) is not None


def _first_line(_: Any, __: str, event: EventDict) -> EventDict:
    """Drop what asyncio adds below its sentence: tasks as they are, with all their errors say."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _without_values(_: Any, __: str, event: EventDict) -> EventDict:
    """Tell an exception by its kind and its way through the code: its message may quote what somebody sent."""
    given = event.pop("exc_info", None)
    problem: Any = sys.exc_info() if given is True else given
    if isinstance(problem, tuple):
        _, problem, _ = cast("tuple[Any, ...]", problem)
    if problem:
        event["exception"] = "".join(_told(problem))
    return event


def _told(problem: BaseException) -> Iterator[str]:
    """Return the lines of a traceback, the cause first, as Python would print it without messages."""
    earlier = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    if earlier is not None:
        yield from _told(earlier)
        yield "\nwhich led to:\n\n"
    yield from traceback.format_tb(problem.__traceback__)
    yield f"{type(problem).__module__}.{type(problem).__qualname__}{_facts(problem)}\n"
    for inner in getattr(problem, "exceptions", ()):
        yield from _told(inner)


def _facts(problem: BaseException) -> str:
    if isinstance(problem, SPEAKS_OF_CODE):
        return f": {problem}"
    facts = {name: getattr(problem, name, None) for name in DATABASE_FACTS}
    return "".join(f" {name}={fact}" for name, fact in facts.items() if fact is not None)
