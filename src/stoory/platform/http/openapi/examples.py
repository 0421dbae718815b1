"""Examples of answers, always the same: what bodies send, the Structs that are like them show again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

BY_FORMAT: Final = {
    "uuid": "3f2b8c1e-6d4a-4f7e-9b0a-5c1d2e3f4a5b",
    "date-time": "2026-01-15T10:30:00Z",
    "date": "2026-01-15",
}
BY_TYPE: Final[dict[str, Any]] = {
    "string": "…",
    "integer": 1,
    "number": 5000,
    "boolean": False,
    "object": {},
    "null": None,
}
PYTHON: Final = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list}

ALIKE: Final = 2
"""So many fields must a body and a Struct have in common for one to lend the other more."""

Json = dict[str, Any]


class Examples:
    """Makes up an example of whatever is described."""

    def __init__(self, schemas: Json, bodies: Iterable[Json]) -> None:
        """Take the descriptions by name, and the examples that bodies bring themselves."""
        self._schemas = schemas
        self._bodies = list(bodies)

    def of(self, schema: Json) -> Any:
        """Return an example of what a schema describes."""
        schema = self._resolved(schema)
        if "properties" in schema:
            return self._object(schema)
        for key in ("examples", "enum"):
            if key in schema:
                return schema[key][0]
        if schema.get("type") == "array":
            return [self.of(schema["items"])]
        return BY_FORMAT.get(schema.get("format", ""), BY_TYPE.get(schema.get("type", "null")))

    def _object(self, schema: Json) -> Json:
        """Fill in what is required, and `success`, which no answer lacks."""
        fields: Json = schema["properties"]
        required = [name for name in fields if name in schema.get("required", ())]
        shown = ["success", *required] if "success" in fields else required
        alike = sorted(self._bodies, key=lambda body: -len(body.keys() & fields.keys()))
        return {name: self._field(name, fields, alike) for name in shown}

    def _field(self, name: str, fields: Json, alike: list[Json]) -> Any:
        """Show what a body sends under that name; what may be null is, unless the body most alike has it."""
        schema = self._resolved(fields[name])
        may_be_null = {"type": "null"} in fields[name].get("anyOf", ())
        for body in alike[:1] if may_be_null else alike:
            if name in body and len(body.keys() & fields.keys()) >= ALIKE and _fits(body[name], schema):
                return body[name]
        return None if may_be_null and "properties" not in schema else self.of(schema)

    def _resolved(self, schema: Json) -> Json:
        """Follow a reference, and of several choices take the first."""
        if "$ref" in schema:
            return self._resolved(self._schemas[schema["$ref"].rpartition("/")[2]])
        return self._resolved(schema["anyOf"][0]) if "anyOf" in schema else schema


def _fits(value: object, schema: Json) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    return isinstance(value, PYTHON.get(schema.get("type", ""), ()))
