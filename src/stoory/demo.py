"""The story of the README, played against a running server and told on the terminal.

A bid is posted, two people negotiate with buttons until one accepts, a rival sees nothing of it, and they chat.
The bodies are the guide's own. Every step states what it expects; the first that is not so ends the play.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

PASSWORD: Final = "stoory-demo-1"  # noqa: S105 - printed in the README, of people who do not exist
PEOPLE: Final = {
    "Asha": "+919800000001",
    "Ravi": "+919800000002",
    "Meera": "+919800000003",
    "Kabir": "+919800000004",
    "Om": "+919800000005",
}
LONGEST_WAIT_SECONDS: Final = 90

Json = dict[str, Any]


class StepFailed(Exception):
    """A step of the story did not happen as it should."""


class Session(Struct):
    """Who somebody is, kept between runs: signing in is limited to five a minute."""

    id: str
    token: str
    refresh_token: str


class Stage:
    """The people, their sessions and what has happened so far."""

    def __init__(self, client: httpx.AsyncClient, kept: Path, console: Console) -> None:
        """Take a client of the server, the file in which sessions are kept, and where to tell the story."""
        self._client = client
        self._kept = kept
        self._console = console
        self._sessions: dict[str, Session] = {}
        self.steps = 0

    async def enter(self) -> None:
        """Sign everybody in, with yesterday's session where it is still good."""
        if self._kept.exists():
            self._sessions = msgspec.json.decode(self._kept.read_bytes(), type=dict[str, Session])
        for name in PEOPLE:
            if name not in self._sessions or not await self._is_good(name):
                self._sessions[name] = await self._sign_in(name)
                self._keep()

    def id_of(self, name: str) -> str:
        """Return a person's id."""
        return self._sessions[name].id

    async def step(
        self,
        who: str,
        does: str,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        expect: tuple[int, ...] = (200,),
    ) -> Json:
        """Let somebody do something, check the status and tell it; StepFailed says what came instead."""
        answer = await self._ask(method, path, body, who)
        if answer.status_code not in expect:
            raise StepFailed(f"{who} {does}: expected {expect}, got {answer.status_code} {answer.text}")
        self.steps += 1
        told: Json = answer.json()
        self._tell(who, does, answer.status_code, told)
        return told

    def check(self, claim: str, *, holds: bool) -> None:
        """Check something that must be so."""
        if not holds:
            raise StepFailed(f"this should be so, but is not: {claim}")
        self._console.print(f"      [green]✓[/] {claim}")

    def scene(self, title: str) -> None:
        """Begin a scene."""
        self._console.rule(f"[bold]{title}", align="left")

    def _tell(self, who: str, does: str, status: int, answer: Json) -> None:
        state = answer.get("next_flow_state") or answer.get("flow_state") or answer.get("code") or ""
        self._console.print(f"[bold cyan]{who:>5}[/] {does} [dim]{status}[/] [yellow]{state}[/]")
        if said := answer.get("automated_response", {}).get("message"):
            self._console.print(f"      [italic]“{said}”[/]")

    async def _is_good(self, name: str) -> bool:
        answer = await self._ask("GET", "/api/auth/profile", None, name)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            body = {"refresh_token": self._sessions[name].refresh_token}
            answer = await self._ask("POST", "/api/auth/refresh", body)
            if answer.is_success:
                fresh = answer.json()
                self._sessions[name] = Session(self.id_of(name), fresh["token"], fresh["refresh_token"])
                self._keep()
        return answer.is_success

    async def _sign_in(self, name: str) -> Session:
        body = {"phone": PEOPLE[name], "password": PASSWORD}
        answer = await self._ask("POST", "/api/auth/login", body)
        if not answer.is_success:
            raise StepFailed(f"{name} cannot sign in: {answer.status_code} {answer.text}")
        signed = answer.json()
        return Session(signed["user"]["id"], signed["token"], signed["refresh_token"])

    async def _ask(self, method: str, path: str, body: Json | None, who: str | None = None) -> httpx.Response:
        """Send a request; a limit is obeyed and the same request sent again."""
        headers = {"Authorization": f"Bearer {self._sessions[who].token}"} if who else {}
        while True:
            answer = await self._client.request(method, path, json=body, headers=headers)
            wait = int(answer.headers.get("retry-after", "0"))
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS or wait > LONGEST_WAIT_SECONDS:
                return answer
            with self._console.status(f"the server asks us to wait {wait} s"):
                await asyncio.sleep(wait)

    def _keep(self) -> None:
        self._kept.touch(mode=0o600)
        self._kept.write_bytes(msgspec.json.encode(self._sessions))


