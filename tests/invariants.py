"""What must be true of the database whatever happened: looked at after every test that used the world."""

from __future__ import annotations

from typing import Final

from stoory.deals import queries
from stoory.deals.history import replay
from stoory.deals.projections import projection
from stoory.platform.database import Database, Tx

MUST_BE_EMPTY: Final = {
    "messages are numbered without a gap": """
        select c.id::text
          from conversations c
          left join messages m on m.conversation_id = c.id
         group by c.id
        having count(m.id) <> c.last_seq or coalesce(max(m.seq), 0) <> c.last_seq
    """,
    "nobody has read what is not there": """
        select p.conversation_id::text
          from participations p
          join conversations c on c.id = p.conversation_id
         where p.seen_seq > c.last_seq
    """,
    "a conversation has its two people": """
        select c.id::text
          from conversations c
          left join participations p on p.conversation_id = c.id
         group by c.id
        having count(p.user_id) <> 2
    """,
    "only the open conversation of a deal waits for an answer": """
        select c.id::text
          from conversations c
          left join messages m on m.conversation_id = c.id and m.action_required
         group by c.id
        having count(m.id) > (c.chat_status = 'automated')::integer
    """,
    "every request has one conversation and one deal": """
        select r.id::text
          from requests r
          left join conversations c on c.request_id = r.id
          left join deals d on d.request_id = r.id and d.conversation_id = c.id
         where d.request_id is null
    """,
    "an open deal has somebody's turn and a clock, a closed one neither": """
        select request_id::text
          from deals
         where (awaiting_role is null) <> (deadline_at is null)
    """,
}


async def check(db: Database) -> None:
    """Raise AssertionError naming what does not hold, and where."""
    async with db.as_system("a test checks what must be true", readonly=True) as tx:
        for claim, sql in MUST_BE_EMPTY.items():
            broken = [record[0] for record in await tx.connection.fetch(sql)]
            assert not broken, f"{claim}: not so in {broken}"
        for record in await tx.connection.fetch("select request_id from deals"):
            await _check_deal(tx, await queries.deal_of(tx, record["request_id"]))


async def _check_deal(tx: Tx, row: queries.DealRow) -> None:
    """Compare a deal with the sum of its events, and what is shown of it with what it is."""
    assert replay(await queries.events(tx, row.request_id)) == row.deal, (
        f"{row.request_id} differs from its events"
    )
    shown = await tx.connection.fetchrow(
        """
        select r.status, r.proposed_amount, r.agreed_amount, c.flow_state, c.awaiting_role, c.chat_status,
               c.automation_enabled, c.payment_required, c.payment_completed
          from requests r
          join conversations c on c.request_id = r.id
         where r.id = $1
        """,
        row.request_id,
    )
    assert shown is not None
    seen, truth = dict(shown), projection(row.deal)
    assert seen == {name: getattr(truth, name) for name in seen}, f"{row.request_id} shows otherwise"
