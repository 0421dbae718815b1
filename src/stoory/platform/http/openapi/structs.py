"""What our Structs are in JSON Schema: msgspec tells it, closed bodies and the bounds of what is nested included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from inspect import cleandoc
from typing import Any, Final

import msgspec
from msgspec import Struct, inspect
from msgspec.structs import fields

from stoory.money import MAX_PAISE, Balance, Money
from stoory.platform.http.body import Body

PLACE: Final = "#/components/schemas/{name}"

LARGEST_AMOUNT: Final = MAX_PAISE / 100
MEANING_OF_A_BALANCE: Final = "in rupees, two decimals at most; nothing and less are possible"
MEANING_OF_AN_AMOUNT: Final = "rupees, at most two decimals"

Json = dict[str, Any]


def described(kinds: Iterable[type[Struct]]) -> tuple[dict[type[Struct], Json], Json]:
    """Return where each Struct is described, and the descriptions, nested Structs' included, by their names."""
    found = sorted(_with_nested(kinds), key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
    references, schemas = msgspec.json.schema_components(found, schema_hook=_amount, ref_template=PLACE)
    places: dict[type[Struct], Json] = dict(zip(found, references, strict=True))
    for kind, place in places.items():
        schema = schemas[place["$ref"].rpartition("/")[2]]
        schema["description"] = cleandoc(kind.__doc__ or "")
        _mark_instants(kind, schema)
        if issubclass(kind, Body) and kind.EXAMPLE:
            schema["examples"] = [kind.EXAMPLE]
    return places, dict(sorted(schemas.items()))


def _amount(kind: type) -> Json:
    """Return the schema of the types that msgspec does not know."""
    if kind is Balance:
        return {"type": "number", "multipleOf": 0.01, "description": MEANING_OF_A_BALANCE}
    if kind is not Money:
        raise NotImplementedError(kind)
    return {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": LARGEST_AMOUNT,
        "multipleOf": 0.01,
        "description": MEANING_OF_AN_AMOUNT,
    }


def _with_nested(kinds: Iterable[type[Struct]]) -> set[type[Struct]]:
    """Return the Structs and all they are made of."""
    found: set[type[Struct]] = set()
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            found.add(kind)
            waiting += [
                part.cls for part in _parts(inspect.type_info(kind)) if isinstance(part, inspect.StructType)
            ]
    return found


def _parts(kind: inspect.Type) -> Iterator[inspect.Type]:
    """Return all that a type is made of, down to the Structs in it but not into them."""
    match kind:
        case inspect.StructType(fields=told):
            inner = [field.type for field in told]
        case inspect.UnionType(types=types):
            inner = list(types)
        case inspect.ListType(item_type=item):
            inner = [item]
        case inspect.DictType(key_type=key, value_type=value):
            inner = [key, value]
        case inspect.Metadata(type=annotated):
            inner = [annotated]
        case _:
            inner = []
    for part in inner:
        yield part
        if not isinstance(part, inspect.StructType):
            yield from _parts(part)


def _mark_instants(kind: type[Struct], schema: Json) -> None:
    """Say which texts are instants: msgspec says it of those only whose zone it checks."""
    for field in fields(kind):
        told = inspect.type_info(field.type)
        if any(isinstance(part, inspect.DateTimeType) for part in (told, *_parts(told))):
            for text in _texts(schema["properties"][field.encode_name]):
                text["format"] = "date-time"


def _texts(schema: Json) -> Iterator[Json]:
    """Return the plain texts in the schema of a field."""
    if schema.get("type") == "string":
        yield schema
    inner = (*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties"))
    for part in filter(None, inner):
        yield from _texts(part)
