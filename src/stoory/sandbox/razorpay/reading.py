"""Parameters of requests, read as strictly as Razorpay reads them and refused in its words."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import islice
from typing import Any, Final, cast

from stoory.sandbox.razorpay.http import Request
from stoory.sandbox.razorpay.refusals import Json, Refusal, wrong_field
from stoory.sandbox.razorpay.store import END_OF_TIME, Store

MOST_NOTES: Final = 15
LONGEST_NOTE: Final = 256
LONGEST_RECEIPT: Final = 40
SMALLEST_AMOUNT: Final = 100
DEFAULT_COUNT: Final = 10
MOST_COUNT: Final = 100
MOST_DIGITS: Final = 18
A_CENTURY_SECONDS: Final = 100 * 366 * 24 * 3600
YES: Final = frozenset({True, "1", "true"})
NO: Final = frozenset({False, "0", "false", None, ""})


def only(body: Json, known: Collection[str]) -> None:
    """Refuse parameters that nobody knows."""
    extra = [name for name in body if name not in known]
    if extra:
        are = "are" if len(extra) > 1 else "is"
        raise wrong_field(
            extra[0],
            f"{', '.join(extra)} {are} not required and should not be sent",
            reason="extra_field_sent",
        )


def required(body: Json, *names: str) -> None:
    """Refuse a body that lacks one of these."""
    for name in names:
        if body.get(name) in (None, ""):
            raise wrong_field(name, f"The {name} field is required.")


def amount(body: Json, *, largest: int, field: str = "amount") -> int:
    """Read an amount in paise; the digits of a string are taken, as samples of the SDKs send them."""
    required(body, field)
    value = body[field]
    if isinstance(value, str) and _is_number(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_field(field, f"The {field} must be an integer.")
    if value > largest:
        raise wrong_field(field, "Amount exceeds maximum amount allowed.")
    return value


def text(body: Json, field: str, *, longest: int) -> str | None:
    """Read a text that need not be there."""
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong_field(field, f"expected string but provided {value}")
    if len(value) > longest:
        raise wrong_field(field, f"The {field} may not be greater than {longest} characters.")
    return value


def currency(body: Json) -> str:
    """Read the currency: the sandbox keeps its books in rupees only."""
    required(body, "currency")
    if body["currency"] != "INR":
        raise wrong_field("currency", "The currency should be INR.")
    return "INR"


def flag(body: Json, field: str) -> bool:
    """Read yes or no as both SDKs write it."""
    value = body.get(field)
    if isinstance(value, str | int | None) and value in YES | NO:
        return value in YES
    raise wrong_field(field, f"The {field} field must be true or false.")


def notes(body: Json, field: str = "notes") -> Json | list[Any]:
    """Read notes; empty ones are a list, as PHP shows an empty array."""
    given = body.get(field)
    if not given:
        return []
    if not isinstance(given, dict):
        raise wrong_field(field, f"The {field} must be an array.")
    value = cast("Json", given)
    if len(value) > MOST_NOTES:
        raise wrong_field(field, f"Number of fields in {field} should be less than or equal to {MOST_NOTES}.")
    for name, note in value.items():
        if len(name) > LONGEST_NOTE or len(str(note)) > LONGEST_NOTE:
            raise wrong_field(field, f"The {field} may not be greater than {LONGEST_NOTE} characters.")
    return {name: note if isinstance(note, str | int) else str(note) for name, note in value.items()}


def page(
    request: Request,
    store: Store,
    kind: str,
    *,
    parent: str | None = None,
    where: Callable[[Json], bool] = lambda _: True,
) -> list[Json]:
    """Return what a list asks for, the newest first. Razorpay documentation: count 10, at most 100; skip; from; to."""
    count = whole(request, "count", DEFAULT_COUNT, MOST_COUNT)
    skip = whole(request, "skip", 0)
    entities = store.newest(
        kind,
        parent=parent,
        since=whole(request, "from", 0),
        until=whole(request, "to", END_OF_TIME),
    )
    return list(islice(filter(where, entities), skip, skip + count))


def collection(items: list[Json]) -> Json:
    """Wrap a page; `count` counts this page only, so that no client learns the total."""
    return {"entity": "collection", "count": len(items), "items": items}


def whole(request: Request, name: str, default: int, most: int = END_OF_TIME) -> int:
    """Read a whole number from the query."""
    given = request.parameter(name)
    if given is None:
        return default
    if not _is_number(given):
        raise wrong_field(name, f"The {name} must be an integer.")
    if int(given) > most:
        raise wrong_field(name, f"The {name} may not be greater than {most}.")
    return int(given)


def same(request: Request, **fields: str) -> Callable[[Json], bool]:
    """Return a filter for those query parameters that are given: parameter=field of the entity."""
    wanted = {field: request.parameter(parameter) for parameter, field in fields.items()}
    return lambda entity: all(str(entity.get(field)) == value for field, value in wanted.items() if value)


def choice(body: Json, field: str, choices: Collection[str]) -> str:
    """Read one of a few words, case and all."""
    required(body, field)
    value = body[field]
    if not isinstance(value, str) or value not in choices:
        raise Refusal(f"The selected {field} is invalid.", field=field, reason="input_validation_failed")
    return value


def number(body: Json, field: str, *, least: int, most: int) -> int:
    """Read a whole number that must be there."""
    required(body, field)
    value = body[field]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise wrong_field(field, f"The {field} must be an integer between {least} and {most}.")
    return value


def objects(body: Json, field: str) -> list[Json]:
    """Read a list of objects that must be there."""
    given = body.get(field)
    items: list[Any] = cast("list[Any]", given) if isinstance(given, list) else []
    if not items or not all(isinstance(item, dict) for item in items):
        raise wrong_field(field, f"The {field} field is required.")
    return items


def part(body: Json, field: str) -> Json:
    """Read an object inside, empty if it is not there."""
    given = body.get(field)
    if given is not None and not isinstance(given, dict):
        raise wrong_field(field, f"The {field} must be an array.")
    return cast("Json", given) if isinstance(given, dict) else {}


def _is_number(given: str) -> bool:
    return given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS
