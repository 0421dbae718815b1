"""What does not fit is kept, and operators are told. Nothing is guessed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import structlog

from stoory.notifications.actions import notify_operators
from stoory.payments.queries import webhooks as queries
from stoory.platform.database import Tx

log = structlog.get_logger("stoory.payments")


async def quarantine(
    tx: Tx, kind: str, subject: str, details: dict[str, Any], *, is_lasting: bool = False
) -> None:
    """Keep what does not fit until an operator has looked; the same thing waits, and is told, once.

    What lasts is found again at every look: once an operator has looked, it is told again only when it has changed.
    """
    if is_lasting and await queries.is_resolved(tx, kind=kind, subject=subject, details=details):
        return
    oddity_id = uuid4()
    if await queries.insert_oddity(tx, oddity_id, kind=kind, subject=subject, details=details):
        log.error("quarantined", kind=kind, subject=subject)
        text = f"Something does not fit and waits for you: {kind.replace('_', ' ')} ({subject})."
        await notify_operators(tx, "quarantined", {"text": text, "quarantine_id": oddity_id}, once=oddity_id)
