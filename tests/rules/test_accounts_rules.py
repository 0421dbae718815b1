"""What an account may hold, and when a session is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stoory.accounts import phones, rules
from stoory.accounts.user import SocialPlatform, Status, User
from stoory.accounts.weak_passwords import WEAK_PASSWORDS
from stoory.actor import SYSTEM_USER_ID, Actor, Role
from stoory.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


def person(**fields: Any) -> User:
    ravi = User(
        id=UUID(int=2), name="Ravi", phone="+919800000002", phone_verified=True, email="ravi@example.org",
        email_verified=True, role=Role.INFLUENCER, status="active", profile_image_url=None, bio=None, languages=[],
        categories=[], social_platforms=[], locale="en", created_at=NOON, updated_at=NOON,
    )  # fmt: skip
    return replace(ravi, **fields)


def faults(**profile: object) -> dict[str, str]:
    return {fault.field: fault.message for fault in rules.profile_faults(profile)}


def is_refused(password: str, *, name: str = "Ravi Kumar", phone: str = "+919800000002") -> bool:
    try:
        rules.check_password("password", password, name=name, phone=phone)
    except Invalid:
        return True
    return False


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("+1234567890", "+1234567890"),  # was never given to anybody, and is the guide's example
        ("+91 98000 00001", "+919800000001"),
        (" +91-98000-00001 ", "+919800000001"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+9991234567", "+9991234567"),  # not even a country
    ],
)
def test_a_phone_number_is_stored_in_one_way_however_it_is_written(written: str, stored: str) -> None:
    assert phones.normalised(written) == stored


@pytest.mark.parametrize(
    "text",
    [
        "", "9800000001", "00919800000001", "+123", "+1 2345", "+0123456789", "+12345678901234567", "+1800FLOWERS",
        "+919800000001 ext. 5", "tel:+919800000001", "+" + "9" * 250, "+9198000\n00001", "+९१९८०००००००१",
    ],
)  # fmt: skip
def test_what_has_not_the_shape_of_e164_is_no_phone_number(text: str) -> None:
    with pytest.raises(ValueError, match="country code"):
        phones.normalised(text)


@settings(max_examples=40)
@example("+1110000000000")
@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_stored_phone_number_stays_the_same_when_it_is_stored_again(text: str) -> None:
    try:
        stored = phones.normalised(text)
    except ValueError:
        return  # the country's own prefix was all it had
    assert phones.normalised(stored) == stored


def test_a_password_has_from_8_to_256_characters() -> None:
    assert is_refused("k7#mPq2")
    assert not is_refused("k7#mPq2x")
    assert not is_refused("k7#mPq2x" * 32)
    assert is_refused("k7#mPq2x" * 32 + "y")
    assert not is_refused("मेरा कुत्ता")  # characters, not bytes


@pytest.mark.parametrize(
    "password",
    [
        "password", "PassWord", "password123", "P@ssw0rd", "12345678", "qwertyuiop", "iloveyou!", "~jaihind123~",
        "zzzzzzzzzzzz", "!!!!!!!!", "Ravi Kumar", "ravikumar", "kumar!!!!!", "9800000002", "+91 98000 00002",
        "00919800000002", "98000000",
    ],
)  # fmt: skip
def test_ravi_may_not_take_a_password_anybody_would_try_first(password: str) -> None:
    assert is_refused(password)


@pytest.mark.parametrize(
    "password", ["stoory-demo-1", "three short words", "@#$%^&*()_+", "83920174652", "ravi-and-1-dog"]
)
def test_an_unusual_password_is_fine(password: str) -> None:
    assert not is_refused(password)


def test_a_name_without_letters_does_not_forbid_every_password_without_letters() -> None:
    assert not is_refused("@#$%^&*()_+", name="🎉")


def test_the_weak_passwords_are_some_hundreds_that_the_length_alone_would_let_in() -> None:
    assert 500 < len(WEAK_PASSWORDS) < 1000
    assert all(
        len(word) >= rules.SHORTEST_PASSWORD_CHARS and word == word.casefold() for word in WEAK_PASSWORDS
    )


def test_a_newcomer_is_told_everything_that_is_wrong() -> None:
    with pytest.raises(Invalid) as refusal:
        rules.newcomer(
            name="a\r\nb", phone="9800000001", role=Role.INFLUENCER, password="password", email="a@b",
            bio="\x07", profile_image_url="https://",
        )  # fmt: skip
    assert {error.field for error in refusal.value.errors} == {
        "name", "phone", "password", "email", "bio", "profile_image_url",
    }  # fmt: skip


def test_a_newcomers_name_loses_the_spaces_round_it() -> None:
    newcomer = rules.newcomer(
        name="  Ravi K ", phone="+91 98000 00002", role=Role.INFLUENCER, password="k7#mPq2x"
    )
    assert (newcomer.name, newcomer.phone) == ("Ravi K", "+919800000002")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\u200b\u200b",
        "Ravi\r\nBcc: x",
        "Ravi\x00",
        "Ra\x1bvi",
        "Ra\u2028vi",
        "\u202eivaR",
        "x" * 256,
    ],
)
def test_a_name_is_one_visible_line(name: str) -> None:
    assert "name" in faults(name=name)


@pytest.mark.parametrize(
    "name", ["Ravi", "R", "O'Neil-Smith, Jr.", "श्री\u200dमती", "நிலா", "🎉 Party 🎉", "x" * 255]
)
def test_a_name_may_be_written_in_any_script(name: str) -> None:
    assert not faults(name=name)


def test_a_bio_may_have_lines_but_no_other_control_characters() -> None:
    assert not faults(bio="one\ntwo\r\n\tthree")
    assert faults(bio="bell \x07")


@pytest.mark.parametrize(
    "email",
    [
        "ravi", "ravi@", "@example.org", "ravi@example", "a b@example.org", "a@b@c.org", "ravi@example..org",
        "ravi@example.org\nBcc: x@y.z", "ra\x00vi@example.org",
    ],
)  # fmt: skip
def test_what_is_no_email_address_is_refused(email: str) -> None:
    assert faults(email=email) == {"email": "must be an e-mail address"}


@pytest.mark.parametrize("email", ["ravi@example.org", "ravi+ads@mail.example.co.in", "रवि@उदाहरण.भारत"])
def test_an_email_address_may_be_written_in_any_script(email: str) -> None:
    assert not faults(email=email)


@pytest.mark.parametrize(
    "link",
    [
        "http://example.org", "javascript:alert(1)", "data:text/html,x", "https://", "https:///path", "//example.org",
        "https:example.org", "https://bank.example@evil.example", "https://a b.example", "https://example.org:99999",
        "https://[::1", "https://example.org/\n", "https://example.org\\@evil.example", " https://example.org",
        "\x01https://example.org", "java\nscript:alert(1)",
    ],
)  # fmt: skip
def test_only_https_addresses_are_links(link: str) -> None:
    assert not rules.is_web_address(link)
    assert faults(profile_image_url=link)


@pytest.mark.parametrize(
    "link", ["https://example.org", "https://example.org:8443/a/b?c=d#e", "https://उदाहरण.भारत/र"]
)
def test_an_https_address_is_a_link(link: str) -> None:
    assert rules.is_web_address(link)


def test_each_wrong_item_of_a_list_is_named() -> None:
    good = SocialPlatform("Instagram", "https://example.org/ravi")
    bad = SocialPlatform("Insta\x00gram", "https://")
    assert set(faults(languages=["English", " ", "Hi\nndi"], social_platforms=[good, bad])) == {
        "languages[1]", "languages[2]", "social_platforms[1].platform", "social_platforms[1].profile_link",
    }  # fmt: skip


def test_a_new_email_address_must_be_verified_anew_and_the_old_one_need_not() -> None:
    assert rules.revised(person(), {"bio": "Hello"}, LATER).email_verified
    assert rules.revised(person(), {"email": "RAVI@example.org"}, LATER).email_verified
    assert not rules.revised(person(), {"email": "ravi@example.com"}, LATER).email_verified
    assert not rules.revised(person(), {"email": None}, LATER).email_verified


def test_a_verified_flag_does_not_appear_by_taking_an_address_away_and_back() -> None:
    without = rules.revised(person(), {"email": None}, LATER)
    assert not rules.revised(without, {"email": "ravi@example.org"}, LATER).email_verified
    assert not rules.revised(without, {"bio": "x"}, LATER).email_verified


def test_a_used_token_is_a_retry_for_60_seconds_while_its_child_is_unused() -> None:
    def is_retry(seconds: float, *, is_child_used: bool = False) -> bool:
        return rules.is_retry(
            used_at=NOON, is_child_used=is_child_used, now=NOON + timedelta(seconds=seconds)
        )

    assert is_retry(0)
    assert is_retry(-0.5)  # whose transaction began first may have waited for the lock
    assert is_retry(60)
    assert not is_retry(60.001)
    assert not is_retry(1, is_child_used=True)


def test_a_session_goes_on_until_it_ends_expires_or_its_owner_is_suspended() -> None:
    rules.check_goes_on("active", None, LATER, NOON)
    over: list[tuple[Status, str | None, datetime]] = [
        ("active", rules.LOGGED_OUT, LATER),
        ("suspended", None, LATER),
        ("active", None, NOON),
    ]
    for status, ended_why, expires_at in over:
        with pytest.raises(NotSignedIn) as refusal:
            rules.check_goes_on(status, ended_why, expires_at, NOON)
        assert refusal.value.code == "not_signed_in"


def test_who_comes_back_to_a_stolen_session_is_told_why_it_ended() -> None:
    with pytest.raises(NotSignedIn) as refusal:
        rules.check_goes_on("active", rules.TOKEN_REUSED, LATER, NOON)
    assert refusal.value.code == "token_reused"


def test_nobody_ends_anothers_session() -> None:
    ravi = Actor(UUID(int=2), Role.INFLUENCER, UUID(int=20))
    rules.check_own_session(ravi, ravi.id)
    with pytest.raises(NotFound):
        rules.check_own_session(ravi, UUID(int=3))


def test_om_judges_everybody_but_himself_and_the_system_user() -> None:
    om = Actor(UUID(int=5), Role.ADMIN, UUID(int=50))
    rules.check_may_judge(om, person())
    with pytest.raises(Conflict):
        rules.check_may_judge(om, person(id=om.id))
    with pytest.raises(NotFound):
        rules.check_may_judge(om, person(id=SYSTEM_USER_ID))


def test_a_suspended_person_is_refused_with_a_reason_of_its_own() -> None:
    rules.check_not_suspended("active")
    with pytest.raises(Forbidden) as refusal:
        rules.check_not_suspended("suspended")
    assert refusal.value.code == "suspended"
