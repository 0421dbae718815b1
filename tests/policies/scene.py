"""A world in which everybody has something of everything, laid over HTTP once and put back as often as needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any, Final, TypeAlias

import asyncpg
import httpx

from stoory.actor import SYSTEM_USER_ID
from stoory.app import Application
from tests.postings import BIDS, CAMPAIGNS
from tests.postings import lay as lay_posting
from tests.till import WEBHOOK, Till
from tests.world import (
    ASHA,
    COFFEE_BID,
    KABIR,
    MEERA,
    OM,
    PASSWORD,
    RAVI,
    SUMMER_CAMPAIGN,
    VIDEO_BID,
    World,
    lay,
)

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Client = httpx.AsyncClient

PEOPLE: Final = {person.name.lower(): person for person in (ASHA, RAVI, MEERA, KABIR, OM)}
ACTORS: Final = ("nobody", *PEOPLE)

SCENES: Final = count(1)
"""Numbers the scenes of a process: each keeps its own rows."""

Dump = dict[str, list[str]]
"""Every row of every table, as text."""


class Scene:
    """An application with its database full of things, and a client for each actor."""

    def __init__(self, app: Application, superuser: Superuser, clients: dict[str, Client]) -> None:
        """Take what `laid` made; `ids` says which ids an object stands for, by the names routes give them."""
        self.app = app
        self.superuser = superuser
        self.clients = clients
        self.ids: dict[str, dict[str, str]] = {}
        self.refresh_token = ""
        self.hidden: dict[str, list[str]] = {}
        self._tables: list[str] = []
        self._kept = f"kept_{next(SCENES)}"

    async def keep(self) -> None:
        """Remember everything as it is now."""
        self._tables = await self.tables()
        for table in self._tables:
            await self.superuser.execute(f"create temp table {self._kept}_{table} as table {table}")

    async def restore(self) -> None:
        """Put everything back as it was kept."""
        rows = "".join(
            f"delete from {table}; insert into {table} overriding system value table {self._kept}_{table};"
            for table in self._tables
        )
        await self.superuser.execute(
            f"set session_replication_role = replica; delete from queue.pgqueuer; delete from queue.pgqueuer_log;"
            f"{rows} set session_replication_role = default"
        )
        self.app.db.clock.ahead = timedelta()

    async def tables(self) -> list[str]:
        """Return the tables of ours; the queue's are the tool's, and what is in them follows from ours."""
        found = await self.superuser.fetch(
            """
            select tablename
              from pg_tables
             where schemaname = 'public'
               and tablename <> 'schema_migrations'
             order by tablename
            """
        )
        return [table["tablename"] for table in found]

    async def dump(self) -> Dump:
        """Return what is in the database, jobs included."""
        each = [f"select '{table}', t::text from {table} t" for table in await self.tables()]
        each.append("select 'jobs', q.entrypoint || convert_from(q.payload, 'UTF8') from queue.pgqueuer q")
        dump: Dump = {}
        for table, row in await self.superuser.fetch(" union all ".join(each) + " order by 1, 2"):
            dump.setdefault(table, []).append(row)
        return dump

    async def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return every row of every table, by column."""
        return {
            table: [dict(row) for row in await self.superuser.fetch(f"table {table}")]
            for table in await self.tables()
        }


@asynccontextmanager
async def laid(app: Application, superuser: Superuser) -> AsyncIterator[Scene]:
    """Lay the scene in the application's database."""
    await lay(superuser)
    world = World(app)
    async with AsyncExitStack() as stack:
        clients = {"nobody": await stack.enter_async_context(world.client())}
        for name, person in PEOPLE.items():
            clients[name] = await stack.enter_async_context(world.client(person))
        scene = Scene(app, superuser, clients)
        await _lay_people(scene)
        await _lay_deals(scene)
        await _lay_chats(scene)
        await _lay_money(scene, world)
        await _lay_plans(scene)
        await clients["om"].get("/api/admin/users")  # leaves a line in the audit log
        await world.do_jobs()
        await scene.keep()
        yield scene


