"""Operators look behind a conversation, on the record; nobody else does."""

from __future__ import annotations

import httpx

from stoory.app import Application
from stoory.settings import Settings
from tests.deals import applied
from tests.world import OM, World

Client = httpx.AsyncClient


async def test_om_sees_why_a_deal_stands_where_it_stands(ravi: Client, om: Client) -> None:
    request = await applied(ravi)

    flow = (await om.get(f"/api/debug/flow/{request['conversation_id']}")).json()["flow"]

    assert (flow["state"], flow["awaiting_role"]) == ("initial", "brand_owner")
    assert "accept_proposal" in flow["open_moves"]["brand_owner"]
    assert "not your turn" in flow["refused"]["influencer"]["accept_proposal"]
    assert [event["action"] for event in flow["history"]] == ["apply"]
    assert flow["is_sum_of_its_history"] is True


async def test_om_sees_the_stored_rows_but_no_words(world: World, ravi: Client, om: Client) -> None:
    request = await applied(ravi)
    sent = await ravi.post(
        "/api/messages", json={"conversation_id": request["conversation_id"], "message": "A word in private"}
    )

    conversation = (await om.get(f"/api/debug/conversations/{request['conversation_id']}")).json()[
        "conversation"
    ]
    message = await om.get(f"/api/debug/messages/{sent.json()['data']['message']['id']}")

    assert (conversation["last_seq"], conversation["messages"], conversation["open_actions"]) == (2, 2, 1)
    assert message.json()["message_row"]["characters"] == len("A word in private")
    assert "private" not in message.text
    async with world.db.as_system("a test reads the audit log") as tx:
        looks = await tx.connection.fetch("select actor_id, action from audit_log order by id")
    assert [(look["actor_id"], look["action"]) for look in looks] == [
        (OM.id, "debug_conversation"),
        (OM.id, "debug_message"),
    ]


async def test_nobody_else_looks_behind(asha: Client, nobody: Client, ravi: Client) -> None:
    request = await applied(ravi)
    path = f"/api/debug/flow/{request['conversation_id']}"

    assert (await asha.get(path)).status_code == 403
    assert (await nobody.get(path)).status_code == 401


def test_production_has_no_debug_routes_and_no_clock(settings: Settings) -> None:
    production = Settings(
        env="production", home=settings.home, secret="s" * 40, razorpay_base_url="https://api.example.org"
    )
    paths = {
        route.path for route in Application(production, database_dsn="postgresql://nowhere").litestar.routes
    }

    assert not any("debug" in path or "__dev" in path for path in paths)
    assert "/api/bids" in paths or "/api/requests" in paths
