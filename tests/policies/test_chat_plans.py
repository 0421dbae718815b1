"""How chats are read on a large market: by an index and at once, however long the chat and however many there are.

The statements are the application's own, behind the walls and planned as for a user's transaction.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from stoory.actor import Actor
from stoory.chat import queries
from stoory.chat.pages import Span
from stoory.platform import driver
from stoory.platform.clock import Clock
from stoory.platform.database import Tx
from stoory.platform.postgres import Server
from tests.policies.plans import TELL_PLANS, Plan, indexes, nodes, plans, touched
from tests.policies.scene import Superuser
from tests.world import ASHA, OM, RAVI, Person

MESSAGES: Final = 1_000_000 if os.environ.get("SOAK") else 100_000
CONVERSATIONS: Final = MESSAGES // 20
ASHAS: Final = 1_000
"""Conversations of Asha, and as many of Ravi with other brands; the rest are between others."""
LONG: Final = UUID(int=1)
"""The first conversation, of Asha and Ravi, has a tenth of all messages."""
PAGE: Final = 51

CHATS: Final = f"""
insert into users (id, name, phone, role)
values ('{ASHA.id}', 'Asha', '+9100', 'brand_owner'), ('{RAVI.id}', 'Ravi', '+9101', 'influencer'),
       ('{OM.id}', 'Om', '+9102', 'admin');
insert into users (id, name, phone, role)
select lpad(to_hex(n), 32, '0')::uuid, 'Person ' || n, '+92' || n,
       case n % 2 when 0 then 'brand_owner' else 'influencer' end
  from generate_series(2, {2 * CONVERSATIONS} + 1) n;

insert into conversations (id, brand_owner_id, influencer_id, last_seq, updated_at)
select lpad(to_hex(n), 32, '0')::uuid,
       case when n <= {ASHAS} then '{ASHA.id}' else lpad(to_hex(2 * n), 32, '0') end::uuid,
       case when n = 1 or n between {ASHAS + 1} and {2 * ASHAS - 1} then '{RAVI.id}'
            else lpad(to_hex(2 * n + 1), 32, '0') end::uuid,
       case n when 1 then {MESSAGES // 10} else 18 end, '2026-01-01Z'::timestamptz + n * interval '1 second'
  from generate_series(1, {CONVERSATIONS}) n;

insert into participations (conversation_id, user_id, other_user_id, seen_seq)
select id, brand_owner_id, influencer_id, last_seq - extract(second from updated_at)::bigint % 3 from conversations
 union all
select id, influencer_id, brand_owner_id, last_seq - extract(minute from updated_at)::bigint % 3 from conversations;

insert into messages (conversation_id, seq, sender_id, receiver_id, message, brand_owner_id, influencer_id, created_at)
select c.id, n, c.brand_owner_id, c.influencer_id, 'Message ' || n, c.brand_owner_id, c.influencer_id,
       '2026-01-01Z'::timestamptz + n * interval '1 minute'
  from generate_series(1, {MESSAGES // 10}) n
  join conversations c on c.last_seq >= n;
"""

Ask = Callable[[Tx], Awaitable[Any]]


@pytest.fixture(scope="module")
async def chats(server: Server) -> AsyncIterator[Superuser]:
    """Return a connection in whose transaction, and nowhere else, there are many chats."""
    connection = await asyncpg.connect(server.dsn("postgres"))
    await driver.prepare(connection)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("set local session_replication_role = replica")
    await connection.execute("truncate messages, participations, conversations, users cascade")
    await connection.execute(CHATS)
    await connection.execute("analyze messages, participations, conversations, users")
    await connection.execute(TELL_PLANS)
    yield connection
    await transaction.rollback()
    await connection.close()


async def asked(chats: Superuser, person: Person, ask: Ask) -> Plan:
    """Ask as that person, and return the plan of the statement, which is told after those of the wall's functions."""
    return (await plans(chats, person, partial(ask, Tx(chats, Clock()))))[-1]


def actor(person: Person) -> Actor:
    return Actor(person.id, person.role, UUID(int=0))


@pytest.mark.parametrize("person", [ASHA, RAVI, OM], ids=lambda person: person.name)
@pytest.mark.parametrize(
    "span",
    [Span(None, None), Span(MESSAGES // 20, None), Span(10, None), Span(None, 5), Span(None, MESSAGES // 20)],
    ids=["the newest", "in the middle", "the first", "after the first", "after the middle"],
)
async def test_a_page_is_read_at_once_however_deep_it_lies(chats: Superuser, person: Person, span: Span):
    plan = await asked(chats, person, lambda tx: queries.message_page(tx, LONG, span, limit=PAGE))

    assert indexes(plan) == {"idx_messages_conversation_id"}
    assert touched(plan) <= PAGE
    assert not [node for node in nodes(plan) if node["Node Type"] == "Sort"]


@pytest.mark.parametrize("person", [ASHA, RAVI], ids=lambda person: person.name)
async def test_a_list_of_a_thousand_conversations_reads_no_more_than_them(chats: Superuser, person: Person):
    plan = await asked(chats, person, lambda tx: queries.keys(tx, actor(person), None, after=None, limit=21))

    assert touched(plan) <= 2 * ASHAS


async def test_the_rows_of_a_page_cost_what_they_are(chats: Superuser):
    ids = [UUID(int=n) for n in range(1, 21)]
    plan = await asked(chats, ASHA, lambda tx: queries.stored_conversations(tx, ASHA.id, ids))

    assert touched(plan) <= 20 * 9  # the conversation, its two cursors from either side, a profile, a message


async def test_what_is_unread_is_a_difference_of_cursors(chats: Superuser):
    plan = await asked(chats, ASHA, lambda tx: queries.unread(tx, ASHA.id))

    assert touched(plan) <= 2 * ASHAS
    assert "messages" not in {node.get("Relation Name") for node in nodes(plan)}


ASKS: Final[dict[str, Ask]] = {
    "messages": lambda tx: queries.message_page(tx, LONG, Span(None, None), limit=PAGE),
    "a list": lambda tx: queries.keys(tx, actor(ASHA), None, after=None, limit=21),
    "its rows": lambda tx: queries.stored_conversations(tx, ASHA.id, [LONG]),
    "unread": lambda tx: queries.unread(tx, ASHA.id),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
async def test_the_wall_is_asked_once_and_not_for_each_row(chats: Superuser, ask: Ask):
    plan = await asked(chats, ASHA, ask)

    assert not [node for node in nodes(plan) if node.get("Parent Relationship") == "SubPlan"]
    assert [node for node in nodes(plan) if node.get("Parent Relationship") == "InitPlan"]
