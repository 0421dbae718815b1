"""The running account: what was written and acknowledged, and who has heard it when."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field

Json = dict[str, Any]


class Letter(Struct):
    """What somebody wants to send, and every message they were told it has become."""

    sender_id: str
    client_msg_id: str
    conversation_id: str
    text: str
    answers: list[Json] = field(default_factory=list[Json])
    acknowledged_at: float = 0.0

    @property
    def draft(self) -> Json:
        """What is sent, each time the same."""
        return {
            "conversation_id": self.conversation_id,
            "message": self.text,
            "client_msg_id": self.client_msg_id,
        }


class Count(Struct, frozen=True):
    """How much of each has happened so far, or between two moments."""

    sent: int = 0
    again: int = 0
    acknowledged: int = 0
    live: int = 0
    resumed: int = 0

    def since(self, before: Count) -> Count:
        """Return what has happened after that."""
        return Count(
            self.sent - before.sent,
            self.again - before.again,
            self.acknowledged - before.acknowledged,
            self.live - before.live,
            self.resumed - before.resumed,
        )


class Phase(Struct):
    """A part of the story, from when it began."""

    name: str
    began_at: float
    before: Count


class Told(Struct, frozen=True):
    """What came of a phase."""

    name: str
    seconds: float
    count: Count
    slowest_seconds: float
    """From the acknowledgement of a message to when every client had it"""
    unheard: int


class Account:
    """Kept by all clients together."""

    def __init__(self, clients: Sequence[str]) -> None:
        """Take who is to hear every message."""
        self.letters: list[Letter] = []
        self.phases: list[Phase] = []
        self.again = self.live = self.resumed = 0
        self._clients = frozenset(clients)
        self._heard: dict[str, dict[str, float]] = {}

    def count(self) -> Count:
        """Return how much has happened so far."""
        acknowledged = sum(bool(letter.answers) for letter in self.letters)
        return Count(len(self.letters), self.again, acknowledged, self.live, self.resumed)

    def begin(self, name: str) -> None:
        """Begin a part of the story."""
        self.phases.append(Phase(name, time.monotonic(), self.count()))

    def acknowledge(self, letter: Letter, message: Json) -> None:
        """Note that somebody was told their message is there."""
        letter.acknowledged_at = letter.acknowledged_at or time.monotonic()
        letter.answers.append(message)

    def hear(self, client: str, message: Json, *, is_live: bool) -> None:
        """Note that a client has been told a message."""
        self.live += is_live
        self.resumed += not is_live
        self._heard.setdefault(message["id"], {}).setdefault(client, time.monotonic())

    def is_settled(self) -> bool:
        """Whether everything is acknowledged, and everybody has heard all of it."""
        return all(self.is_heard(letter) for letter in self.letters)

    def is_heard(self, letter: Letter) -> bool:
        """Whether a message is acknowledged, and every client has heard it."""
        return bool(self._heard_by_all_at(letter))

    def told(self) -> list[Told]:
        """Return what came of each phase; a message belongs to the one in which it was acknowledged."""
        ends = [*self.phases[1:], Phase("", time.monotonic(), self.count())]
        return [self._told(phase, end) for phase, end in zip(self.phases, ends, strict=True)]

    def _told(self, phase: Phase, end: Phase) -> Told:
        own = [letter for letter in self.letters if phase.began_at <= letter.acknowledged_at < end.began_at]
        heard_at = [(letter.acknowledged_at, self._heard_by_all_at(letter)) for letter in own]
        return Told(
            name=phase.name,
            seconds=end.began_at - phase.began_at,
            count=end.before.since(phase.before),
            slowest_seconds=max((max(0.0, at - since) for since, at in heard_at if at), default=0.0),
            unheard=sum(not at for _, at in heard_at),
        )

    def _heard_by_all_at(self, letter: Letter) -> float:
        """Return when the last of them heard it; 0 while one has not."""
        heard = self._heard.get(letter.answers[0]["id"], {}) if letter.answers else {}
        times = [heard[client] for client in self._clients if client in heard]
        return max(times) if len(times) == len(self._clients) else 0.0
