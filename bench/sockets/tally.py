"""The count: a message is one once it is acknowledged and both people were told of it, each of the three just once."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from bench.sockets.packets import Answer, Message

ACKNOWLEDGED: Final = 1
TOLD: Final = (2, 4)
"""Each of the two people"""
ALL: Final = ACKNOWLEDGED | TOLD[0] | TOLD[1]
MOST_FAULTS: Final = 5
"""Of which the words are kept"""


class Pending(Struct):
    """A message that is on its way."""

    conversation_id: str
    sent_at: float
    message_id: str | None = None
    heard: int = 0


class Tally:
    """What was sent, and what has come of it."""

    def __init__(self) -> None:
        self.took_ms: list[float] = []
        self.faults: list[str] = []
        self.fault_count = 0
        self.pending: dict[int, Pending] = {}

    def sent(self, number: int, conversation_id: str, at: float) -> None:
        """Expect three things of a message, from that second on."""
        self.pending[number] = Pending(conversation_id, at)

    def acknowledged(self, number: int, answer: Answer, at: float) -> bool:
        """Take an acknowledgement; return whether nothing of that message is missing any more."""
        if answer.data is None or not answer.success:
            self.fault(f"message {number} was refused: {answer.message}")
            return self.pending.pop(number, None) is not None
        return self._heard(number, answer.data.message, ACKNOWLEDGED, at)

    def told(self, number: int, message: Message, side: int, at: float) -> bool:
        """Take that one of the two was told; return whether nothing of that message is missing any more."""
        return self._heard(number, message, TOLD[side], at)

    def give_up(self) -> None:
        """Count what never came."""
        for number, pending in self.pending.items():
            self.fault(f"of message {number} only {pending.heard:03b} came")
        self.pending.clear()

    def fault(self, words: str) -> None:
        """Count something that should not be."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(words)

    def _heard(self, number: int, message: Message, what: int, at: float) -> bool:
        pending = self.pending.get(number)
        if pending is None or pending.heard & what:
            self.fault(f"of message {number} {what:03b} came once too often")
            return False
        if message.conversation_id != pending.conversation_id:
            self.fault(f"message {number} came to another conversation")
        if message.id != (pending.message_id or message.id):
            self.fault(f"message {number} has two ids")
        pending.message_id = message.id
        pending.heard |= what
        if pending.heard != ALL:
            return False
        del self.pending[number]
        self.took_ms.append((at - pending.sent_at) * 1000)
        return True
