"""How Razorpay says no: one envelope, three codes, sentences that clients have learnt to expect.

Razorpay documentation, "Errors": {"error": {code, description, source, step, reason, metadata, field}}; `field` only
where a field is to blame, "NA" where there is nothing to say.
"""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

BAD_REQUEST: Final = "BAD_REQUEST_ERROR"
GATEWAY: Final = "GATEWAY_ERROR"
SERVER: Final = "SERVER_ERROR"

INPUT: Final = "input_validation_failed"


class Refusal(Exception):
    """An answer that is an error; whatever the request had changed is undone."""

    def __init__(
        self,
        description: str,
        *,
        status: int = 400,
        code: str = BAD_REQUEST,
        field: str | None = None,
        reason: str = "NA",
        step: str = "NA",
        metadata: Json | None = None,
    ) -> None:
        """Take Razorpay's sentence and what stands around it."""
        super().__init__(description)
        self.status = status
        self._error = {
            "code": code,
            "description": description,
            "source": "NA" if reason == "NA" else "business",
            "step": step,
            "reason": reason,
            "metadata": metadata or {},
        }
        if field is not None:
            self._error["field"] = field

    @property
    def body(self) -> Json:
        """Return the envelope."""
        return {"error": self._error}


def wrong_field(
    field: str, description: str, *, reason: str = INPUT, step: str = "payment_initiation"
) -> Refusal:
    """Blame one field of the request."""
    return Refusal(description, field=field, reason=reason, step=step)


def malformed_id(text: str) -> Refusal:
    """Refuse what cannot be an id."""
    return Refusal(f"{text} is not a valid id", reason=INPUT)


def unknown_id() -> Refusal:
    """Refuse an id that is well formed and leads nowhere. Razorpay answers 400 here, not 404."""
    return Refusal("The id provided does not exist", reason=INPUT)


def unknown_route(status: int) -> Refusal:
    """Refuse an address. Razorpay's API pages say 400, its general table says 404: a switch decides."""
    return Refusal("The requested URL was not found on the server.", status=status)


def breakdown() -> Refusal:
    """Say that the fault is not the client's: Razorpay documentation, "Errors", the third code."""
    return Refusal("We are facing some trouble completing your request.", status=500, code=SERVER)


def unauthenticated(status: int) -> Refusal:
    """Refuse credentials. Razorpay documentation: 401 at plans, 400 at orders; a switch decides."""
    return Refusal("Authentication failed", status=status)
