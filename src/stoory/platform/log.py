"""Structured logs: one JSON object a line in production, coloured lines for people in development."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Final

import structlog

SECRET_KEYS: Final = re.compile(r"password|secret|token|otp|authorization|signature|api_key|phone|email", re.IGNORECASE)


def set_up(*, as_json: bool, level: str = "INFO") -> None:
    """Send structlog and the standard library's records to stderr."""
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_secrets,
            *([structlog.processors.format_exc_info] if as_json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def _without_secrets(_: Any, __: str, event: Any) -> Any:
    """Blank what must never be logged, should a caller pass it all the same."""
    for key in event:
        if SECRET_KEYS.search(key):
            event[key] = "***"
    return event
