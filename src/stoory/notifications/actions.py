"""Telling people what they should know."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4, uuid5

from stoory.notifications import queries
from stoory.platform.bus import Hint
from stoory.platform.database import Tx


class Notified(Hint, frozen=True):
    """These people have a new notification."""

    notification_id: UUID


async def notify(tx: Tx, user_id: UUID, kind: str, data: dict[str, Any], *, once: UUID | None = None) -> None:
    """Let a person know, in the transaction that made it true; needs `tx.as_system`.

    What is told with the same `once` again, by a job done twice, is told once.
    """
    notification_id = once or uuid4()
    if await queries.insert_notification(tx, notification_id, user_id, kind=kind, data=data):
        tx.tell(Notified((user_id,), notification_id))


async def notify_operators(tx: Tx, kind: str, data: dict[str, Any], *, once: UUID | None = None) -> None:
    """Let everybody who runs the place know; with `once`, each of them once."""
    for operator_id in await queries.operators(tx):
        told_once = uuid5(once, str(operator_id)) if once else None
        await notify(tx, operator_id, kind, data, once=told_once)
