"""What was known before and what is told make what is there afterwards: for every route and event that moves a chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
import httpx
import pytest
from msgspec import Struct

from stoory import docs, live
from stoory.platform import wire
from stoory.platform.http.pages import decode_cursor
from tests.chats import open_with, press, say
from tests.deals import applied
from tests.sockets.folding import Copy, Json, differences
from tests.sockets.history import shown
from tests.sockets.listening import Ear, listening
from tests.world import ASHA, KABIR, MEERA, RAVI, SUMMER_CAMPAIGN, Person, World

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

FROM_THE_BEGINNING: Final = "WzBd"


class Scene(Struct):
    """Asha and Ravi, a chat with two messages of hers, and a deal that waits for her."""

    asha: httpx.AsyncClient
    ravi: httpx.AsyncClient
    chat: str
    message: str
    request: Json
    ears: dict[str, Ear] = {}

    @property
    def deal(self) -> str:
        """The conversation of the deal."""
        return self.request["conversation_id"]


Deed = Callable[[Scene], Awaitable[Any]]


def rest(who: str, method: str, path: str, **body: Any) -> Deed:
    """Return what somebody asks over HTTP; `{name}` in the path and in texts is of the scene."""

    async def do(scene: Scene) -> None:
        client: httpx.AsyncClient = getattr(scene, who)
        names = {
            "chat": scene.chat,
            "deal": scene.deal,
            "message": scene.message,
            "request": scene.request["id"],
        }
        filled = {
            key: value.format(**names) if isinstance(value, str) else value for key, value in body.items()
        }
        answer = await client.request(method, path.format(**names), json=filled or None)
        assert answer.is_success, answer.text

    return do


def event(who: str, name: str, **payload: Any) -> Deed:
    """Return what somebody asks over their socket."""

    async def do(scene: Scene) -> None:
        names = {"chat": scene.chat, "deal": scene.deal}
        filled = {
            key: value.format(**names) if isinstance(value, str) else value for key, value in payload.items()
        }
        answer = await scene.ears[who].ask(name, **filled)
        assert answer["success"], answer

    return do


async def pay(scene: Scene) -> None:
    """Accept, and proceed to payment."""
    await press(scene.asha, scene.deal, "accept_proposal")
    await rest("asha", "POST", "/api/requests/{request}/payment")(scene)


CHAT: Final = "/api/messages/conversations/{chat}"
DEAL: Final = "/api/messages/conversations/{deal}"
INVITATION: Final = {"influencer_id": str(RAVI.id), "proposed_amount": 900}

DEEDS: Final[dict[str, Deed]] = {
    "send_message": rest("ravi", "POST", "/api/messages", conversation_id="{chat}", message="And you?"),
    "open_conversation": rest(
        "ravi", "POST", "/api/messages/conversations", user_id=str(KABIR.id), message="Hi!"
    ),
    "mark_conversation_seen": rest("ravi", "PUT", CHAT + "/seen"),
    "delete_message": rest("asha", "DELETE", "/api/messages/{message}"),
    "click_button": rest("asha", "POST", DEAL + "/button-click", action="accept_proposal"),
    "submit_text_input": rest(
        "asha",
        "POST",
        DEAL + "/text-input",
        input_type="negotiation_amount",
        values={"proposed_amount": 4500, "reasoning": "It is a short video"},
    ),
    "apply_to_posting": rest(
        "ravi", "POST", "/api/requests", campaign_id=str(SUMMER_CAMPAIGN), proposed_amount=900, message="Hi!"
    ),
    "edit_request": rest("ravi", "PUT", "/api/requests/{request}", message="I have thought again"),
    "withdraw_request": rest("ravi", "DELETE", "/api/requests/{request}"),
    "change_request_amount": rest("asha", "PUT", "/api/requests/{request}/amount", amount=4200),
    "change_request_status": rest("asha", "PUT", "/api/requests/{request}/status", status="approved"),
    "pay_request": pay,
    "initialize_campaign": rest(
        "asha", "POST", "/api/campaigns/automated/initialize", campaign_id=str(SUMMER_CAMPAIGN), **INVITATION
    ),
    "invite_to_campaign": rest(
        "asha",
        "POST",
        f"/api/campaigns/{SUMMER_CAMPAIGN}/invitations",
        influencer_id=str(RAVI.id),
        amount=900,
    ),
}
EVENTS: Final[dict[str, Deed]] = {
    "send_message": event("ravi", "send_message", conversation_id="{chat}", message="And you?"),
    "mark_seen": event("ravi", "mark_seen", conversation_id="{chat}", up_to_seq=1),
    "button_click": event("asha", "button_click", conversation_id="{deal}", action="decline_proposal"),
    "text_input": event(
        "asha",
        "text_input",
        conversation_id="{deal}",
        input_type="negotiation_amount",
        values={"proposed_amount": 4500, "reasoning": "It is a short video"},
    ),
    "typing": event("ravi", "typing", conversation_id="{chat}", is_typing=True),
    "presence": event("ravi", "presence", user_ids=[str(ASHA.id)]),
    "resume": event("ravi", "resume"),
}
LIKE_ANOTHER: Final = {"initialize_bid": "initialize_campaign", "invite_to_bid": "invite_to_campaign"}
"""Of the two kinds of postings one is played."""
BY_A_MOVE: Final = frozenset(
    {"create_order", "verify_payment", "take_webhook", "refund_order", "remove_bid", "remove_campaign"}
    | {"change_bid", "change_campaign", "retry_order", "resolve_quarantined", "retry_quarantined"}
)
"""What moves a deal some time later, by the same record of a move as a button: their own tests see the move."""
ELSEWHERE: Final = (
    "/api/auth/",
    "/api/api-keys",
    "/api/wallet/",
    "/api/subscriptions/",
    "/api/admin/",
    "/__dev/",
    "/api/bids",
    "/api/campaigns",
)
"""Where no chat is moved but by what stands above."""


@pytest.fixture
async def scene(asha: httpx.AsyncClient, ravi: httpx.AsyncClient) -> Scene:
    """Return the two, with something between them already."""
    chat = await open_with(asha, RAVI)
    message = await say(asha, chat, "Hello!")
    await say(asha, chat, "How are you?")
    return Scene(asha, ravi, chat, message["id"], await applied(ravi))


async def copied(ear: Ear, person: Person) -> Copy:
    """Return what somebody's device knows once it has resumed."""
    copy, cursor = Copy(str(person.id)), FROM_THE_BEGINNING
    while True:
        answer = await ear.ask("resume", since=cursor)
        copy.take_answer(answer)
        cursor = answer["cursor"]
        if not answer["has_more"]:
            return copy


