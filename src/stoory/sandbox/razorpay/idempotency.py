"""Keys that make a request happen once. Razorpay documentation, "Idempotent requests"."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from stoory.sandbox.razorpay.refusals import Json, Refusal
from stoory.sandbox.razorpay.routes import Call

OTHER_REQUEST: Final = "Different request with the same idempotency key has already been processed."
IN_FLIGHT: Final = "Another request with the same idempotency key is still in progress."
CONFLICT: Final = 409


class Header(Struct, frozen=True, kw_only=True):
    """A header and what may stand in it."""

    name: str
    shape: str
    complaint: str
    is_mandatory: bool = False
    other_request_status: int = 400


REFUND: Final = Header(
    name="X-Refund-Idempotency",
    shape=r"[A-Za-z0-9_-]{10,}",
    complaint="The idempotency key must be at least 10 characters long"
    " and must only contain alphanumeric characters, underscores, and hyphens.",
    other_request_status=CONFLICT,
)
TRANSFER: Final = Header(
    name="X-Transfer-Idempotency",
    shape=r"[A-Za-z0-9_ -]{4,36}",
    complaint="The idempotency key must be between 4 and 36 characters long.",
)
PAYOUT: Final = Header(
    name="X-Payout-Idempotency",
    shape=r"[A-Za-z0-9_ -]{4,36}",
    complaint="The idempotency key must be between 4 and 36 characters long.",
    is_mandatory=True,
)


def once(call: Call, header: Header, make: Callable[[], Json]) -> Json:
    """Make an answer, or return the one that was made for this key; what was refused is not kept."""
    key = call.request.headers.get(header.name.lower())
    if key is None:
        if header.is_mandatory:
            raise Refusal(
                "Idempotency key is missing. Include idempotency header and key in the request.",
                field=header.name,
            )
        return make()
    if not re.fullmatch(header.shape, key):
        raise Refusal(header.complaint, field=header.name)
    sql = call.gateway.store.sql
    asked = _fingerprint(call)
    known = sql.execute(
        "select request, answer from answers where scope = ? and key = ?", (header.name, key)
    ).fetchone()
    if known is None:
        answer = make()
        sql.execute("insert into answers values (?, ?, ?, ?)", (header.name, key, asked, json.dumps(answer)))
        return answer
    if known["request"] != asked:
        raise Refusal(OTHER_REQUEST, status=header.other_request_status)
    return json.loads(known["answer"])


def _fingerprint(call: Call) -> str:
    asked = [call.request.path, call.body]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
