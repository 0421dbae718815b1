"""What is done with a password: making an account, signing in, taking another password.

Hashing lasts a while and stands between transactions, never inside one: it would hold a connection. What was read
before it is therefore looked at again after it.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Final

from litestar import Request
from litestar.params import JSONBody
from msgspec.structs import asdict

from stoory.accounts import actions, phones, rules
from stoory.accounts.api.bodies import Login, PasswordChange, Registration, SignedInAnswer
from stoory.accounts.queries import people
from stoory.accounts.queries.sessions import Device
from stoory.actor import Role
from stoory.errors import Invalid
from stoory.platform.http.answers import Answer
from stoory.platform.http.routes import ANYONE, SIGNED_IN, Db, Me, post, put
from stoory.platform.limits import Limits
from stoory.platform.passwords import Passwords
from stoory.platform.tokens import Tokens

Caller = Request[Any, Any, Any]

LONGEST_USER_AGENT_CHARS: Final = 255


@post("/api/auth/register", who=ANYONE, status=201, limit="auth", fails=(409,))
async def register(
    *,
    data: JSONBody[Registration],
    request: Caller,
    db: Db,
    limits: Limits,
    passwords: Passwords,
    tokens: Tokens,
) -> SignedInAnswer:
    """Make an account and sign in."""
    newcomer = rules.newcomer(**asdict(data) | {"role": Role(data.role)})
    await _count_for(limits, newcomer.phone)
    password_hash = await passwords.hash(data.password)
    async with db.as_system("nobody is signed in before they have an account") as tx:
        entered = await actions.register(tx, newcomer, password_hash, _device(request), tokens=tokens)
    return _signed_in(entered, tokens)


@post("/api/auth/login", who=ANYONE, limit="auth", fails=(401, 403))
async def login(
    *, data: JSONBody[Login], request: Caller, db: Db, limits: Limits, passwords: Passwords, tokens: Tokens
) -> SignedInAnswer:
    """Sign in with a password, by phone or verified e-mail address.

    Everything wrong is one answer, which takes as long for people who do not exist.
    """
    phone, email = _named(data)
    async with db.as_system("nobody is signed in before their login", readonly=True) as tx:
        found = await people.credentials_by_name(tx, phone=phone, email=email)
    await _count_for(limits, found.phone if found else phone or email)
    is_right = await passwords.verify(found and found.password_hash, data.password)
    if found is None or not is_right:
        raise rules.wrong_credentials()
    is_outdated = passwords.is_outdated(found.password_hash)
    renewed = await passwords.hash(data.password) if is_outdated else None
    async with db.as_system("nobody is signed in before their login") as tx:
        entered = await actions.sign_in(tx, found, _device(request), tokens=tokens, renewed_hash=renewed)
    return _signed_in(entered, tokens)


def _named(data: Login) -> tuple[str | None, str | None]:
    """Return the phone, normalised as far as it is one, or the e-mail address of a login."""
    if (data.phone is None) == (data.email is None):
        raise Invalid.field("phone", "Give either a phone number or an e-mail address.")
    if data.phone is None:
        return None, data.email
    try:
        return phones.normalised(data.phone), None
    except ValueError:
        return data.phone, None  # nobody's: refused like any other wrong one


@put("/api/auth/password", who=SIGNED_IN, needs_session=True, limit="auth")
async def change_password(
    *, data: JSONBody[PasswordChange], db: Db, actor: Me, limits: Limits, passwords: Passwords
) -> Answer:
    """Change your password; every other session ends."""
    async with db.as_user(actor, readonly=True) as tx:
        user = await people.user(tx, actor.id)
        await tx.as_system("only the system sees password hashes")
        verified = await people.credentials(tx, user.id)
    rules.check_password("new_password", data.new_password, name=user.name, phone=user.phone)
    await _count_for(limits, user.phone)
    if not await passwords.verify(verified.password_hash, data.current_password):
        raise rules.wrong_password("current_password")
    new_hash = await passwords.hash(data.new_password)
    async with db.as_user(actor) as tx:
        await actions.change_password(tx, actor, verified=verified, new_hash=new_hash)
    return Answer(message="Your password is changed; your other sessions have ended.")


async def _count_for(limits: Limits, account: str | None) -> None:
    """Count an attempt for the account, whatever address it comes from; the gate has counted the address."""
    await limits.require("auth", f"account:{account}")


def _device(request: Caller) -> Device:
    """Return where the caller is, as far as it is known: what a proxy tells may be no address at all."""
    agent = request.headers.get("user-agent", "")[:LONGEST_USER_AGENT_CHARS]
    scope: Any = request.scope
    try:
        address = str(ip_address(scope["client_address"]))
    except ValueError:
        address = None
    return Device(address, "".join(filter(str.isprintable, agent)) or None)


def _signed_in(entered: actions.SignedIn, tokens: Tokens) -> SignedInAnswer:
    return SignedInAnswer(
        user=entered.user,
        token=tokens.issue(entered.actor, entered.user.phone),
        refresh_token=entered.refresh_token,
        expires_in=tokens.ttl_seconds,
    )


ROUTES: Final = [register, login, change_password]
