"""The OpenAPI 3.1 document: the framework tells the addresses and their parameters, msgspec what our Structs are.

The framework alone would know neither closed bodies nor our errors, and overlooks the bounds of what is nested.
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from inspect import cleandoc
from typing import Any, Final, cast, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from stoory.money import Balance, Money
from stoory.platform import wire
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.errors import ErrorBody
from stoory.platform.http.idempotency import HEADER
from stoory.platform.http.openapi.examples import Examples
from stoory.platform.http.openapi.failures import ANY_BODY, UNFORESEEN, reference, responses
from stoory.platform.http.openapi.html import page
from stoory.platform.http.openapi.structs import (
    LARGEST_AMOUNT,
    MEANING_OF_A_BALANCE,
    MEANING_OF_AN_AMOUNT,
    described,
)

__all__ = ["MoneySchema", "document", "page"]

Json = dict[str, Any]


KEY_PARAMETER: Final = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "description": "Sent again with the same key and body, the first answer comes again and nothing happens twice.",
}
"""What a POST route takes beside its body."""


class MoneySchema(OpenAPISchemaPlugin):
    """Describes an amount to the framework: a JSON number of rupees."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Return whether this is the type we describe."""
        return value in (Money, Balance)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:  # noqa: ARG002
        """Return the schema of an amount, or of one that may be less than nothing."""
        if cast("object", field_definition.annotation) is Balance:
            return Schema(type=OpenAPIType.NUMBER, multiple_of=0.01, description=MEANING_OF_A_BALANCE)
        return Schema(
            type=OpenAPIType.NUMBER,
            exclusive_minimum=0,
            maximum=LARGEST_AMOUNT,
            multiple_of=0.01,
            description=MEANING_OF_AN_AMOUNT,
        )


@cache
def document(app: Litestar) -> Json:
    """Return the document as JSON builtins. It is made once and must not be changed."""
    told: Json = _reader.decode(wire.encode(app.openapi_schema.to_schema()))
    routes = {handler.fn.__name__: handler for handler in _handlers(app)}
    bodies = {body: None for handler in routes.values() if (body := _body_of(handler))}
    answers = {answer: None for handler in routes.values() if (answer := _answer_of(handler))}
    places, schemas = described((*bodies, *answers, ErrorBody))
    examples = Examples(schemas, [body.EXAMPLE for body in bodies])
    for operations in told["paths"].values():
        for operation in operations.values():
            _spell_out_parameters(operation, told["components"]["schemas"])
            handler = routes[operation["operationId"]]
            _describe(operation, handler, places, examples)
            _tell_forms(operation)
            if handler.opt.get("keyed"):
                operation.setdefault("parameters", []).append(KEY_PARAMETER)
    told["components"] |= {"schemas": schemas, "responses": responses(places[ErrorBody])}
    return told


def _tell_forms(operation: Json) -> None:
    """Tell that a document comes as PDF as well."""
    content = operation["responses"].get("200", {}).get("content", {})
    if "text/html" in content and any(each["name"] == "format" for each in operation.get("parameters", ())):
        content["application/pdf"] = {"schema": {"type": "string", "format": "binary"}}


def _number(text: str) -> int | float:
    """Read `100.0` as the whole number it is."""
    number = float(text)
    return int(number) if number.is_integer() else number


_reader = msgspec.json.Decoder[Any](float_hook=_number)


def _handlers(app: Litestar) -> list[HTTPRouteHandler]:
    """Return the handlers of every route, hidden ones included."""
    return [
        handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler)
    ]


def _body_of(handler: HTTPRouteHandler) -> type[Body] | None:
    """Return what the handler's `data` is, an optional one included."""
    field = handler.parsed_data_field
    return None if field is None else _first(Body, field.annotation)


def _may_be_left_out(handler: HTTPRouteHandler) -> bool:
    field = handler.parsed_data_field
    return field is not None and field.is_optional


def _answer_of(handler: HTTPRouteHandler) -> type[Answer] | None:
    """Return what the handler answers, by itself or in a Response."""
    return _first(Answer, handler.parsed_return_field.annotation)


def _first(kind: type[Any], annotation: Any) -> Any:
    """Return the first type of that kind in `X`, `X | None` or `Response[X]`."""
    if isinstance(annotation, type) and issubclass(annotation, kind):
        return annotation
    return next((found for part in get_args(annotation) if (found := _first(kind, part))), None)


def _spell_out_parameters(operation: Json, schemas: Json) -> None:
    """Put the framework's shared schemas where its parameters mention them; drop what is said by default."""
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _spelt_out(parameter["schema"], schemas)
        for said_by_default in ("deprecated", "allowEmptyValue", "allowReserved"):
            parameter.pop(said_by_default, None)
    operation.pop("deprecated", None)


def _spelt_out(schema: Any, schemas: Json) -> Any:
    if isinstance(schema, list):
        return [_spelt_out(item, schemas) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    parts = cast("Json", schema)
    if "$ref" in parts:
        return schemas[parts["$ref"].rpartition("/")[2]]
    return {key: _spelt_out(value, schemas) for key, value in parts.items()}


def _describe(
    operation: Json, handler: HTTPRouteHandler, places: dict[type, Json], examples: Examples
) -> None:
    """Say who may use a route, what it takes, what it answers and how it can fail."""
    operation["x-who"] = sorted(handler.opt["who"])
    body, answer = _body_of(handler), _answer_of(handler)
    if body is not None:
        content: Json = {"schema": places[body]}
        if body.EXAMPLE:
            content["example"] = body.EXAMPLE
        operation["requestBody"] = {
            "required": not _may_be_left_out(handler),
            "content": {"application/json": content},
        }
    succeeds = {handler.status_code: operation["responses"][str(handler.status_code)]}
    if answer is not None:
        succeeds = dict.fromkeys(_successes(handler), _success(answer, places[answer], examples))
    fails = {*(handler.responses or ()), *(ANY_BODY if body is not None else ()), UNFORESEEN}
    told = succeeds | {status: reference(status) for status in fails}
    operation["responses"] = {str(status): told[status] for status in sorted(told)}


def _successes(handler: HTTPRouteHandler) -> tuple[int, ...]:
    """Return the statuses of a success: who makes a Response of what others create may find it there already."""
    chooses = get_origin(handler.parsed_return_field.annotation) is Response
    return (200, 201) if chooses and handler.status_code == HTTPStatus.CREATED else (handler.status_code,)


def _success(answer: type[Answer], place: Json, examples: Examples) -> Json:
    meaning = cleandoc(answer.__doc__ or "").partition("\n")[0]
    return {
        "description": meaning,
        "content": {"application/json": {"schema": place, "example": examples.of(place)}},
    }
