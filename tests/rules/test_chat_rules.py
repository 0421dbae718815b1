"""What a viewer sees of a message, who may talk to whom, how pages and cursors move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stoory.actor import SYSTEM_USER_ID, Actor, Role
from stoory.chat import drafts, rules
from stoory.chat.drafts import Draft
from stoory.chat.pages import Span, edges, span
from stoory.chat.rows import Cursor, StoredMessage
from stoory.errors import Invalid

NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
ASHA: Final = Actor(uuid4(), Role.BRAND_OWNER, uuid4())
RAVI: Final = Actor(uuid4(), Role.INFLUENCER, uuid4())
OM: Final = Actor(uuid4(), Role.ADMIN, uuid4())

BUTTONS: Final[dict[str, Any]] = {"buttons": [{"id": "accept_proposal"}]}
FIELDS: Final[dict[str, Any]] = {
    "input_type": "negotiation_amount",
    "input_fields": [{"id": "proposed_amount"}],
}
ANSWER: Final[dict[str, Any]] = {
    "action": "accept_proposal",
    "by_role": "brand_owner",
    "at": "2026-11-22T12:00:00Z",
}

WORDS: Final = StoredMessage(
    id=uuid4(),
    conversation_id=uuid4(),
    seq=3,
    sender_id=RAVI.id,
    receiver_id=ASHA.id,
    message="Hello!",
    message_type="user",
    action_required=False,
    action_data=None,
    action_role=None,
    flow_context=None,
    media_url="https://example.com/a.png",
    metadata=None,
    client_msg_id="local-1",
    deleted_at=None,
    created_at=NOON,
)
QUESTION: Final = replace(
    WORDS,
    sender_id=SYSTEM_USER_ID,
    message="What do you say?",
    message_type="automated",
    action_required=True,
    action_data=BUTTONS,
    action_role=Role.BRAND_OWNER,
    media_url=None,
    client_msg_id=None,
)


@pytest.mark.parametrize("asked", [BUTTONS, FIELDS])
@pytest.mark.parametrize("awaited", [Role.BRAND_OWNER, Role.INFLUENCER])
@pytest.mark.parametrize("viewer", [ASHA, RAVI, OM])
def test_only_the_awaited_side_and_operators_are_asked(asked: dict[str, Any], awaited: Role, viewer: Actor):
    message = rules.message_shown(replace(QUESTION, action_data=asked, action_role=awaited), viewer, ())

    is_asked = viewer.role in (awaited, Role.ADMIN)
    assert message.message == "What do you say?"
    assert message.action_required is is_asked
    assert message.action_data == (asked if is_asked else None)


@pytest.mark.parametrize("viewer", [ASHA, RAVI, OM])
def test_the_answer_takes_the_place_of_the_buttons_for_everybody(viewer: Actor):
    answered = replace(QUESTION, action_required=False, action_data={**BUTTONS, "answered": ANSWER})

    message = rules.message_shown(answered, viewer, ())

    assert (message.action_required, message.action_data) == (False, {"answered": ANSWER})


@pytest.mark.parametrize("viewer", [ASHA, RAVI, OM])
def test_of_a_deleted_message_only_its_place_is_left(viewer: Actor):
    message = rules.message_shown(replace(WORDS, deleted_at=NOON), viewer, ())

    assert (message.seq, message.sender_id, message.deleted) == (3, RAVI.id, True)
    assert (message.message, message.media_url, message.action_data) == ("", None, None)


def test_only_the_sender_sees_the_id_they_gave_their_message():
    shown = {viewer: rules.message_shown(WORDS, viewer, ()).client_msg_id for viewer in (ASHA, RAVI, OM)}

    assert shown == {ASHA: None, RAVI: "local-1", OM: None}


def test_what_the_influencer_receives_is_hidden_from_the_brand_in_offers_alone():
    flow_data = {
        "offers": [{"n": 1, "you_receive": 4500}, {"n": 2}],
        "you_receive": "a title",
        "bid_title": "B",
    }

    assert rules.flow_data_shown(flow_data, Role.BRAND_OWNER) == {**flow_data, "offers": [{"n": 1}, {"n": 2}]}
    for role in (Role.INFLUENCER, Role.ADMIN):
        assert rules.flow_data_shown(flow_data, role) == flow_data
    assert flow_data["offers"][0] == {"n": 1, "you_receive": 4500}
    assert rules.flow_data_shown(None, Role.BRAND_OWNER) is None
    assert rules.flow_data_shown({}, Role.BRAND_OWNER) == {}


@pytest.mark.parametrize(
    ("message", "ashas", "ravis", "is_seen"),
    [
        (WORDS, 3, 0, True),
        (WORDS, 2, 9, False),
        (replace(WORDS, sender_id=ASHA.id, receiver_id=RAVI.id), 9, 2, False),
        (QUESTION, 3, 0, True),
        (replace(QUESTION, receiver_id=None), 3, 2, False),
        (replace(QUESTION, receiver_id=None), 3, 4, True),
    ],
)
def test_a_message_is_seen_once_everybody_it_is_for_has_read_so_far(
    message: StoredMessage, ashas: int, ravis: int, *, is_seen: bool
):
    later = NOON + timedelta(minutes=1)
    shown = rules.message_shown(message, RAVI, (Cursor(ASHA.id, ashas, NOON), Cursor(RAVI.id, ravis, later)))

    assert shown.seen is is_seen
    assert shown.seen_at == ((later if message.receiver_id is None else NOON) if is_seen else None)


@pytest.mark.parametrize(
    ("actor", "other", "taken"),
    [
        (ASHA, RAVI, {"brand_owner_id": ASHA.id, "influencer_id": RAVI.id}),
        (RAVI, ASHA, {"brand_owner_id": ASHA.id, "influencer_id": RAVI.id}),
        (OM, RAVI, {"admin_id": OM.id, "influencer_id": RAVI.id}),
        (ASHA, OM, {"admin_id": OM.id, "brand_owner_id": ASHA.id}),
    ],
)
def test_two_of_different_roles_have_a_seat_each(actor: Actor, other: Actor, taken: dict[str, UUID]):
    seats = rules.seats(actor, other.id, other.role, field="user_id")

    assert {
        name: id_ for name in seats.__struct_fields__ if (id_ := getattr(seats, name)) is not None
    } == taken


@pytest.mark.parametrize("actor", [ASHA, RAVI, OM])
def test_two_of_one_role_do_not_talk(actor: Actor):
    with pytest.raises(Invalid) as refused:
        rules.seats(actor, uuid4(), actor.role, field="receiver_id")

    assert [error.field for error in refused.value.errors] == ["receiver_id"]


counts = st.integers(min_value=0, max_value=60)


@given(asked=st.none() | counts, seen=counts, unread=counts)
def test_a_cursor_never_moves_back_nor_beyond_the_end(asked: int | None, seen: int, unread: int):
    last = seen + unread

    moved = rules.read_up_to(asked, seen_seq=seen, last_seq=last)

    assert seen <= moved <= last
    assert moved == last if asked is None else moved in (seen, asked, last)


@given(last=counts, limit=st.integers(min_value=1, max_value=20), after=st.none() | counts)
def test_pages_show_every_message_once_in_either_direction(last: int, limit: int, after: int | None):
    """A page is cut as the query cuts it; `onward` leads through all the rest."""
    asked: Span | None = Span(after=after) if after is not None else Span()
    shown: list[int] = []
    while asked is not None:
        page = _page(asked, last, limit)
        at = edges(asked, page, last)
        assert not (page and at.after != page[-1])
        assert at.before is None or not page or at.before == page[0]
        shown = shown + page if after is not None else page + shown
        asked = at.onward

    assert shown == list(range(1 if after is None else after + 1, last + 1))


def _page(asked: Span, last: int, limit: int) -> list[int]:
    if asked.after is not None:
        return list(range(asked.after + 1, last + 1))[:limit]
    return list(range(1, (last + 1) if asked.before is None else asked.before))[-limit:]


def test_a_page_goes_in_one_direction():
    with pytest.raises(Invalid):
        span(5, 1)


@given(text=st.text(max_size=4200))
def test_a_message_is_trimmed_and_has_1_to_4000_characters(text: str):
    draft = Draft(conversation_id=uuid4(), message=text)
    if 1 <= len(text.strip()) <= 4000:
        assert drafts.checked(draft).message == text.strip()
    else:
        with pytest.raises(Invalid):
            drafts.checked(draft)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/image.jpg",
        "HTTPS://example.com:8443/a?b=c#d",
        "https://bücher.example/ü.png",
        "https://[::1]/a",
    ],
)
def test_an_https_url_is_media(url: str):
    draft = Draft(conversation_id=uuid4(), message="", media_url=url)

    assert drafts.checked(draft).media_url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///a.png",
        "http://example.com/a.png",
        "//example.com/a.png",
        "javascript:alert(1)//https://example.com",
        "data:text/html,hello",
        "https://ravi:secret@example.com/a.png",
        "https://example.com\\@evil.example/a.png",
        " https://example.com/a.png",
        "https://example.com/a.png\n",
        "https://example.com/a\r\nb",
        "https://example.com/\x00",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_anything_else_is_no_media(url: str):
    with pytest.raises(Invalid) as refused:
        drafts.checked(Draft(conversation_id=uuid4(), message="Hi", media_url=url))

    assert [error.field for error in refused.value.errors] == ["media_url"]
