"""Bodies are read strictly, and every wrong field of one is named, not only the first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Final, cast, get_args, get_origin

import msgspec
from litestar import Request
from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError

from stoory.errors import FieldError, Invalid, StooryError, Unreadable, Unsupported
from stoory.platform import wire
from stoory.platform.http.errors import readable

DEEPEST_NESTING: Final = 32
NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
"""JSON can write these, but no text holds them, and no column."""


class Body(Struct, forbid_unknown_fields=True, kw_only=True):
    """A request's body.

    `READ_ONLY` names keys of the same resource that are ignored, so that what GET returned can be PUT back; every
    other key the resource does not have is refused by name. `EXAMPLE` documents it.
    """

    READ_ONLY: ClassVar[frozenset[str]] = frozenset()
    EXAMPLE: ClassVar[dict[str, Any]] = {}


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON is decoded straight into what its handler's `data` asks for."""

    async def json(self) -> Any:
        """Return the handler's Struct; Unreadable, Unsupported or Invalid otherwise."""
        field = self.route_handler.parsed_data_field
        raw = await self.body()
        if not raw and field is not None and field.is_optional:
            return None
        content_type = self.headers.get("content-type", "application/json").split(";", 1)[0].strip().lower()
        if content_type != "application/json":
            raise Unsupported(f"Send the body as application/json, not {content_type[:100]}.")
        return read(Any if field is None else field.annotation, raw)


def read(kind: Any, raw: bytes) -> Any:
    """Decode a JSON body as that type; the first fault costs a second, slower look that finds them all."""
    if raw.count(b"[") + raw.count(b"{") > DEEPEST_NESTING:
        _check_depth(_builtins(raw))
    if b"\\u0000" in raw and (errors := list(_textless(_builtins(raw)))):
        raise Invalid(*errors)
    try:
        return _decoder(kind).decode(raw)
    except ValidationError:
        return _reread(kind, _builtins(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _unreadable(raw) from problem


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=wire.body_hook, float_hook=Decimal)


def _builtins(raw: bytes) -> Any:
    try:
        return wire.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _unreadable(raw) from problem


def _unreadable(raw: bytes) -> StooryError:
    """Return Invalid with its places when nothing but half a surrogate pair is wrong, which our decoder cannot read."""
    try:
        errors = list(_textless(json.loads(raw)))
    except (ValueError, RecursionError):
        errors = []
    return Invalid(*errors) if errors else Unreadable("The body is not JSON.")


def _textless(value: Any, path: str = "") -> Iterator[FieldError]:
    """Find every string that is no text, keys included."""
    if isinstance(value, str) and NO_TEXT.search(value):
        yield FieldError(NO_TEXT.sub("\ufffd", path), "holds a character that no text has")
    elif isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        for key, item in fields.items():
            place = f"{path}.{key}" if path else key
            yield from (*_textless(key, place), *_textless(item, place))
    elif isinstance(value, list):
        for i, item in enumerate(cast("list[Any]", value)):
            yield from _textless(item, f"{path}[{i}]")


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST_NESTING:
        raise Unreadable(f"The body nests deeper than {DEEPEST_NESTING} levels.")
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(child, depth + 1)


def _reread(kind: Any, value: Any) -> Any:
    """Return the body without its read-only keys, or raise Invalid with every wrong field."""
    struct = _struct_in(kind)
    if struct is None or not isinstance(value, dict):
        raise Invalid(FieldError("", "must be a JSON object"))
    if issubclass(struct, Body):
        value = {key: item for key, item in value.items() if key not in struct.READ_ONLY}
    errors = _faults(struct, value, "")
    if errors:
        raise Invalid(*errors)
    return msgspec.convert(value, struct, dec_hook=wire.body_hook)


def _faults(struct: type[Struct], value: dict[str, Any], path: str) -> list[FieldError]:
    """Look at each field on its own."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    errors = [FieldError(path + key, "is not known") for key in value if key not in fields]
    for name, field in fields.items():
        if name not in value:
            if field.required:
                errors.append(FieldError(path + name, "is required"))
        else:
            errors += _fault(field.type, value[name], path + name)
    return errors


def _fault(kind: Any, value: Any, path: str) -> list[FieldError]:
    """Return what is wrong with one value, down to the element of a list and the field of an object in it."""
    inner = _struct_in(kind)
    if inner is not None and isinstance(value, dict):
        return _faults(inner, value, path + ".")
    items = _item_type(kind)
    if items is not None and isinstance(value, list) and _struct_in(items) is not None:
        return [
            error for i, item in enumerate(value) for error in _fault(items, item, f"{path}[{i}]")
        ] or _whole(kind, value, path)
    return _whole(kind, value, path)


def _whole(kind: Any, value: Any, path: str) -> list[FieldError]:
    try:
        msgspec.convert(value, kind, dec_hook=wire.body_hook)
    except ValidationError as problem:
        at = str(problem).partition(" - at `$")[2].rstrip("`")
        return [FieldError(path + (at if at.startswith("[") else ""), _reason(kind, str(problem)))]
    return []


def _reason(kind: Any, problem: str) -> str:
    """Say what is wrong; a pattern is for machines, people are told what it means."""
    if "matching regex" in problem and (meaning := _meaning(kind)):
        return f"must be {meaning}"
    return readable(problem)


def _meaning(kind: Any) -> str:
    """Return the description that stands beside a pattern in the type."""
    metas = [meta for meta in getattr(kind, "__metadata__", ()) if isinstance(meta, Meta) and meta.pattern]
    return next((meta.description for meta in metas if meta.description), "") or next(
        (meaning for arg in get_args(kind) if (meaning := _meaning(arg))), ""
    )


def _struct_in(kind: Any) -> type[Struct] | None:
    """Return the Struct of `Draft`, `Draft | None` or `Annotated[Draft, ...]`."""
    if isinstance(kind, type):
        return kind if issubclass(kind, Struct) else None
    return next((found for arg in _members(kind) if (found := _struct_in(arg)) is not None), None)


def _item_type(kind: Any) -> Any:
    """Return the element type of a list, optional or annotated."""
    if get_origin(kind) in (list, tuple, set):
        return get_args(kind)[0]
    return next((found for arg in _members(kind) if (found := _item_type(arg)) is not None), None)


def _members(kind: Any) -> tuple[Any, ...]:
    """Return the types a union or an annotation is made of."""
    if hasattr(kind, "__metadata__"):
        return (kind.__origin__,)
    return () if get_origin(kind) in (list, tuple, set, dict) else get_args(kind)


def given(body: Struct) -> dict[str, Any]:
    """Return the fields a partial body really has."""
    return {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}


Maybe = UnsetType
"""`title: str | Maybe = UNSET` is a field a partial body may leave out."""