async def _lay_people(scene: Scene) -> None:
    """Let Asha and Ravi be signed in on a second device too, and no longer on a third; each has two keys, one good."""
    for name, person in PEOPLE.items():
        scene.ids[name] = {"user_id": str(person.id)}
    for name in ("asha", "ravi"):
        third, second = await _log_in(scene, name), await _log_in(scene, name)
        await _done(scene.clients[name].delete(f"/api/auth/sessions/{third}"))
        scene.ids[f"{name}-session"] = {"session_id": second}
        key, revoked = [
            (
                await _done(
                    scene.clients[name].post(
                        "/api/api-keys", json={"name": f"{name} {what}", "scope": "read"}
                    )
                )
            )
            for what in ("reports every night", "had it on a lost laptop")
        ]
        await _done(scene.clients[name].delete(f"/api/api-keys/{revoked['api_key']['id']}"))
        scene.ids[f"{name}-key"] = {"key_id": key["api_key"]["id"]}
    scene.ids["system"] = {"user_id": str(SYSTEM_USER_ID)}


async def _log_in(scene: Scene, name: str) -> str:
    body = {"phone": PEOPLE[name].phone, "password": PASSWORD}
    login = await _done(scene.clients["nobody"].post("/api/auth/login", json=body))
    scene.refresh_token = login["refresh_token"]
    newest_first = await _done(scene.clients[name].get("/api/auth/sessions"))
    return newest_first["sessions"][0]["id"]


async def _lay_deals(scene: Scene) -> None:
    """Let Ravi apply to four of Asha's postings, two of which are no longer open, and Meera to Kabir's bid."""
    postings = {"open-bid": VIDEO_BID, "open-campaign": SUMMER_CAMPAIGN, "coffee-bid": COFFEE_BID}
    for at in (BIDS, CAMPAIGNS):
        for title in ("hired", "bare"):
            name = f"{title}-{at.one}"
            postings[name] = await lay_posting(scene.superuser, at, title=f"The {title} {at.one} of Asha")
    for name, posting_id in postings.items():
        kind = name.partition("-")[2]
        other = {"influencer_id": str(MEERA.id)} if name.startswith("open") else {}
        scene.ids[name] = {f"{kind}_id": str(posting_id)} | other
        if name.startswith("bare"):
            continue
        influencer = "meera" if name == "coffee-bid" else "ravi"
        await _apply(scene, influencer, name, kind)
    for kind in ("bid", "campaign"):
        status = {"status": "approved"}
        request_id = scene.ids[f"deal-of-hired-{kind}"]["request_id"]
        await _done(scene.clients["asha"].put(f"/api/requests/{request_id}/status", json=status))
    await scene.superuser.execute(
        """
        update bids set status = 'in_progress' where title like 'The hired%';
        update campaigns set status = 'in_progress' where title like 'The hired%';
        update bids set status = 'cancelled' where title like 'The bare%';
        update campaigns set status = 'cancelled' where title like 'The bare%';
        """
    )


async def _apply(scene: Scene, influencer: str, posting: str, kind: str) -> None:
    posting_id = scene.ids[posting][f"{kind}_id"]
    body = {f"{kind}_id": posting_id, "proposed_amount": 3500, "message": f"{influencer} wants the {posting}"}
    request = (await _done(scene.clients[influencer].post("/api/requests", json=body)))["request"]
    conversation_id = request["conversation_id"]
    page = await _done(
        scene.clients[influencer].get(f"/api/messages/conversations/{conversation_id}/messages")
    )
    scene.ids[f"deal-of-{posting}"] = {
        f"{kind}_id": posting_id,
        "influencer_id": str(PEOPLE[influencer].id),
        "request_id": request["id"],
        "conversation_id": conversation_id,
        "message_id": page["data"]["messages"][0]["id"],
    }


async def _lay_chats(scene: Scene) -> None:
    """Let Asha talk to Ravi, Kabir to Meera and Om to Ravi; each of the others takes something back."""
    for one, other in (("asha", "ravi"), ("kabir", "meera"), ("om", "ravi")):
        body = {"user_id": str(PEOPLE[other].id), "message": f"{one} whispers to {other}"}
        opened = await _done(scene.clients[one].post("/api/messages/conversations", json=body))
        conversation = opened["conversation"]
        scene.ids[f"{one}-and-{other}"] = {
            "conversation_id": conversation["id"],
            "message_id": conversation["last_message"]["id"],
        }
        for words in (f"{other} regrets a word", f"{other} whispers back to {one}"):
            reply = {"conversation_id": conversation["id"], "message": words}
            said = await _done(scene.clients[other].post("/api/messages", json=reply))
            if "regrets" in words:
                await _done(scene.clients[other].delete(f"/api/messages/{said['data']['message']['id']}"))


