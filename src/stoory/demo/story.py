"""The story itself, scene by scene. The bodies are the guide's own."""

from __future__ import annotations

from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from stoory.demo.money import play_money, show_ledger
from stoory.demo.room import make_room
from stoory.demo.stage import Json, Stage


async def play(client: httpx.AsyncClient, kept: Path, console: Console, *, sandbox: str | None) -> None:
    """Play the whole story; StepFailed at the first step that does not happen as it should.

    Without the sandbox's address it ends before the payment: real money is no demo.
    """
    stage = Stage(client, kept, console, sandbox)
    await stage.enter()
    bid = await _posting(stage)
    request, conversation = await _application(stage, bid)
    await _negotiation(stage, conversation)
    await _agreement(stage, request, conversation)
    await _rivals(stage, request, conversation)
    await _chat(stage)
    await _invitation(stage)
    if sandbox:
        await play_money(stage, request, conversation)
        await show_ledger(stage, console)
    _epilogue(stage, console, bid, request)


async def _posting(stage: Stage) -> Json:
    stage.scene("A brand posts a bid")
    await make_room(stage)
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
    mine = await stage.step("Asha", "looks at her campaigns", "GET", "/api/campaigns?status=open&sort=oldest")
    invitations = f"/api/campaigns/{mine['campaigns'][0]['id']}/invitations"
    invite = {"influencer_id": stage.id_of("Meera"), "amount": 7000, "message": "Would you join us?"}
    invited = await stage.step("Asha", "invites Meera", "POST", invitations, invite, expect=(201,))
    chat = f"/api/messages/conversations/{invited['conversation']['id']}"
    await stage.step("Meera", "declines", "POST", f"{chat}/button-click", {"action": "decline_proposal"})


def _epilogue(stage: Stage, console: Console, bid: Json, request: Json) -> None:
    table = Table(
        title=f"{stage.steps} steps, every one as it should be", title_justify="left", show_header=False
    )
    table.add_row("Bid", f"{bid['title']}, 3,000 to 8,000 rupees")
    table.add_row("Agreed", "4,800 rupees after three offers")
    table.add_row("Request", request["id"])
    state = "completed, and Ravi is paid" if stage.has_sandbox else "accepted, waiting for payment"
    table.add_row("State", state)
    console.print(table)
