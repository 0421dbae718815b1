"""How an event is declared: what a client may send, what it is answered, and what the server tells by itself.

As with routes, the declaration is the documentation: the AsyncAPI page is made from it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import cleandoc, get_annotations, signature
from typing import Final

from msgspec import Struct

from stoory.platform.http.body import Body
from stoory.platform.http.routes import retried

Handler = Callable[..., Awaitable[Struct]]

GIVEN: Final = frozenset(
    {"actor", "connection", "data", "db", "gateway", "outbox", "presences", "whose_typing"}
)
"""What a handler is given, if it has a parameter of that name."""


class Event(Struct, frozen=True):
    """An event that clients send: it is read strictly, done, and acknowledged.

    `changes` says whether anything is another afterwards, or others are told something: then no key for reading may.
    """

    name: str
    changes: bool
    takes: type[Body]
    answers: type[Struct]
    does: Handler
    wants: frozenset[str]
    summary: str
    description: str


def event(*, changes: bool) -> Callable[[Handler], Event]:
    """Declare the handler of the event of its name, and whether it changes something; its `data` says what it takes."""

    def declare(function: Handler) -> Event:
        hints = get_annotations(function, eval_str=True)
        summary, description = _told(function)
        return Event(
            name=function.__name__,
            changes=changes,
            takes=hints["data"],
            answers=hints["return"],
            does=retried(function),
            wants=GIVEN & signature(function).parameters.keys(),
            summary=summary,
            description=description,
        )

    return declare


class Told(Struct, frozen=True):
    """An event that the server sends."""

    name: str
    payload: type[Struct]

    @property
    def summary(self) -> str:
        """When it is sent."""
        return _told(self.payload)[0]

    @property
    def description(self) -> str:
        """What else is to be known of it."""
        return _told(self.payload)[1]


def _told(documented: object) -> tuple[str, str]:
    """Return the first sentence of a docstring, and the rest."""
    first, _, rest = cleandoc(documented.__doc__ or "").partition("\n\n")
    return first, rest
