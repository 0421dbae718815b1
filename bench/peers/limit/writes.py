"""The writes of `limit`: one statement each, and a transaction where a sum must be taken under a lock."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from base64 import urlsafe_b64encode
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import jwt
import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from msgspec import Struct

from bench.peers.limit.answers import (
    BRAND_OWNER,
    FORBIDDEN,
    INFLUENCER,
    NOT_FOUND,
    Answer,
    Request,
    refusal,
)
from bench.peers.limit.words import ACCEPTED, ANSWERED, agreed, news, rupees
from bench.peers.statements import SQL

TOKEN_LIFE_SECONDS: Final = 3600

hasher = PasswordHasher()
threads = asyncio.Semaphore(max(1, (os.cpu_count() or 1) - 1))


class Login(Struct):
    """Who signs in."""

    phone: str
    password: str


class NewCampaign(Struct):
    """A campaign to be posted."""

    title: str
    budget: Decimal
    description: str | None = None
    requirements: str | None = None
    language: str | None = None
    platform: str | None = None
    content_type: str | None = None
    category: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    image_url: str | None = None
    deliverables: list[str] | None = None
    min_followers: int | None = None
    usage_rights: str | None = None
    disclosure_required: bool | None = None


class Application(Struct):
    """An application to a campaign."""

    campaign_id: UUID
    proposed_amount: Decimal
    message: str | None = None
    portfolio_links: list[str] | None = None


class NewMessage(Struct):
    """A message to a conversation."""

    conversation_id: UUID
    message: str
    media_url: str | None = None
    client_msg_id: str | None = None


class Click(Struct):
    """A button that was pressed."""

    action: str
    data: dict[str, Any] | None = None


LOGIN: Final = msgspec.json.Decoder(Login)
NEW_CAMPAIGN: Final = msgspec.json.Decoder(NewCampaign)
APPLICATION: Final = msgspec.json.Decoder(Application)
NEW_MESSAGE: Final = msgspec.json.Decoder(NewMessage)
CLICK: Final = msgspec.json.Decoder(Click)


async def login(request: Request, address: str) -> Answer:
    """Open a session and return its tokens."""
    given = LOGIN.decode(request.body)
    person = await request.pool.fetchrow(SQL["credentials"], given.phone)
    if person is None or not await _is_right(person["password_hash"], given.password):
        return refusal(401, "Phone, e-mail address or password is wrong.", "invalid_credentials")
    if person["status"] != "active":
        return refusal(403, "This account is suspended.", "suspended")
    refresh_token = urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    token_hash = sha256(refresh_token.encode()).digest()
    session_id = await request.pool.fetchval(SQL["open_session"], person["id"], token_hash, address, None)
    now = int(time.time())
    claims = {
        "id": str(person["id"]),
        "phone": given.phone,
        "role": person["role"],
        "iat": now,
        "exp": now + TOKEN_LIFE_SECONDS,
        "sid": str(session_id),
        "jti": uuid4().hex,
        "typ": "access",
    }
    token = jwt.encode(claims, request.key, algorithm="HS256")  # pyright: ignore[reportUnknownMemberType]
    body = (
        f'{{"success":true,"user":{person["body"]},"token":"{token}","refresh_token":"{refresh_token}",'
        f'"expires_in":{TOKEN_LIFE_SECONDS}}}'
    )
    return 200, body.encode()


async def _is_right(password_hash: str, password: str) -> bool:
    async with threads:
        try:
            return await asyncio.to_thread(hasher.verify, password_hash, password)
        except VerifyMismatchError:
            return False


async def post_campaign(request: Request) -> Answer:
    """Post a campaign."""
    if request.role != BRAND_OWNER:
        return FORBIDDEN
    new = NEW_CAMPAIGN.decode(request.body)
    if not 1 <= len(new.title) <= 255 or not 1 <= new.budget < 100_000_000:
        return refusal(422, "A campaign needs a title and a budget.", "invalid")
    body = await request.pool.fetchval(
        SQL["post_campaign"],
        request.user_id,
        new.title,
        new.description,
        new.budget,
        new.requirements,
        new.language,
        new.platform,
        new.content_type,
        new.category,
        new.starts_at,
        new.ends_at,
        new.image_url,
        new.deliverables,
        new.min_followers,
        new.usage_rights,
        new.disclosure_required,
    )
    return 201, f'{{"success":true,"campaign":{body}}}'.encode()


async def apply(request: Request) -> Answer:
    """Apply to a campaign: request, conversation and deal begin together."""
    if request.role != INFLUENCER:
        return FORBIDDEN
    new = APPLICATION.decode(request.body)
    row = await request.pool.fetchrow(
        SQL["apply"],
        request.user_id,
        new.campaign_id,
        new.proposed_amount,
        rupees(new.proposed_amount),
        new.message,
        new.portfolio_links,
    )
    if row is None:
        return NOT_FOUND
    if row["body"]:
        return 201, f'{{"success":true,"request":{row["body"]}}}'.encode()
    if not row["is_open"]:
        return refusal(409, "This campaign takes no applications any more.", "not_open")
    if not row["is_in_range"]:
        return refusal(422, "The amount is not what the campaign offers.", "amount_out_of_range")
    return refusal(409, "There already is a live request for this posting.", "already_applied")


async def send_message(request: Request) -> Answer:
    """Send a message, once for each client_msg_id."""
    new = NEW_MESSAGE.decode(request.body)
    text = new.message.strip()
    if not 1 <= len(text) <= 4000:
        return refusal(422, "A message has 1 to 4000 characters.", "invalid")
    body = await request.pool.fetchval(
        SQL["send_message"], request.user_id, new.conversation_id, text, new.media_url, new.client_msg_id
    )
    if body:
        return 201, f'{{"success":true,"data":{{"message":{body}}}}}'.encode()
    return await _sent_before(request, new, text)


async def _sent_before(request: Request, new: NewMessage, text: str) -> Answer:
    row = await request.pool.fetchrow(
        SQL["message_sent_as"],
        request.user_id,
        new.client_msg_id,
        new.conversation_id,
        text,
        new.media_url,
    )
    if row is None:
        return NOT_FOUND
    if not row["is_the_same"]:
        return refusal(409, "This client_msg_id belongs to another message.", "client_msg_id_reused")
    return 200, f'{{"success":true,"data":{{"message":{row["body"]}}}}}'.encode()


async def click_button(request: Request, conversation_id: str) -> Answer:
    """Accept a fresh application, the one move the peers know."""
    click = CLICK.decode(request.body)
    if click.action != "accept_proposal":
        return refusal(422, "There is no such action.", "invalid")
    async with request.pool.acquire() as connection:
        await connection.execute("begin")
        try:
            answer = await _accept(connection, request, conversation_id)
        except BaseException:
            await connection.execute("rollback")
            raise
        await connection.execute("commit" if answer[0] == 200 else "rollback")
        return answer


async def _accept(
    connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], request: Request, conversation_id: str
) -> Answer:
    deal = await connection.fetchrow(SQL["fresh_application"], conversation_id, request.user_id)
    if deal is None:
        return NOT_FOUND
    if deal["state"] != "initial" or not deal["is_open"]:
        return refusal(409, "This application can not be accepted any more.", "invalid_action")
    amount = Decimal(deal["amount"])
    rooms = await connection.fetchval(
        SQL["accept"],
        conversation_id,
        request.user_id,
        amount,
        ACCEPTED,
        agreed(amount),
        news(deal["title"], amount),
    )
    if not rooms:
        return refusal(409, "The budget of the campaign is exhausted.", "budget_exhausted")
    shown = await connection.fetchval(SQL["conversation_of"], request.user_id, request.role, conversation_id)
    return 200, f'{ANSWERED},"conversation":{shown}}}'.encode()
