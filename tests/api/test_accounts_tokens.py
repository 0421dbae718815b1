"""Access tokens: what they say, and which are believed."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
import time_machine

from stoory.actor import Actor, Role
from stoory.errors import NotSignedIn
from stoory.platform.tokens import LEEWAY_SECONDS, Tokens, fingerprint
from tests.world import ASHA, World

SECRET = "the secret of this test, long enough"
SESSION = UUID("5e550000-0000-4000-8000-000000000001")


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(SECRET, ttl_seconds=3600)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    good = {
        "id": str(ASHA.id), "phone": ASHA.phone, "role": "brand_owner", "iat": now, "exp": now + 3600,
        "sid": str(SESSION), "jti": "1", "typ": "access",
    }  # fmt: skip
    return {key: value for key, value in (good | changes).items() if value is not None}


def signed(payload: dict[str, Any], *, key: str = SECRET, **header: Any) -> str:
    """Sign as anybody with a key could, whatever the header says."""
    head = {"alg": "HS256", "typ": "JWT", "kid": sha256(b"kid" + SECRET.encode()).hexdigest()[:16]} | header
    text = f"{_segment(head)}.{_segment(payload)}"
    digest = "sha512" if head["alg"] == "HS512" else "sha256"
    return f"{text}.{_encoded(hmac.digest(key.encode(), text.encode(), digest))}"


def _segment(value: dict[str, Any]) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_token_has_the_claims_of_the_guide_and_ours(tokens: Tokens) -> None:
    token = tokens.issue(Actor(ASHA.id, Role.BRAND_OWNER, SESSION), "+1234567890")
    said: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"])  # pyright: ignore[reportUnknownMemberType]

    assert isinstance(said["iat"], int)
    assert said["exp"] - said["iat"] == 3600
    assert said.pop("jti")
    assert said == {
        "id": str(ASHA.id), "phone": "+1234567890", "role": "brand_owner", "iat": said["iat"], "exp": said["exp"],
        "sid": str(SESSION), "typ": "access",
    }  # fmt: skip
    assert jwt.get_unverified_header(token).keys() == {"alg", "typ", "kid"}


def test_a_token_is_read_back(tokens: Tokens) -> None:
    actor = Actor(ASHA.id, ASHA.role, SESSION)
    assert tokens.read(tokens.issue(actor, ASHA.phone)) == actor
    assert tokens.read(signed(claims())) == actor  # so the refusals below are not of something else


def test_a_token_that_was_read_before_expires_all_the_same(tokens: Tokens) -> None:
    token = tokens.issue(Actor(ASHA.id, ASHA.role, SESSION), ASHA.phone)
    tokens.read(token)

    expires = datetime.now(UTC) + timedelta(seconds=3600 + LEEWAY_SECONDS)
    with time_machine.travel(expires - timedelta(seconds=2)):
        tokens.read(token)
    with time_machine.travel(expires + timedelta(seconds=2)), pytest.raises(NotSignedIn):
        tokens.read(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"typ": None}, {"typ": "refresh"}, {"exp": None}, {"exp": 1}, {"iat": None}, {"sid": None}, {"id": None},
        {"role": None}, {"role": "god"}, {"id": "x"}, {"id": 7}, {"sid": ["x"]},
        {"exp": int((datetime.now(UTC) - timedelta(seconds=31)).timestamp())},
        {"iat": int((datetime.now(UTC) + timedelta(hours=1)).timestamp())},
    ],
)  # fmt: skip
def test_a_token_with_other_claims_is_not_believed(tokens: Tokens, changes: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        tokens.read(signed(claims(**changes)))


@pytest.mark.parametrize("kid", ["other", None, "", ["x"], {}, 1])
def test_a_token_must_name_a_key_of_ours(tokens: Tokens, kid: Any) -> None:
    with pytest.raises(NotSignedIn):
        tokens.read(signed(claims(), kid=kid))


def test_a_token_signed_in_another_way_is_not_believed(tokens: Tokens) -> None:
    head, payload, _ = signed(claims()).split(".")
    unsigned, _, _ = signed(claims(), alg="none").split(".")
    for forged in (
        signed(claims(), key="another secret, as long as the first"),
        signed(claims(), alg="HS512"),
        signed(claims(), alg="none"),
        f"{unsigned}.{payload}.",
        f"{head}.{payload}.",
        f"{head}.{payload}",
        "",
        "x",
        "a.b.c",
        "é",
    ):
        with pytest.raises(NotSignedIn):
            tokens.read(forged)


def test_where_a_token_says_its_key_lies_is_not_looked_at(tokens: Tokens) -> None:
    strange: dict[str, Any] = {
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example",
        "jwk": {"kty": "oct", "k": "eA"},
    }
    assert tokens.read(signed(claims(), **strange)).id == ASHA.id
    with pytest.raises(NotSignedIn):
        tokens.read(signed(claims(), key="x" * 40, **strange))


def test_while_keys_rotate_the_old_one_is_read_and_the_new_one_signs(tokens: Tokens) -> None:
    actor = Actor(ASHA.id, ASHA.role, SESSION)
    rotated = Tokens("the next secret, as long as it should be", SECRET, ttl_seconds=3600)

    assert rotated.read(tokens.issue(actor, ASHA.phone)) == actor
    with pytest.raises(NotSignedIn):
        tokens.read(rotated.issue(actor, ASHA.phone))


def test_a_refresh_token_has_one_child_in_one_session_with_one_key(tokens: Tokens) -> None:
    parent = tokens.first_refresh_token()
    child = tokens.child_of(parent, SESSION)

    assert child == Tokens(SECRET, ttl_seconds=1).child_of(parent, SESSION)
    others = {
        parent,
        tokens.child_of(parent, uuid4()),
        tokens.child_of(child, SESSION),
        Tokens("another secret, as long as the first", ttl_seconds=1).child_of(parent, SESSION),
    }
    assert child not in others
    assert len(others) == 4


def test_a_first_refresh_token_has_256_random_bits(tokens: Tokens) -> None:
    made = {tokens.first_refresh_token() for _ in range(100)}
    assert len(made) == 100
    assert {len(token) for token in made} == {43}
    assert {len(fingerprint(token)) for token in made} == {32}


async def test_a_bad_token_answers_401_and_says_how_to_sign_in(world: World) -> None:
    async with world.client() as client:
        for header in ("", "Bearer", "Bearer x", "Basic dTpw", "Bearer " + "x" * 5000):
            answer = await client.get("/api/auth/profile", headers={"Authorization": header})
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
