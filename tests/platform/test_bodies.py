"""How a body is read: strictly, with every fault named by its place, and nothing held that cannot be kept."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType

from stoory.errors import Invalid, Unreadable
from stoory.money import MAX_PAISE, Money
from stoory.platform import wire
from stoory.platform.http.body import DEEPEST_NESTING, MOST_ERRORS, Body, read
from stoory.platform.http.body import given as sent


class Line(Struct, forbid_unknown_fields=True):
    """A line of an order."""

    sku: Annotated[str, Meta(min_length=2, max_length=5)]
    count: Annotated[int, Meta(ge=1, le=100)]


class Order(Body):
    """A body with something of everything."""

    READ_ONLY: ClassVar = frozenset({"id", "created_at"})

    amount: Money
    lines: Annotated[list[Line], Meta(max_length=200)] | None = None
    gift: Line | None = None
    note: str | UnsetType = UNSET
    tags: list[Annotated[str, Meta(max_length=3)]] | None = None
    rate: Annotated[float, Meta(le=100)] = 0
    buyer_id: UUID | None = None
    code: Annotated[str, Meta(pattern="^[A-Z]+$", description="capital letters")] | None = None
    data: dict[str, Any] | None = None


def faults(raw: str | bytes) -> dict[str, str]:
    """Return the field and message of each fault that a body is refused for."""
    with pytest.raises(Invalid) as refused:
        read(Order, raw.encode() if isinstance(raw, str) else raw)
    return {error.field: error.message for error in refused.value.errors}


def fault_of(**fields: Any) -> dict[str, str]:
    return faults(json.dumps({"amount": 1} | fields))


def test_every_bad_field_is_named_by_its_path() -> None:
    assert fault_of(
        amount="5",
        lines=[{"sku": "ab", "count": 1}, {"sku": 5, "count": 0, "color": "red"}, {}, "x"],
        gift={"sku": "abcdef", "count": True},
        tags=["ok", "long"],
        buyer_id="me",
        code="abc",
        colour="red",
    ) == {
        "colour": "is not known",
        "amount": "must be a number of rupees",
        "lines[1].color": "is not known",
        "lines[1].sku": "expected str, got int",
        "lines[1].count": "expected int >= 1",
        "lines[2].sku": "is required",
        "lines[2].count": "is required",
        "lines[3]": "expected object, got str",
        "gift.sku": "expected str of length <= 5",
        "gift.count": "expected int, got bool",
        "tags[1]": "expected str of length <= 3",
        "buyer_id": "invalid UUID",
        "code": "must be capital letters",
    }


def test_what_is_missing_is_named() -> None:
    assert faults("{}") == {"amount": "is required"}


def test_read_only_keys_are_ignored_whatever_they_hold() -> None:
    order = read(Order, b'{"amount": 4500.5, "rate": 4.2, "id": [1], "created_at": null}')

    assert (order.amount, order.rate) == (Money(450_050), 4.2)
    assert fault_of(id=5, created_at=1, note=2) == {"note": "expected str, got int"}


def test_read_only_keys_of_the_outside_are_unknown_inside() -> None:
    assert fault_of(gift={"sku": "ab", "count": 1, "id": 5}) == {"gift.id": "is not known"}


def test_a_partial_body_says_what_it_was_sent() -> None:
    assert sent(read(Order, b'{"amount": 1, "note": ""}'))["note"] == ""
    assert "note" not in sent(read(Order, b'{"amount": 1}'))


@pytest.mark.parametrize("raw", ["null", "[]", "5", '"x"', "true", "[{}]", "1.5"])
def test_a_body_is_an_object(raw: str) -> None:
    assert faults(raw) == {"": "must be a JSON object"}


@pytest.mark.parametrize(
    "raw",
    [
        b"", b" ", b"{", b"{}x", b'{"amount":1,}', b"{'amount':1}", b'{"amount":01}', b'{"amount":+1}',
        b'{"amount":.5}', b'{"amount":NaN}', b'{"amount":Infinity}', b'{"amount":-Infinity}',
        b'{"amount":1 /* one */}', b'{"note":"\x00"}', b'{"note":"\n"}', b'{"note":"\xff"}', b'{"note":"\\x41"}',
        b"\xef\xbb\xbf{}", '{"amount":1}'.encode("utf-16"), b"amount=1",
        b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 5_000,
    ],
    ids=lambda raw: repr(raw[:20]),
)  # fmt: skip
def test_what_is_no_json_cannot_be_read(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read(Order, raw)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("1e400", "is out of range"),
        ("1e999999999", "is out of range"),
        ("1e999999999999999999999999", "is out of range"),
        ("-1e999999999999999999999999", "is out of range"),
        ("1e-999999999999999999999999", "is out of range"),
        ("1" + "0" * 5_000, "is out of range"),
        ("1" + "0" * 400, "must be at most 99999999.99"),
        ("1e300", "must be at most 99999999.99"),
        ("0.001", "must have at most two decimals"),
        ("0", "must be greater than 0"),
    ],
)
def test_an_impossible_number_is_named(number: str, reason: str) -> None:
    assert faults(f'{{"amount": {number}}}') == {"amount": reason}
    assert faults(f'{{"amount": 1, "gift": {{"sku": "ab", "count": {number}}}}}').keys() == {"gift.count"}


def test_a_float_is_never_infinite() -> None:
    assert faults('{"amount": 1, "rate": 1e400, "id": 1}') == {"rate": "is out of range"}


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udfff", "a\\ud83d", "\\ude00\\ud83d"])
def test_what_no_text_holds_is_named(escape: str) -> None:
    reason = "holds a character that no text has"

    assert faults(f'{{"amount": 1, "note": "{escape}"}}') == {"note": reason}
    assert faults(f'{{"amount": 1, "data": {{"a": [1, {{"b": "{escape}"}}]}}}}') == {"data.a[1].b": reason}
    [(key, said)] = faults(f'{{"amount": 1, "data": {{"x{escape}": 1}}}}').items()
    assert (key.startswith("data.x"), said) == (True, reason)
    assert key.isprintable()


def test_any_other_text_is_kept_as_it_is() -> None:
    for text in ("\U0001f600", "\\u0000", "\u200f\ufffe", "\r\n\t", "é"):
        assert read(Order, json.dumps({"amount": 1, "note": text}).encode()).note == text


def test_of_two_equal_keys_the_last_counts_right_or_wrong() -> None:
    assert read(Order, b'{"amount": 1, "amount": 2}').amount == Money(200)
    assert read(Order, b'{"amount": "x", "amount": 2}').amount == Money(200)
    assert faults('{"amount": 2, "amount": "x"}') == {"amount": "must be a number of rupees"}


def test_a_body_nests_only_so_deep() -> None:
    def nested(depth: int, leaf: bytes) -> bytes:
        return b'{"amount": 1, "data": ' + b'{"a":' * (depth - 2) + leaf + b"}" * (depth - 1)

    for leaf in (b"{}", b"[]", b'{"a": 1}'):
        assert read(Order, nested(DEEPEST_NESTING, leaf)).amount == Money(100)
        with pytest.raises(Unreadable, match="deeper than 32 levels"):
            read(Order, nested(DEEPEST_NESTING + 1, leaf))


def test_brackets_within_texts_are_no_nesting() -> None:
    note = "[{" * 1_000
    assert read(Order, json.dumps({"amount": 1, "note": note}).encode()).note == note


def test_the_faults_told_of_a_body_do_not_outgrow_it() -> None:
    many = {f"key{i}": 0 for i in range(20_000)}

    assert len(fault_of(**many)) == MOST_ERRORS
    assert len(wire.encode(list(fault_of(**{"k" * 200_000: 0})))) < 1_000
    assert len(fault_of(data={"a": ["\0"] * 20_000})) == MOST_ERRORS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
FIELDS = st.sampled_from([*Order.__struct_fields__, "id", "sku", "count", "other"])


@given(JSON | st.dictionaries(FIELDS, JSON))
@example({"amount": 1, "lines": [{"sku": "ab", "count": 1, "more": "\ud800"}]})
def test_whatever_is_sent_is_read_or_refused_as_ours(value: Any) -> None:
    try:
        order = read(Order, json.dumps(value).encode())
    except (Invalid, Unreadable) as refused:
        wire.encode([refused.message, getattr(refused, "errors", [])])
    else:
        wire.encode(order)


@given(
    st.binary(max_size=60)
    | st.binary(max_size=60).map(lambda inside: b'{"amount": 1, "note": "' + inside + b'"}')
)
def test_whatever_bytes_are_sent_are_read_or_refused_as_ours(raw: bytes) -> None:
    try:
        read(Order, raw)
    except (Invalid, Unreadable) as refused:
        wire.encode([refused.message, getattr(refused, "errors", [])])


@given(st.integers(1, MAX_PAISE))
def test_an_amount_is_read_exactly_on_both_ways_through(paise: int) -> None:
    amount = wire.encode(Money(paise)).decode()

    assert read(Order, f'{{"amount": {amount}}}'.encode()).amount == Money(paise)
    assert read(Order, f'{{"amount": {amount}, "id": 1}}'.encode()).amount == Money(paise)
