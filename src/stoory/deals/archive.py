"""How deals are written down: JSON in which an amount is a number of rupees and nothing becomes a float."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import msgspec

from stoory.money import Money

T = TypeVar("T")


def to_json(value: object) -> bytes:
    """Write a deal, an event or any part of one as JSON."""
    return _encoder.encode(value)


def from_json(raw: bytes | str, type_: type[T]) -> T:
    """Read back what `to_json` wrote; equal to what was written."""
    return _decoder(type_).decode(raw)


def plain(value: object) -> Any:
    """Return it as JSON would bring it back: dicts and lists, amounts int or Decimal, times and ids text."""
    return _plain_decoder.decode(_encoder.encode(value))


def restored(value: object, type_: type[T]) -> T:
    """Read back what `plain` made."""
    return msgspec.convert(value, type_, dec_hook=_read)


def _written(value: object) -> object:
    if isinstance(value, Money):
        return value.to_wire()
    raise NotImplementedError(f"{type(value).__name__} has no place in JSON")


def _read(type_: type, value: object) -> object:
    if type_ is Money and isinstance(value, int | Decimal):
        return Money.rupees(value)
    raise ValueError(f"{value!r} is not {type_.__name__}")


@cache
def _decoder(type_: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(type_, dec_hook=_read, float_hook=Decimal)


_plain_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(enc_hook=_written, decimal_format="number")
