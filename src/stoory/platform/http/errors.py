"""The one renderer of errors: which status a class of errors has, and the envelope they all share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Literal, cast

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
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
UNFORESEEN: Final = 500


class ErrorBody(Struct, kw_only=True):
    """What every error answers, whatever its status; some codes add keys of their own (`allowed`, `limit` ...)."""

    success: Literal[False] = False
    message: str
    code: str
    errors: list[FieldError] | UnsetType = UNSET
    request_id: str


def render(request: Request[Any, Any, Any], problem: Exception) -> Response[bytes]:
    """Answer any exception with the envelope; what we did not foresee is logged and says nothing about itself."""
    ours = _told(problem, request.scope)
    brought = (problem.headers if isinstance(problem, HTTPException) else None) or {}
    allow = {"Allow": allowed(brought["allow"].split(", "))} if "allow" in brought else {}
    return Response(
        envelope(ours, request.scope),
        status_code=status_of(ours),
        media_type="application/json",
        headers=headers_of(ours) | allow,
    )


def refusal(problem: Exception, scope: Any) -> bytes:
    """Return the envelope of any exception for who is answered without headers: when to try again stands in it."""
    ours = _told(problem, scope)
    if isinstance(ours, TooMany | Busy):
        ours.extra["retry_after_seconds"] = ours.retry_after_seconds
    return envelope(ours, scope)


def allowed(methods: Collection[str]) -> str:
    """Return what the header Allow says of a route; HEAD goes wherever GET does."""
    return ", ".join(sorted({*methods, *(("HEAD",) if "GET" in methods else ())}))


def envelope(problem: StooryError | None, scope: Any) -> bytes:
    """Return the JSON body of an error; None is what nobody foresaw."""
    problem = problem or _unforeseen()
    body = {
        "success": False,
        "message": problem.message,
        "code": problem.code,
        **problem.extra,
        "request_id": scope.get("request_id", ""),
    }
    if isinstance(problem, Invalid) and problem.errors:
        body["errors"] = problem.errors
    return wire.encode(body)


def status_of(problem: StooryError) -> int:
    """Return the HTTP status of an error."""
    return next((STATUS[kind] for kind in type(problem).__mro__ if kind in STATUS), UNFORESEEN)


def headers_of(problem: StooryError) -> dict[str, str]:
    """Return the headers an error brings along."""
    headers: dict[str, str] = {}
    if isinstance(problem, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(problem, TooMany | Busy):
        headers["Retry-After"] = str(problem.retry_after_seconds)
    return headers


def _told(problem: Exception, scope: Any) -> StooryError:
    """Return what the client is told of an exception, and log what is not the client's doing."""
    ours = problem if isinstance(problem, StooryError) else _known(problem)
    _log(ours, problem, scope)
    return ours


def _log(ours: StooryError, problem: Exception, scope: Any) -> None:
    """Log what is not the client's doing: our own faults with a traceback, the database's with their kind."""
    request_id = scope.get("request_id")
    if status_of(ours) == UNFORESEEN:
        log.error("unforeseen", exc_info=problem, request_id=request_id)
    elif isinstance(ours, Busy) and ours.__cause__ is not None:
        log.warning("busy", cause=type(ours.__cause__).__name__, request_id=request_id)


def _known(problem: Exception) -> StooryError:
    """Return ours for the framework's own: an unknown address, a wrong method, a query that does not fit."""
    if isinstance(problem, ValidationException):
        return Invalid(*(_query_error(entry) for entry in problem.extra or ()))
    if isinstance(problem, HTTPException) and (kind := CLASS.get(problem.status_code)):
        return kind()
    if isinstance(problem, HTTPException) and problem.status_code < 500:  # noqa: PLR2004
        return Unreadable()
    return _unforeseen()


def _unforeseen() -> StooryError:
    return StooryError("Something went wrong on our side; nothing was changed.", code="internal")


def _query_error(entry: Any) -> FieldError:
    """Translate one of the framework's findings in a query or header, or that there is no body at all."""
    if not isinstance(entry, dict):
        return FieldError("", str(entry))
    told = cast("dict[str, str]", entry)
    if told["key"] == "data":
        return FieldError("", "must be a JSON object")
    return FieldError(told["key"], readable(told["message"]))


def readable(message: str) -> str:
    """Turn msgspec's sentence into one for people: "expected int, got str"."""
    message = message.split(" - at `", 1)[0].replace("`", "")
    if " matching regex " in message:
        return "has not the expected form"
    return message[:1].lower() + message[1:]