async def play(client: httpx.AsyncClient, kept: Path, console: Console) -> None:
    """Play the whole story; StepFailed at the first step that does not happen as it should."""
    stage = Stage(client, kept, console)
    await stage.enter()
    bid = await _posting(stage)
    request, conversation = await _application(stage, bid)
    await _negotiation(stage, conversation)
    await _agreement(stage, request, conversation)
    await _rivals(stage, request, conversation)
    await _chat(stage)
    await _invitation(stage)
    _epilogue(stage, console, bid, request)


async def _posting(stage: Stage) -> Json:
    stage.scene("A brand posts a bid")
    body = {
        "title": "Quick Video Promotion",
        "description": "Create short promotional videos",
        "min_budget": 3000,
        "max_budget": 8000,
        "requirements": "15-30 second videos",
        "language": "English",
        "platform": "TikTok",
        "content_type": "videos",
        "category": "marketing",
    }
    bid: Json = (await stage.step("Asha", "posts a bid", "POST", "/api/bids", body, expect=(201,)))["bid"]
    found = await stage.step("Ravi", "looks for video bids", "GET", "/api/bids?search=video&platform=TikTok")
    stage.check("Ravi finds it", holds=any(row["id"] == bid["id"] for row in found["bids"]))
    return bid


async def _application(stage: Stage, bid: Json) -> tuple[Json, Json]:
    stage.scene("An influencer applies")
    body = {
        "bid_id": bid["id"],
        "proposed_amount": 5000,
        "message": "I'm interested in this campaign!",
        "portfolio_links": ["https://example.com/portfolio"],
    }
    request: Json = (
        await stage.step("Ravi", "applies for 5,000", "POST", "/api/requests", body, expect=(201,))
    )["request"]
    await stage.step("Ravi", "applies a second time", "POST", "/api/requests", body, expect=(409,))
    body = {"bid_id": bid["id"], "influencer_id": stage.id_of("Ravi"), "proposed_amount": 5000}
    opened = await stage.step(
        "Asha", "opens the negotiation", "POST", "/api/bids/automated/initialize", body, expect=(201,)
    )
    conversation: Json = opened["conversation"]
    stage.check("it is Asha's turn", holds=opened["awaiting_role"] == "brand_owner")
    stage.check(
        "it is the conversation of Ravi's application", holds=conversation["request_id"] == request["id"]
    )
    return request, conversation


async def _negotiation(stage: Stage, conversation: Json) -> None:
    stage.scene("They negotiate with buttons")
    chat = f"/api/messages/conversations/{conversation['id']}"
    asked = await stage.step(
        "Asha", "presses Negotiate Amount", "POST", f"{chat}/button-click", {"action": "negotiate_amount"}
    )
    fields = [field["id"] for field in asked["automated_response"]["action_data"]["input_fields"]]
    stage.check("she is asked for an amount", holds="proposed_amount" in fields)
    offer = {
        "input_type": "negotiation_amount",
        "values": {"proposed_amount": 4500, "reasoning": "Based on market rates and campaign scope"},
    }
    await stage.step("Asha", "offers 4,500", "POST", f"{chat}/text-input", offer)
    await stage.step("Asha", "offers again, out of turn", "POST", f"{chat}/text-input", offer, expect=(409,))
    page = await stage.step("Ravi", "reads the chat", "GET", f"{chat}/messages")
    buttons = [button["id"] for button in page["data"]["messages"][-1]["action_data"]["buttons"]]
    stage.check("Ravi has the buttons now", holds=buttons == ["accept_proposal", "negotiate", "decline"])
    much = {"input_type": "negotiation_amount", "values": {"proposed_amount": 9000}}
    await stage.step(
        "Ravi", "asks for more than the bid has", "POST", f"{chat}/text-input", much, expect=(422,)
    )
    counter = {
        "input_type": "negotiation_amount",
        "values": {"proposed_amount": 4800, "reasoning": "Two takes"},
    }
    await stage.step("Ravi", "asks for 4,800", "POST", f"{chat}/text-input", counter)


