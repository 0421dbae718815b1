"""What a client keeps of its chats, and by which rules it folds in what it is told.

These are the rules the documentation promises a client; beyond them it derives nothing:

- `new_message`: it is the last message of its conversation, which was last changed when it was sent. Whoever writes has
  read everything before it. If the row has come to that seq already, only the message itself is new.
- `message_deleted`: of the message remains that it was there, also where it is the last one.
- `message_seen`: that person has read up to there, unless further already.
- `conversation_updated`: the row replaces the one before, and so does the message that comes with it.
- what `resume` answers: rows and messages replace those before, `seen` is how far both have read.
- `unread_count` is `last_seq` less how far one has read oneself; a message is `seen` once everybody it was for has read
  so far: its receiver, or, where it names none, all but its sender.

`seen_at` is not told, and who others are (`other_user`) is as the row last said.
"""

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
OF_THE_DELETED: Final = {"message": "", "media_url": None, "metadata": None, "deleted": True}
NOT_TOLD: Final = frozenset({"seen_at"})


class Copy:
    """Somebody's chats as a device of theirs keeps them."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.rows: dict[str, Json] = {}
        self.messages: dict[str, dict[int, Json]] = {}
        self.read: dict[str, dict[str, int]] = {}

    def last_seqs(self) -> dict[str, int]:
        """Return the last message it has of each conversation, which is what `resume {conversations}` asks for."""
        return {id_: max(self.messages.get(id_, {}), default=0) for id_ in self.rows}

    def take_row(self, row: Json) -> None:
        """Take a row of a list, of an event, or of what `resume` answers."""
        self.rows[row["id"]] = deepcopy(row)
        self._note_read(row["id"], self.user_id, row["last_seq"] - row["unread_count"])

    def take_answer(self, answer: Json) -> None:
        """Fold in a page of what `resume` answers."""
        for row in answer["conversations"]:
            self.take_row(row)
        for message in (*answer["messages"], *answer["changed"]):
            self._keep(message)
        for seen in answer["seen"]:
            self._note_read(seen["conversation_id"], seen["user_id"], seen["up_to_seq"])

    def take(self, name: str, payload: Json) -> None:
        """Fold in an event; what is not about the state of a chat changes nothing."""
        if name == "new_message":
            self._add(payload["message"])
        elif name == "message_deleted":
            self._bury(payload["conversation_id"], payload["seq"])
        elif name == "message_seen":
            self._note_read(payload["conversation_id"], payload["user_id"], payload["up_to_seq"])
        elif name == "conversation_updated":
            self.take_row(payload["conversation"])
            if "message" in payload:
                self._keep(payload["message"])

    def shown(self) -> tuple[dict[str, Json], dict[str, list[Json]]]:
        """Return rows and messages by conversation, as REST would show them, but for what is not told."""
        rows: dict[str, Json] = {}
        for id_, row in self.rows.items():
            unread = row["last_seq"] - self.read[id_].get(self.user_id, 0)
            rows[id_] = row | {"unread_count": unread}
        messages = {id_: [self._shown(one) for _, one in sorted(self._of(id_).items())] for id_ in self.rows}
        return rows, messages

    def _add(self, message: Json) -> None:
        id_, seq = message["conversation_id"], message["seq"]
        row = self.rows[id_]
        self._keep(message)
        self._note_read(id_, message["sender_id"], seq)
        if seq > row["last_seq"]:
            row["last_seq"] = seq
            row["last_message"] = {key: deepcopy(message[key]) for key in IN_A_ROW}
            row["updated_at"] = max(row["updated_at"], message["created_at"], key=datetime.fromisoformat)

    def _bury(self, id_: str, seq: int) -> None:
        row = self.rows[id_]
        self._of(id_)[seq] |= OF_THE_DELETED
        if seq == row["last_seq"]:
            row["last_message"]["message"] = ""

    def _keep(self, message: Json) -> None:
        self._of(message["conversation_id"])[message["seq"]] = deepcopy(message)

    def _of(self, id_: str) -> dict[int, Json]:
        return self.messages.setdefault(id_, {})

    def _note_read(self, id_: str, user_id: str, seq: int) -> None:
        read = self.read.setdefault(id_, {})
        read[user_id] = max(read.get(user_id, 0), seq)

    def _shown(self, message: Json) -> Json:
        id_, seq = message["conversation_id"], message["seq"]
        people = {self.user_id, self.rows[id_]["other_user"]["id"]} - {message["sender_id"]}
        receivers = people if message["receiver_id"] is None else people & {message["receiver_id"]}
        is_seen = bool(receivers) and all(self.read[id_].get(one, 0) >= seq for one in receivers)
        return without(message, NOT_TOLD) | {"seen": is_seen}


def without(message: Json, keys: frozenset[str]) -> Json:
    """Return it without these keys."""
    return {key: value for key, value in message.items() if key not in keys}


def differences(copy: Any, truth: Any, at: str = "") -> list[str]:
    """Name what a copy has otherwise than it is."""
    if isinstance(copy, dict) and isinstance(truth, dict):
        keys: list[Any] = sorted({*copy, *truth}, key=str)  # pyright: ignore[reportUnknownArgumentType]
        return [one for key in keys for one in differences(copy.get(key), truth.get(key), f"{at}/{key}")]  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    if isinstance(copy, list) and isinstance(truth, list) and len(copy) == len(truth):  # pyright: ignore[reportUnknownArgumentType]
        pairs = cast("Any", enumerate(zip(copy, truth, strict=True)))  # pyright: ignore[reportUnknownArgumentType]
        return [one for number, (a, b) in pairs for one in differences(a, b, f"{at}/{number}")]
    return [] if copy == truth else [f"{at}: {copy!r} is kept, {truth!r} is there"]