async def _lay_money(scene: Scene, world: World) -> None:
    """Let Asha pay for Ravi's work on one more bid, a part go back, and the rest on its way to him."""
    name, (asha, ravi, om) = "paid-bid", (scene.clients[each] for each in ("asha", "ravi", "om"))
    bid_id = await lay_posting(scene.superuser, BIDS, title="The paid bid of Asha")
    scene.ids[name] = {"bid_id": str(bid_id)}
    await _apply(scene, "ravi", name, "bid")
    deal = scene.ids[f"deal-of-{name}"]
    request, chat = (
        f"/api/requests/{deal['request_id']}",
        f"/api/messages/conversations/{deal['conversation_id']}",
    )
    await _done(asha.put(f"{request}/status", json={"status": "approved"}))
    once = {"Idempotency-Key": "paid-once"}
    order = (await _done(asha.post(f"{request}/payment", headers=once)))["order"]
    async with httpx.AsyncClient(base_url=scene.app.settings.gateway().base_url) as sandbox:
        fields = await Till(sandbox).pay(order["razorpay_order_id"])
    await _done(asha.post("/api/payments/verify-payment", json=fields))
    scene.ids["paid-order"] = {"order_id": order["id"], **fields}
    back = {"amount": 500, "reason": "A video less"}
    await _done(om.post(f"/api/payments/orders/{order['id']}/refund", json=back))
    work = {"input_type": "work_submission", "values": {"description": "Two videos"}}
    await _done(ravi.post(f"{chat}/text-input", json=work))
    await _done(asha.post(f"{chat}/button-click", json={"action": "approve_work"}))
    account = {"type": "vpa", "name": "Ravi Kumar", "vpa": "ravi.kumar@okaxis", "password": PASSWORD}
    await _done(ravi.post("/api/wallet/payout-account", json=account))
    for name in ("payout", "paid-payout"):
        payout = (await _done(ravi.post("/api/wallet/payouts", json={"amount": 1000})))["payout"]
        scene.ids[name] = {"payout_id": payout["id"]}
    await _done(om.post(f"/api/admin/payouts/{payout['id']}/processed", json={"reference": "HDFC000042"}))
    await _lay_oddity(scene, world)


async def _lay_plans(scene: Scene) -> None:
    """Let Asha be on premium with a coupon of Om's, Kabir wait to be, and Om have agreed on terms with Asha."""
    asha, om = scene.clients["asha"], scene.clients["om"]
    coupon = (await _done(om.post("/api/admin/coupons", json={"code": "SPRING10", "percent": 10})))["coupon"]
    scene.ids["coupon"] = {"coupon_id": coupon["id"]}
    terms = {"limits": {"open_postings": None}, "reason": "Asha brought friends"}
    await _done(om.put(f"/api/admin/users/{ASHA.id}/terms", json=terms))
    wish = {"plan": "premium", "coupon": "SPRING10"}
    for name, wanted in (("asha", wish), ("kabir", {"plan": "enterprise"})):
        asked = await _done(scene.clients[name].post("/api/subscriptions/create", json=wanted))
        scene.ids[f"{name}-subscription"] = {
            "subscription_id": asked["subscription"]["id"],
            "invoice_id": asked["invoice"]["id"],
        }
        if name == "asha":
            async with httpx.AsyncClient(base_url=scene.app.settings.gateway().base_url) as sandbox:
                fields = await Till(sandbox).pay(asked["order"]["razorpay_order_id"])
            await _done(asha.post("/api/payments/verify-payment", json=fields))


async def _lay_oddity(scene: Scene, world: World) -> None:
    """Let money come for an order nobody made."""
    strange = {
        "id": "pay_ZZZZZZZZZZZZZZ",
        "order_id": "order_ZZZZZZZZZZZZZZ",
        "amount": 100,
        "currency": "INR",
    }
    body = Till.event("payment.captured", payment={**strange, "status": "captured", "captured": True})
    await _done(scene.clients["nobody"].post(WEBHOOK, content=body, headers=Till.signed(body)))
    await world.apply_webhooks()
    [oddity] = (await _done(scene.clients["om"].get("/api/admin/quarantine")))["quarantine"]
    scene.ids["oddity"] = {"oddity_id": oddity["id"]}


async def _done(call: Any) -> Any:
    answer: httpx.Response = await call
    assert answer.is_success, answer.text
    return answer.json()
