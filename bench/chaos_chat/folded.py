"""What a client keeps of its chats, folded together from lists, answers and events as docs/realtime.md has it."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import Any, Final, cast

Json = dict[str, Any]

IN_A_ROW: Final = (
    "id",
    "message",
    "message_type",
    "sender_id",
    "created_at",
    "action_required",
    "action_data",
)
"""What of a message its conversation carries as the last one."""
NOT_TOLD: Final = frozenset({"seen_at"})


class Folded:
    """Somebody's chats as one client of theirs knows them."""

    def __init__(self, user_id: str) -> None:
        """Begin with nothing."""
        self.rows: dict[str, Json] = {}
        self._user_id = user_id
        self._messages: dict[str, dict[int, Json]] = {}
        self._read: dict[tuple[str, str], int] = {}

    def take_row(self, row: Json) -> None:
        """Take a row as it is now."""
        self.rows[row["id"]] = deepcopy(row)
        self._note_read(row["id"], self._user_id, row["last_seq"] - row["unread_count"])

    def take_message(self, message: Json) -> None:
        """Take a message as it is now."""
        self._messages.setdefault(message["conversation_id"], {})[message["seq"]] = deepcopy(message)

    def take_answer(self, answer: Json) -> None:
        """Fold in a page of what was missed."""
        for row in answer["conversations"]:
            self.take_row(row)
        for message in (*answer["messages"], *answer["changed"]):
            self.take_message(message)
        for seen in answer["seen"]:
            self._note_read(seen["conversation_id"], seen["user_id"], seen["up_to_seq"])

    def take(self, event: str, payload: Json) -> None:
        """Fold in an event; nobody deletes a message here."""
        if event == "new_message":
            self._add(payload["message"])
        elif event == "message_seen":
            self._note_read(payload["conversation_id"], payload["user_id"], payload["up_to_seq"])
        elif event == "conversation_updated":
            self.take_row(payload["conversation"])
            if "message" in payload:
                self.take_message(payload["message"])

    def last_seq(self, conversation_id: str) -> int:
        """Return the newest message it has of a conversation."""
        return max(self._messages.get(conversation_id, {}), default=0)

    def shown(self) -> dict[str, tuple[Json, list[Json]]]:
        """Return every conversation with its messages as REST shows them, but for what is not told."""
        return {
            id_: (
                row | {"unread_count": row["last_seq"] - self._read.get((id_, self._user_id), 0)},
                [self._shown(message) for _, message in sorted(self._messages.get(id_, {}).items())],
            )
            for id_, row in self.rows.items()
        }

    def _add(self, message: Json) -> None:
        self.take_message(message)
        self._note_read(message["conversation_id"], message["sender_id"], message["seq"])
        row = self.rows.get(message["conversation_id"])
        if row and message["seq"] > row["last_seq"]:
            row["last_seq"] = message["seq"]
            row["last_message"] = {key: deepcopy(message[key]) for key in IN_A_ROW}
            row["updated_at"] = max(row["updated_at"], message["created_at"], key=datetime.fromisoformat)

    def _note_read(self, conversation_id: str, user_id: str, seq: int) -> None:
        place = conversation_id, user_id
        self._read[place] = max(self._read.get(place, 0), seq)

    def _shown(self, message: Json) -> Json:
        id_ = message["conversation_id"]
        people = {self._user_id, self.rows[id_]["other_user"]["id"]} - {message["sender_id"]}
        receivers = people if message["receiver_id"] is None else people & {message["receiver_id"]}
        is_seen = bool(receivers) and all(
            self._read.get((id_, one), 0) >= message["seq"] for one in receivers
        )
        return told(message) | {"seen": is_seen}


def told(message: Json) -> Json:
    """Return a message without what is not told over sockets."""
    return {key: value for key, value in message.items() if key not in NOT_TOLD}


def differences(kept: Any, there: Any, at: str = "") -> list[str]:
    """Name what is kept otherwise than it is there."""
    if isinstance(kept, dict) and isinstance(there, dict):
        keys: list[Any] = sorted({*kept, *there}, key=str)  # pyright: ignore[reportUnknownArgumentType]
        return [one for key in keys for one in differences(kept.get(key), there.get(key), f"{at}/{key}")]  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    if isinstance(kept, list | tuple) and isinstance(there, list | tuple) and len(kept) == len(there):  # pyright: ignore[reportUnknownArgumentType]
        pairs = cast("Any", enumerate(zip(kept, there, strict=True)))  # pyright: ignore[reportUnknownArgumentType]
        return [one for number, (a, b) in pairs for one in differences(a, b, f"{at}/{number}")]
    return [] if kept == there else [f"{at}: {kept!r} is kept, {there!r} is there"]
