"""What features below notifications want people to be told: they enqueue a job by its name."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from stoory.notifications.actions import notify
from stoory.platform.database import Tx
from stoory.platform.jobs import Handler


async def token_theft(tx: Tx, payload: dict[str, Any]) -> None:
    """Tell a person that a refresh token was used twice and that its session has been ended."""
    session_id = UUID(payload["session_id"])
    await notify(tx, UUID(payload["user_id"]), "token_theft", {"session_id": session_id}, once=session_id)


JOBS: Final[dict[str, Handler]] = {"token_theft": token_theft}
