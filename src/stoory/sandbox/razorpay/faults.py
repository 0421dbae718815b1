"""What goes wrong between a client and Razorpay, on demand: so many times, for some requests or for all."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from stoory.sandbox.razorpay.http import Reply, Request, json_reply
from stoory.sandbox.razorpay.idempotency import CONFLICT, IN_FLIGHT
from stoory.sandbox.razorpay.refusals import Json, Refusal, breakdown
from stoory.sandbox.razorpay.store import Store

Kind = Literal[
    "too_many_requests", "server_error", "bad_gateway", "in_flight", "hang", "slow", "lost_response"
]

BEFORE: Final = ("too_many_requests", "server_error", "bad_gateway", "in_flight")
"""These answer instead of the API; nothing has happened."""


class Fault(Struct, forbid_unknown_fields=True, kw_only=True):
    """One fault, as the control door takes it."""

    kind: Kind
    method: str | None = None
    path: str = ".*"
    """An expression that a request's whole address must fit."""
    times: Annotated[int, Meta(ge=1)] = 1
    seconds: Annotated[float, Meta(ge=0, le=3600)] = 30
    """How long a request hangs, or its answer takes."""


def add(store: Store, body: Json) -> Fault:
    """Make the next requests go wrong."""
    try:
        fault = msgspec.convert(body, Fault)
        re.compile(fault.path)
    except (msgspec.ValidationError, re.error) as problem:
        raise Refusal(str(problem)) from None
    store.sql.execute(
        "insert into faults (kind, method, path, times, seconds) values (?, ?, ?, ?, ?)",
        (fault.kind, fault.method, fault.path, fault.times, fault.seconds),
    )
    return fault


def waiting(store: Store) -> list[Json]:
    """Return the faults that are still to happen."""
    rows = store.sql.execute("select kind, method, path, times, seconds from faults order by seq")
    return [dict(row) for row in rows]


def clear(store: Store) -> None:
    """Let everything go well again."""
    store.sql.execute("delete from faults")


def strike(store: Store, request: Request) -> Fault | None:
    """Return the fault that befalls this request, and count it."""
    for row in store.sql.execute("select * from faults order by seq").fetchall():
        is_meant = row["method"] in (None, request.method) and re.fullmatch(row["path"], request.path)
        if is_meant:
            store.sql.execute("update faults set times = times - 1 where seq = ?", (row["seq"],))
            store.sql.execute("delete from faults where times <= 0")
            return Fault(kind=row["kind"], seconds=row["seconds"])
    return None


def reply(fault: Fault) -> Reply:
    """Return what a fault answers instead of the API."""
    if fault.kind == "bad_gateway":
        page = (
            b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        )
        return Reply(status=502, body=page, content_type="text/html")
    told = {
        "too_many_requests": Refusal("Request failed. Please try after sometime.", status=429),
        "in_flight": Refusal(IN_FLIGHT, status=CONFLICT),
        "server_error": breakdown(),
    }[fault.kind]
    return json_reply(told.body, told.status)