async def _agreement(stage: Stage, request: Json, conversation: Json) -> None:
    stage.scene("They agree")
    chat = f"/api/messages/conversations/{conversation['id']}"
    accept = {
        "action": "accept_proposal",
        "data": {"amount": 4800, "additional_notes": "Great proposal, let's proceed!"},
    }
    agreed = await stage.step("Asha", "accepts", "POST", f"{chat}/button-click", accept)
    stage.check("the deal is accepted", holds=agreed["next_flow_state"] == "accepted")
    seen = (await stage.step("Ravi", "looks at his application", "GET", f"/api/requests/{request['id']}"))[
        "request"
    ]
    stage.check(
        "it is approved at 4,800", holds=(seen["status"], seen["agreed_amount"]) == ("approved", 4800)
    )


async def _rivals(stage: Stage, request: Json, conversation: Json) -> None:
    stage.scene("Nobody else sees anything of it")
    chat = f"/api/messages/conversations/{conversation['id']}"
    await stage.step("Meera", "tries to read their chat", "GET", f"{chat}/messages", expect=(404,))
    await stage.step(
        "Kabir", "tries to read the application", "GET", f"/api/requests/{request['id']}", expect=(404,)
    )
    await stage.step(
        "Meera",
        "presses their button",
        "POST",
        f"{chat}/button-click",
        {"action": "accept_proposal"},
        expect=(404,),
    )


async def _chat(stage: Stage) -> None:
    stage.scene("They chat")
    ravi = {"user_id": stage.id_of("Ravi")}
    opened = await stage.step(
        "Asha", "opens a chat with Ravi", "POST", "/api/messages/conversations", ravi, expect=(200, 201)
    )
    conversation: Json = opened["conversation"]
    body = {"conversation_id": conversation["id"], "message": "Hello! This is my message"}
    sent = await stage.step("Asha", "writes to Ravi", "POST", "/api/messages", body, expect=(201,))
    unread = await stage.step("Ravi", "sees that something is new", "GET", "/api/messages/unread-count")
    stage.check("it counts in this chat", holds=unread["conversations"].get(conversation["id"], 0) > 0)
    await stage.step("Ravi", "has read it", "PUT", f"/api/messages/conversations/{conversation['id']}/seen")
    page = await stage.step(
        "Asha", "looks again", "GET", f"/api/messages/conversations/{conversation['id']}/messages"
    )
    mine = next(row for row in page["data"]["messages"] if row["id"] == sent["data"]["message"]["id"])
    stage.check("Asha knows it was seen", holds=mine["seen"] is True)


async def _invitation(stage: Stage) -> None:
    stage.scene("A brand invites an influencer to a campaign")
    body = {
        "title": "Summer Campaign 2024",
        "description": "Promote our summer collection",
        "budget": 10000,
        "requirements": "Instagram posts, Stories",
        "language": "English",
        "platform": "Instagram",
        "content_type": "posts",
        "category": "fashion",
    }
    posted = await stage.step("Asha", "posts a campaign", "POST", "/api/campaigns", body, expect=(201,))
    invitations = f"/api/campaigns/{posted['campaign']['id']}/invitations"
    invite = {"influencer_id": stage.id_of("Meera"), "amount": 7000, "message": "Would you join us?"}
    invited = await stage.step("Asha", "invites Meera", "POST", invitations, invite, expect=(201,))
    chat = f"/api/messages/conversations/{invited['conversation']['id']}"
    await stage.step("Meera", "declines", "POST", f"{chat}/button-click", {"action": "decline_proposal"})
    cancelled = {"status": "cancelled"}
    await stage.step("Asha", "cancels it", "PUT", f"/api/campaigns/{posted['campaign']['id']}", cancelled)


def _epilogue(stage: Stage, console: Console, bid: Json, request: Json) -> None:
    table = Table(
        title=f"{stage.steps} steps, every one as it should be", title_justify="left", show_header=False
    )
    table.add_row("Bid", f"{bid['title']}, 3,000 to 8,000 rupees")
    table.add_row("Agreed", "4,800 rupees after three offers")
    table.add_row("Request", request["id"])
    table.add_row("State", "accepted, waiting for payment")
    console.print(table)
