"""Every Struct of ours compiles: what msgspec cannot read or write shows here, not with the first request."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar import Response
from msgspec import Struct, inspect

import stoory
from stoory.app import ROUTES
from stoory.debug import api as debug_api
from stoory.money import Balance, Money
from stoory.operations import DEVELOPMENT_ROUTES
from stoory.platform import wire
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body, read

HANDLERS: list[Any] = [*ROUTES, *debug_api.ROUTES, *DEVELOPMENT_ROUTES]


def our_structs() -> list[type[Struct]]:
    """Return every Struct that any module of ours defines."""
    for module in pkgutil.walk_packages(stoory.__path__, "stoory."):
        importlib.import_module(module.name)
    return sorted(_below(Struct), key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")


def _below(kind: type[Struct]) -> Iterator[type[Struct]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("stoory."):
            yield child
        yield from _below(child)


STRUCTS = our_structs()
BODIES = [
    kind for kind in STRUCTS if issubclass(kind, Body) and kind.__subclasses__() == [] and kind is not Body
]


def travels(kind: type[Struct]) -> bool:
    """Whether a Struct is made of data: some hold functions or errors, which go nowhere."""
    return not any(
        isinstance(part, inspect.CustomType) and part.cls not in (Money, Balance)
        for field in msgspec.structs.fields(kind)
        for part in _parts(inspect.type_info(field.type))
    )


def _parts(kind: Any) -> Iterator[Any]:
    yield kind
    for name in ("types", "item_types"):
        for inner in getattr(kind, name, ()):
            yield from _parts(inner)
    for name in ("type", "item_type", "key_type", "value_type"):
        if hasattr(kind, name):
            yield from _parts(getattr(kind, name))


@pytest.mark.parametrize(
    "kind", [kind for kind in STRUCTS if travels(kind)], ids=lambda kind: kind.__qualname__
)
def test_it_compiles_into_a_decoder_of_bodies_and_of_rows(kind: type[Struct]) -> None:
    for hook in (wire.body_hook, wire.row_hook):
        msgspec.json.Decoder(kind, dec_hook=hook)


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.fn.__name__)
def test_what_a_route_takes_and_answers_is_data(handler: Any) -> None:
    taken = handler.parsed_data_field
    for field in [handler.parsed_return_field, *([] if taken is None else [taken])]:
        kinds = [kind for kind in _structs_in(field.annotation) if issubclass(kind, Body | Answer)]
        is_document = field.annotation == Response[bytes]
        assert kinds or is_document or handler.include_in_schema is False, field.annotation
        for kind in kinds:
            assert travels(kind)
            msgspec.json.Decoder(kind, dec_hook=wire.body_hook)


def _structs_in(annotation: Any) -> Iterator[type[Struct]]:
    kind: Any = annotation
    if isinstance(kind, type) and issubclass(kind, Struct):
        yield kind
    for part in getattr(annotation, "__args__", ()):
        yield from _structs_in(part)


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__qualname__)
def test_the_example_of_a_body_is_one(kind: type[Body]) -> None:
    assert isinstance(read(kind, wire.encode(kind.EXAMPLE)), kind)


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__qualname__)
def test_what_a_body_ignores_it_does_not_take(kind: type[Body]) -> None:
    assert not kind.READ_ONLY & {field.encode_name for field in msgspec.structs.fields(kind)}
