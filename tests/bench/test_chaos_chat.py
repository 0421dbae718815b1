"""The story of two who chat while all else fails: what it takes for broken, and how a client folds its copy."""

from __future__ import annotations

from typing import Any

import pytest

from bench.chaos_chat.account import Account, Letter
from bench.chaos_chat.connection import RESUMED
from bench.chaos_chat.folded import Folded, differences
from bench.chaos_chat.plot import disasters
from bench.chaos_chat.story import with_luck
from bench.chaos_chat.verdict import (
    PROMPT,
    Stored,
    broken_order,
    broken_presses,
    broken_sending,
    broken_silence,
    broken_telling,
)
from stoory.chat.sockets.told import cursor

Json = dict[str, Any]

Heard = list[tuple[str, Json]]

PHONE = "Asha's phone"


TYPING: tuple[str, Json] = ("typing", {})


def letter(key: str = "k1", *, answered_as: str | None = "m1") -> Letter:
    answers = [{"id": answered_as, "seq": 1}] if answered_as else []
    return Letter("asha", key, "c1", "Hello!", answers=answers)


def stored(id_: str = "m1", seq: int = 1, key: str | None = "k1", *, is_written: bool = True) -> Stored:
    return Stored(id_, "c1", seq, "asha", "Hello!", is_written, key)


def new_message(seq: int, number: int) -> tuple[str, Json]:
    return "new_message", {"message": {"conversation_id": "c1", "seq": seq}, "cursor": cursor(number)}


def resumed(*seqs: int) -> tuple[str, Json]:
    messages = [{"conversation_id": "c1", "seq": seq} for seq in seqs]
    return RESUMED, {"success": True, "messages": messages, "cursor": cursor(1)}


@pytest.mark.parametrize(
    ("letters", "there", "broken"),
    [
        ([letter()], [stored(), stored("m2", 2, None, is_written=False)], []),
        ([letter(answered_as=None)], [], []),
        ([letter(answered_as=None)], [stored()], []),
        ([letter()], [], ["'Hello!' was acknowledged and is not there"]),
        ([letter(answered_as=None)], [stored(), stored("m2", 2)], ["'Hello!' is there 2 times"]),
        ([letter()], [stored("m2", 2)], ["'Hello!' was acknowledged as #1 and is #2"]),
        ([], [stored()], ["nobody sent 'Hello!' (k1)"]),
    ],
)
def test_what_is_acknowledged_is_there_once_and_all_else_at_most_once(
    letters: list[Letter], there: list[Stored], broken: list[str]
):
    assert list(broken_sending(letters, there)) == broken


def test_seqs_without_a_gap_are_told_from_others():
    assert list(broken_order([stored(seq=2), stored(seq=1)])) == []
    assert list(broken_order([stored(seq=1), stored(seq=3)])) == ["c1 has [1, 3]"]
    assert list(broken_order([stored(seq=1), stored(seq=1)])) == ["c1 has [1, 1]"]


@pytest.mark.parametrize(
    ("heard", "broken"),
    [
        ([resumed(1, 2), new_message(3, 7), new_message(4, 8)], []),
        ([new_message(3, 7), resumed(1, 2), TYPING, new_message(4, 8)], []),
        ([new_message(3, 7), new_message(5, 9)], ["Asha's phone was told news 7, then 9"]),
        ([resumed(1), new_message(1, 7)], ["Asha's phone was told message #1 of c1 twice"]),
        ([resumed(1, 1)], ["Asha's phone was told message #1 of c1 twice"]),
        (
            [new_message(3, 7), new_message(3, 7)],
            ["Asha's phone was told news 7, then 7", "Asha's phone was told message #3 of c1 twice"],
        ),
    ],
)
def test_a_double_and_a_hole_on_a_connection_are_noticed(heard: Heard, broken: list[str]):
    assert list(broken_telling(PHONE, heard)) == broken


def test_a_stranger_is_there_all_the_time_and_hears_nothing():
    assert list(broken_silence("Meera", [[resumed()]])) == []
    assert len(list(broken_silence("Meera", [[resumed()], [resumed()]]))) == 1
    assert len(list(broken_silence("Meera", [[resumed(1)]]))) == 1
    assert len(list(broken_silence("Meera", [[resumed(), ("presence", {})]]))) == 1


def test_every_move_is_recorded_once_and_in_its_order_but_for_prompts():
    moves = [("r1", "apply"), ("r1", PROMPT), ("r1", "negotiation_amount")]
    assert list(broken_presses(moves, [moves[0], moves[2]])) == []
    assert len(list(broken_presses(moves, moves[:2]))) == 1
    assert len(list(broken_presses(moves, [*moves, moves[2]]))) == 1
    assert len(list(broken_presses(moves, moves[::-1]))) == 1
    assert len(list(broken_presses([], moves))) == 1


def test_a_message_is_heard_once_every_client_has_it():
    account = Account(["phone", "laptop"])
    account.begin("all is well")
    account.letters.append(own := letter(answered_as=None))
    account.hear("phone", {"id": "m1"}, is_live=True)
    account.hear("laptop", {"id": "m1"}, is_live=False)
    assert not account.is_settled()
    account.acknowledge(own, {"id": "m1", "seq": 1})
    assert account.is_settled()
    (told,) = account.told()
    assert (told.count.live, told.count.resumed, told.unheard) == (1, 1, 0)
    account.letters.append(other := letter("k2", answered_as=None))
    account.acknowledge(other, {"id": "m2", "seq": 2})
    account.hear("phone", {"id": "m2"}, is_live=True)
    account.hear("tablet", {"id": "m2"}, is_live=True)
    assert not account.is_settled()
    assert account.told()[0].unheard == 1


def test_a_copy_is_folded_together_of_rows_and_events():
    folded = Folded("asha")
    row = {"id": "c1", "last_seq": 0, "unread_count": 0, "updated_at": "2026-01-01T00:00:00+00:00"}
    folded.take_row(row | {"other_user": {"id": "ravi"}, "last_message": None})
    message = {
        "id": "m1", "conversation_id": "c1", "seq": 1, "sender_id": "ravi", "receiver_id": None, "message": "Hi!",
        "message_type": "user", "created_at": "2026-01-01T00:00:01+00:00", "action_required": False,
        "action_data": None, "seen": False, "seen_at": None,
    }  # fmt: skip
    folded.take("new_message", {"message": message})
    kept, (shown,) = folded.shown()["c1"]
    assert (kept["last_seq"], kept["unread_count"], kept["last_message"]["id"]) == (1, 1, "m1")
    assert (kept["updated_at"], shown["seen"], "seen_at" in shown) == (message["created_at"], False, False)
    folded.take("message_seen", {"conversation_id": "c1", "user_id": "asha", "up_to_seq": 1})
    kept, (shown,) = folded.shown()["c1"]
    assert (kept["unread_count"], shown["seen"]) == (0, True)


def test_differences_are_named_by_where_they_are():
    assert differences({"a": [1, {"b": 2}]}, {"a": (1, {"b": 2})}) == []
    assert differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == ["/a/1/b: 2 is kept, 3 is there"]
    assert differences({}, {"a": 1}) == ["/a: None is kept, 1 is there"]


def test_a_seed_decides_what_goes_wrong():
    assert disasters(with_luck(7)) == disasters(with_luck(7))
    assert len({tuple(name for name, _ in disasters(with_luck(seed))) for seed in range(20)}) > 5
