"""Every way a request can fail.

    StooryError
    ├── Unreadable          400  the body is not JSON, or a header cannot be read
    ├── NotSignedIn         401  no token, a bad one, or a session that has ended
    ├── PlanLimit           402  the plan's limit is reached
    ├── Forbidden           403  this role may never do this
    ├── NotFound            404  it does not exist, or not for you: the two look the same
    ├── MethodNotAllowed    405
    ├── Conflict            409  the state of things says no; `code` says which
    ├── TooLarge            413
    ├── Unsupported         415
    ├── Invalid             422  every wrong field, named
    ├── TooMany             429
    ├── Upstream            502  a service we depend on answered badly
    └── Busy                503  try again in a moment
        └── Deadlocked           two requests waited for each other; the route tries again by itself

Rules raise these without knowing HTTP; `platform.http.errors` is the one place that maps a class to a status.
The docstring of a class is its message unless the one who raises it says something better.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class FieldError(Struct, frozen=True):
    """One wrong field of a body or query: where it is (`lines[0].amount`) and what is wrong with it."""

    field: str
    message: str


class StooryError(Exception):
    """Something went wrong."""

    code = "error"

    def __init__(self, message: str | None = None, *, code: str | None = None, **extra: Any) -> None:
        """Say what went wrong; `extra` keys stand at the top level of the answer (`allowed`, `limit` ...)."""
        self.message = message or (type(self).__doc__ or "").strip()
        self.code = code or type(self).code
        self.extra = extra
        super().__init__(self.message)


class Unreadable(StooryError):
    """The request cannot be read."""

    code = "unreadable"


class NotSignedIn(StooryError):
    """You are not signed in, or your session has ended."""

    code = "not_signed_in"


class PlanLimit(StooryError):
    """Your plan's limit is reached."""

    code = "plan_limit_reached"


class Forbidden(StooryError):
    """Your role may not do this."""

    code = "forbidden"


class NotFound(StooryError):
    """Not found."""

    code = "not_found"


class MethodNotAllowed(StooryError):
    """This address does not take that method."""

    code = "method_not_allowed"


class Conflict(StooryError):
    """The current state does not allow this."""

    code = "conflict"


class TooLarge(StooryError):
    """The request is too large."""

    code = "too_large"


class Unsupported(StooryError):
    """This kind of content is not supported."""

    code = "unsupported_media_type"


class Invalid(StooryError):
    """Some fields are not valid."""

    code = "invalid"

    def __init__(
        self, *errors: FieldError, message: str | None = None, code: str | None = None, **extra: Any
    ) -> None:
        """Name every wrong field, not only the first."""
        self.errors = list(errors)
        super().__init__(message, code=code, **extra)

    @classmethod
    def field(cls, field: str, message: str, *, code: str | None = None, **extra: Any) -> Invalid:
        """Just one wrong field, its message also the answer's."""
        return cls(FieldError(field, message), message=message, code=code, **extra)


class TooMany(StooryError):
    """Too many requests; try again later."""

    code = "too_many_requests"

    def __init__(self, message: str | None = None, *, retry_after_seconds: int, **extra: Any) -> None:
        """Say after how many whole seconds the same request will be let through."""
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, **extra)


class Upstream(StooryError):
    """A service we depend on did not answer as it should; nothing was lost, try again."""

    code = "upstream_unavailable"


class Busy(StooryError):
    """The server is busy; try again in a moment."""

    code = "busy"

    def __init__(self, message: str | None = None, *, retry_after_seconds: int = 1, **extra: Any) -> None:
        """Say after how many whole seconds to try again."""
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, **extra)


class Deadlocked(Busy):
    """Two requests waited for each other, so this one was undone; try again."""
