"""How routes can fail: each status is told once, with the error it stands for, and pointed to from everywhere."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from stoory.errors import FieldError, Invalid, StooryError, TooMany
from stoory.platform.http.errors import CLASS, envelope, headers_of

ANY_BODY: Final = (400, 413, 415)
"""What a body can be refused for before its fields are looked at."""

UNFORESEEN: Final = 500

SCOPE: Final = {"request_id": "0af7651916cd43dd8448eb211c80319c"}
"""All of a request that an error tells of it."""

Json = dict[str, Any]


def reference(status: int) -> Json:
    """Return where the answer of that status is told."""
    return {"$ref": f"#/components/responses/{_name(status)}"}


def responses(error_body: Json) -> Json:
    """Return the answer of every status, by name; `error_body` is where the envelope is described."""
    return {_name(status): _response(status, error_body) for status in (*CLASS, UNFORESEEN)}


def _name(status: int) -> str:
    return CLASS[status].__name__ if status in CLASS else "Unforeseen"


def _response(status: int, error_body: Json) -> Json:
    problem = problem_of(status)
    answer = msgspec.json.decode(envelope(problem, SCOPE))
    told: Json = {
        "description": answer["message"],
        "content": {"application/json": {"schema": error_body, "example": answer}},
    }
    if problem is not None and (headers := headers_of(problem)):
        told["headers"] = {
            name: {"schema": {"type": "string"}, "example": value} for name, value in headers.items()
        }
    return told


def problem_of(status: int) -> StooryError | None:
    """Return an error as it might be raised; None is what nobody foresaw."""
    if status not in CLASS:
        return None
    kind = CLASS[status]
    if kind is Invalid:
        return Invalid(FieldError("proposed_amount", "must be a number of rupees"))
    return TooMany(retry_after_seconds=12) if kind is TooMany else kind()
