"""A plot as it was played once, made ready to be copied: what differs from copy to copy is a gap in its rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from operator import itemgetter
from random import Random
from typing import Final, NamedTuple

from msgspec import Struct

from stoory.actor import SYSTEM_USER_ID
from stoory.deals.contract import fingerprint
from stoory.seed.drawing import at_column, at_json, drawn_id, drawn_razorpay_id
from stoory.seed.words import PHRASES

Key = tuple[str, str]
"""What kind of gap, and which: `("id", "3f0c...")`, `("phrase", "brandterms2")`."""

GAPS: Final = re.compile(
    r"(?P<id>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
    r"|(?P<column>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00)"
    r"|(?P<json>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
    r"|Qq(?P<phrase>[a-z]+\d*)qQ"
    r"|(?P<razorpay>(?:order|pay|rfnd|setl)_Seed[A-Za-z0-9]{10})"
    r"|(?P<hash>\b[0-9a-f]{64}\b)"
)
"""Ids, instants in a column and in JSON, what people say, Razorpay's ids, and the fingerprint of a contract."""

FRACTION: Final = re.compile(r"\d\d:\d\d:\d\d\.\d")
FORMATS: Final = {"column": "%Y-%m-%d %H:%M:%S+00", "json": "%Y-%m-%dT%H:%M:%SZ"}


class Roles(NamedTuple):
    """Whom and what a copy is about; in the template the same fields name the played ones."""

    brand_id: str
    influencer_id: str
    operator_id: str
    posting_id: str
    request_id: str
    conversation_id: str
    brand: str
    brand_phone: str
    brand_email: str
    influencer: str
    handle: str
    title: str


IDS_OF_ROLES: Final = 6
"""So many of the roles are ids; the others are told by marks, named as these fields are."""


FINGERPRINT: Final = len(Roles._fields)
"""Where the contract's fingerprint stands among a copy's values: it is worked out of the others."""


def mark(what: str) -> str:
    """Return what stands in a played plot where each copy says something of its own."""
    return f"Qq{what.replace('_', '')}qQ"


class Rows(Struct, frozen=True):
    """What was read of one table: its columns, and its rows as COPY writes them."""

    columns: tuple[str, ...]
    lines: list[str]


class Sheet(Struct, frozen=True):
    """The rows of one table, with gaps, and which values fill them."""

    columns: tuple[str, ...]
    pattern: str
    pick: Callable[[list[str]], tuple[str, ...]]

    def filled(self, values: list[str]) -> str:
        """Return the rows of a copy, without a line break at their end."""
        return self.pattern % self.pick(values)


class Template(Struct, frozen=True, kw_only=True):
    """A plot to be copied."""

    sheets: dict[str, Sheet]
    gaps: list[Gap]
    contract: Sheet | None
    """What was accepted, in the words that the contract's fingerprint is of."""
    messages: int
    lasts: int
    """Seconds from its first row to its last instant."""

    def values(self, roles: Roles, ends_at: int, random: Random) -> list[str]:
        """Return what fills the gaps of a copy that ends at that second of the epoch."""
        values = [*roles, "", *(gap(ends_at, random) for gap in self.gaps)]
        if self.contract is not None:
            values[FINGERPRINT] = fingerprint(self.contract.filled(values).encode())
        return values


Gap = Callable[[int, Random], str]
"""Draws what fills a gap, given when the copy ends."""


class _Gaps:
    """The gaps found so far, each numbered where its value will stand."""

    def __init__(self, roles: Roles, ends_at: datetime, accepted: str) -> None:
        self._ends_at = ends_at
        self._numbers: dict[Key, int] = {("hash", fingerprint(accepted.encode())): FINGERPRINT}
        self._numbers |= {("id", id_): n for n, id_ in enumerate(roles[:IDS_OF_ROLES])}
        marks = [field.replace("_", "") for field in Roles._fields[IDS_OF_ROLES:]]
        self._numbers |= {("phrase", said): n for n, said in enumerate(marks, start=IDS_OF_ROLES)}
        self.drawn: list[Gap] = []
        self.starts_at = 0

    def sheet(self, rows: Rows) -> Sheet:
        """Return the rows with their gaps."""
        numbers: list[int] = []

        def number(found: re.Match[str]) -> str:
            kind, what = found.lastgroup or "", found[found.lastgroup or 0]
            if what == str(SYSTEM_USER_ID):
                return what
            numbers.append(self._number((kind, what)))
            return "%s"

        text = "\n".join(rows.lines)
        if FRACTION.search(text):
            raise ValueError("an instant of a plot has a fraction of a second")
        pattern = GAPS.sub(number, text.replace("%", "%%"))
        return Sheet(rows.columns, pattern, _picking(numbers))

    def _number(self, key: Key) -> int:
        if key not in self._numbers:
            kind, what = key
            self._numbers[key] = FINGERPRINT + 1 + len(self.drawn)
            self.drawn.append(self._gap(kind, what))
        return self._numbers[key]

    def _gap(self, kind: str, what: str) -> Gap:
        match kind:
            case "id":
                return _drawing_id
            case "column" | "json":
                return self._instant(what, FORMATS[kind], at_column if kind == "column" else at_json)
            case "razorpay":
                return lambda _, random: drawn_razorpay_id(what.partition("_")[0], random)
            case "phrase":
                choices = PHRASES[what.rstrip("0123456789")]
                return lambda _, random: choices[int(random.random() * len(choices))]
            case _:
                raise ValueError(f"{what} has no place in a copy")

    def _instant(self, what: str, written: str, shown: Callable[[int], str]) -> Gap:
        at = datetime.strptime(what, written).replace(tzinfo=UTC)
        offset = int((at - self._ends_at).total_seconds())
        self.starts_at = min(self.starts_at, offset)
        return lambda ends_at, _: shown(ends_at + offset)


def compiled(tables: dict[str, Rows], accepted: str | None, *, roles: Roles, ends_at: datetime) -> Template:
    """Return the template of what was played; `accepted` is what its contract's fingerprint is of, if it has one."""
    gaps = _Gaps(roles, ends_at, accepted or "")
    sheets = {table: gaps.sheet(_in_order(rows, roles)) for table, rows in tables.items() if rows.lines}
    contract = gaps.sheet(Rows((), [accepted])) if accepted else None
    return Template(
        sheets=sheets,
        gaps=gaps.drawn,
        contract=contract,
        messages=len(tables["messages"].lines),
        lasts=-gaps.starts_at,
    )


def _in_order(rows: Rows, roles: Roles) -> Rows:
    """Return the rows in an order that is the same each time a plot is played: ids are not, so they do not count."""
    if "seq" in rows.columns:
        return rows

    def nameless(line: str) -> str:
        for name, id_ in zip(Roles._fields, roles, strict=True):
            line = line.replace(id_, name)
        return GAPS.sub(lambda found: "" if found["id"] else found[0], line)

    return Rows(rows.columns, sorted(rows.lines, key=nameless))


def _drawing_id(_: int, random: Random) -> str:
    return drawn_id(random)


def _picking(numbers: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    """Return what picks these values out of all of a copy's."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    return lambda values: tuple(values[number] for number in numbers)
