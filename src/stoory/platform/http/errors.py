"""The one renderer of errors: which status a class of errors has, and the envelope they all share."""

from __future__ import annotations

from typing import Any, Final

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import Scope
from msgspec import UNSET, Struct, UnsetType

from stoory.errors import (
    Busy,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    NotSignedIn,
    PlanLimit,
    StooryError,
    TooLarge,
    TooMany,
    Unreadable,
    Unsupported,
    Upstream,
)
from stoory.platform import wire

log = structlog.get_logger("stoory.http")

STATUS: Final[dict[type[StooryError], int]] = {
    Unreadable: 400,
    NotSignedIn: 401,
    PlanLimit: 402,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    TooLarge: 413,
    Unsupported: 415,
    Invalid: 422,
    TooMany: 429,
    Upstream: 502,
    Busy: 503,
}
CLASS: Final = {status: kind for kind, status in STATUS.items()}


class ErrorBody(Struct, kw_only=True):
    """What every error answers, whatever its status; some codes add keys of their own (`allowed`, `limit` ...)."""

    success: bool = False
    message: str
    code: str
    errors: list[FieldError] | UnsetType = UNSET
    request_id: str


def render(request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """Answer any exception with the envelope; what we did not foresee is logged and says nothing about itself."""
    ours = problem if isinstance(problem, StooryError) else _known(problem)
    brought = problem.headers if isinstance(problem, HTTPException) else None  # the Allow of a 405
    return Response(
        envelope(ours, request.scope),
        status_code=status_of(ours),
        media_type="application/json",
        headers=headers_of(ours) | dict(brought or {}),
    )


def envelope(problem: StooryError | None, scope: Scope) -> bytes:
    """Return the JSON body of an error; None is what nobody foresaw."""
    problem = problem or StooryError("Something went wrong on our side; nothing was changed.", code="internal")
    body = {
        "success": False,
        "message": problem.message,
        "code": problem.code,
        "request_id": scope.get("request_id", ""),
        **problem.extra,
    }
    if isinstance(problem, Invalid) and problem.errors:
        body["errors"] = problem.errors
    return wire.encode(body)


def status_of(problem: StooryError) -> int:
    """Return the HTTP status of an error."""
    return next((STATUS[kind] for kind in type(problem).__mro__ if kind in STATUS), 500)


def headers_of(problem: StooryError) -> dict[str, str]:
    """Return the headers an error brings along."""
    headers: dict[str, str] = {}
    if isinstance(problem, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(problem, TooMany | Busy):
        headers["Retry-After"] = str(problem.retry_after_seconds)
    return headers


def _known(problem: Exception) -> StooryError:
    """Return ours for the framework's own: an unknown address, a wrong method, a query that does not fit."""
    if isinstance(problem, ValidationException):
        return Invalid(*(_query_error(entry) for entry in problem.extra or ()))
    if isinstance(problem, HTTPException) and (kind := CLASS.get(problem.status_code)):
        return kind()
    if isinstance(problem, HTTPException) and problem.status_code < 500:  # noqa: PLR2004
        return Unreadable()
    log.error("unforeseen", exc_info=problem)
    return StooryError("Something went wrong on our side; nothing was changed.", code="internal")


def _query_error(entry: Any) -> FieldError:
    """Translate one of the framework's findings in a query or header."""
    if not isinstance(entry, dict):
        return FieldError("", str(entry))
    return FieldError(str(entry.get("key", "")), readable(str(entry.get("message", ""))))


def readable(message: str) -> str:
    """Turn msgspec's sentence into one for people: "expected int, got str"."""
    message = message.split(" - at `", 1)[0].replace("`", "")
    return message[:1].lower() + message[1:]