async def told_all(ear: Ear, person: Person, superuser: Superuser) -> None:
    """Wait until somebody has been told all there is."""
    last = await superuser.fetchval("select last_number from inboxes where user_id = $1", person.id)
    if last > ear.began_at:
        await ear.until(lambda ear: _number(ear) >= last)


def _number(ear: Ear) -> int:
    """Return up to which number of its news a socket has been told."""
    cursors = [payload["cursor"] for _, payload in ear.heard if "cursor" in payload]
    numbers = decode_cursor(tuple[int], cursors[-1]) if cursors else None
    return numbers[0] if numbers else 0


@pytest.mark.parametrize(
    "deed", [*DEEDS.values(), *EVENTS.values()], ids=[*DEEDS, *(f"{name} over a socket" for name in EVENTS)]
)
async def test_what_was_known_and_what_is_told_make_what_is_there(
    address: str, world: World, superuser: Superuser, scene: Scene, deed: Deed
) -> None:
    people = {"asha": ASHA, "ravi": RAVI}
    async with AsyncExitStack() as stack:
        meera = await stack.enter_async_context(listening(address, world, MEERA))
        copies: dict[str, Copy] = {}
        for who, person in people.items():
            ear = scene.ears[who] = await stack.enter_async_context(listening(address, world, person))
            copies[who] = await copied(ear, person)
            ear.began_at = await superuser.fetchval(
                "select last_number from inboxes where user_id = $1", person.id
            )

        await deed(scene)

        for who, person in people.items():
            ear, copy = scene.ears[who], copies[who]
            await told_all(ear, person, superuser)
            for name, payload in ear.heard:
                copy.take(name, payload)
            own = {str(id_) for id_ in await _conversations(superuser, person.id)}
            assert differences(copy.shown(), await shown(getattr(scene, who), own)) == [], who
        assert [name for name, _ in meera.heard] == []


async def _conversations(superuser: Superuser, user_id: UUID) -> list[UUID]:
    rows = await superuser.fetch("select conversation_id from participations where user_id = $1", user_id)
    return [row["conversation_id"] for row in rows]


def test_every_route_and_event_that_may_move_a_chat_is_among_them():
    paths: dict[str, dict[str, Json]] = wire.decode(docs.pages()["openapi.json"])["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            name = operation["operationId"]
            is_known = name in {*DEEDS, *LIKE_ANOTHER, *BY_A_MOVE} or path.startswith(ELSEWHERE)
            assert method == "get" or is_known, f"{method} {path}: does it move a chat?"
    assert {each.name for each in live.EVENTS} == EVENTS.keys()
