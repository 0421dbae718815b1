"""Bodies are read strictly, and every wrong field of one is named, not only the first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any, ClassVar, Final, TypeGuard, get_args, get_origin

import msgspec
from litestar import Request
from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError

from stoory.errors import FieldError, Invalid, Unreadable, Unsupported
from stoory.platform import wire
from stoory.platform.http.errors import readable

DEEPEST_NESTING: Final = 32
MOST_ERRORS: Final = 100
LONGEST_PATH: Final = 200
NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
"""JSON can write these, but no text holds them, and no column."""
UNHELD: Final = object()
"""Stands for a number that no type of ours can hold."""


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
    if raw.count(b"[") + raw.count(b"{") > DEEPEST_NESTING or b"\\u0000" in raw:
        _builtins(raw)
    try:
        return _decoder(kind).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _reread(kind, _builtins(raw))


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=wire.body_hook, float_hook=wire.exact)


def _builtins(raw: bytes) -> Any:
    """Read JSON as it stands, and name what it can write but we cannot hold; Unreadable, Invalid.

    The standard library's reader, unlike msgspec's, goes on after such a value, and so finds where it is.
    """
    try:
        text = raw.decode("utf-8", "surrogatepass")
        value = json.loads(text, parse_float=_held(wire.exact), parse_int=_held(int), parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise Unreadable("The body is not JSON.") from problem
    _check_depth(value)
    _refuse_any(_unheld(value))
    return value


def _held(read_number: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let a number that is too long or too large for us stand as what it is: nothing we can hold."""

    def held(number: str) -> Any:
        try:
            return read_number(number)
        except ValueError:
            return UNHELD

    return held


def _refuse(constant: str) -> None:
    """Refuse NaN and Infinity, which only Python takes for JSON."""
    raise ValueError(constant)


def _unheld(value: Any, path: str = "") -> Iterator[FieldError]:
    """Find every number out of range and every string that is no text, keys included."""
    if value is UNHELD:
        yield FieldError(path, "is out of range")
    elif isinstance(value, str) and NO_TEXT.search(value):
        yield FieldError(NO_TEXT.sub("\ufffd", path), "holds a character that no text has")
    elif _is_object(value):
        for key, item in value.items():
            place = f"{path}.{key}" if path else key
            yield from _unheld(key, place)
            yield from _unheld(item, place)
    elif _is_list(value):
        for i, item in enumerate(value):
            yield from _unheld(item, f"{path}[{i}]")


def _check_depth(value: Any, depth: int = 1) -> None:
    children = value.values() if _is_object(value) else value if _is_list(value) else None
    if children is None:
        return
    if depth > DEEPEST_NESTING:
        raise Unreadable(f"The body nests deeper than {DEEPEST_NESTING} levels.")
    for child in children:
        _check_depth(child, depth + 1)


def _reread(kind: Any, value: Any) -> Any:
    """Return the body without its read-only keys, or raise Invalid with every wrong field."""
    struct = _struct_in(kind)
    if struct is None or not _is_object(value):
        raise Invalid(FieldError("", "must be a JSON object"))
    if issubclass(struct, Body):
        value = {key: item for key, item in value.items() if key not in struct.READ_ONLY}
    _refuse_any(_faults(struct, value, ""))
    return msgspec.convert(value, struct, dec_hook=wire.body_hook)


def _refuse_any(errors: Iterable[FieldError]) -> None:
    """Raise Invalid if there are any; of ever so many only the first, so that no answer grows beyond its request."""
    told = [FieldError(error.field[:LONGEST_PATH], error.message) for error in islice(errors, MOST_ERRORS)]
    if told:
        raise Invalid(*told)


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
    if inner is not None and _is_object(value):
        return _faults(inner, value, path + ".")
    items = _item_type(kind)
    if items is not None and _is_list(value) and _struct_in(items) is not None:
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


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def given(body: Struct) -> dict[str, Any]:
    """Return the fields a partial body really has."""
    return {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET}


Maybe = UnsetType
"""`title: str | Maybe = UNSET` is a field a partial body may leave out."""
