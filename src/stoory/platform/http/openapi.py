"""The OpenAPI 3.1 document: the framework's, made to say what our bodies and errors really are."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from litestar import Litestar
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from stoory.money import Money
from stoory.platform import wire
from stoory.platform.http.body import Body

LARGEST_AMOUNT: Final = 99_999_999.99


class MoneySchema(OpenAPISchemaPlugin):
    """Describes an amount: a JSON number of rupees."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Return whether this is the type we describe."""
        return value is Money

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:  # noqa: ARG002
        """Return the schema of an amount."""
        return Schema(
            type=OpenAPIType.NUMBER,
            exclusive_minimum=0,
            maximum=LARGEST_AMOUNT,
            multiple_of=0.01,
            description="rupees, at most two decimals",
        )


def document(app: Litestar) -> dict[str, Any]:
    """Return the document as JSON builtins: closed bodies, their examples, multiples of a paisa."""
    schema: dict[str, Any] = wire.decode(wire.encode(app.openapi_schema.to_schema()))
    schemas = schema.get("components", {}).get("schemas", {})
    for body in _bodies(Body):
        if (described := schemas.get(body.__name__)) is not None:
            described["additionalProperties"] = False
            if body.EXAMPLE:
                described["examples"] = [body.EXAMPLE]
    return schema


def _bodies(kind: type[Body]) -> Iterator[type[Body]]:
    for child in kind.__subclasses__():
        yield child
        yield from _bodies(child)


def page(schema: dict[str, Any]) -> str:
    """Return the document as a plain HTML page that needs no script and nothing from elsewhere."""
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('summary') or '')}</td>"
        f"<td>{', '.join(operation.get('responses', {}))}</td></tr>"
        for path, operations in sorted(schema["paths"].items())
        for method, operation in operations.items()
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Stoory API</title>"
        "<style>body{font:16px/1.5 system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}"
        "td{padding:.2rem .8rem .2rem 0;vertical-align:top}</style>"
        f"<h1>Stoory API</h1><p>The machine-readable document: <a href=/schema/openapi.json>openapi.json</a>.</p>"
        f"<table>{rows}</table></html>"
    )
