"""Playing every plot once on the database, and reading what it wrote; nothing of it stays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from msgspec import Struct, structs

from stoory.deals.actions.fund import DEAL
from stoory.deals.queries import contracts
from stoory.deals.states import CLOSED, FREE, State
from stoory.errors import Conflict
from stoory.payments.actions.purposes import Till
from stoory.platform.database import Database, Tx
from stoory.platform.razorpay import Razorpay
from stoory.postings.rules import Kind
from stoory.seed.people import PHONES
from stoory.seed.plots import PLOTS, Plot
from stoory.seed.stage import Bracket, Stage
from stoory.seed.template import Rows, Template, compiled
from stoory.settings import GatewaySettings

BRACKETS: Final = (
    Bracket(kind=Kind.BID, least=2_000, most=8_000, low=2_500, high=8_000),
    Bracket(kind=Kind.BID, least=9_000, most=30_000, low=12_000, high=30_000),
    Bracket(kind=Kind.CAMPAIGN, least=60_000, most=60_000, low=2_000, high=7_500),
    Bracket(kind=Kind.CAMPAIGN, least=250_000, most=250_000, low=9_000, high=31_000),
)
DEALS_A_CAMPAIGN_AFFORDS: Final = 8
"""As many of the dearest amount fit a campaign's budget."""

TABLES: Final = (
    "requests", "conversations", "participations", "messages", "deals", "deal_events", "notifications", "audit_log",
)  # fmt: skip
"""What a deal writes."""
TABLES_OF_MONEY: Final = (
    "contracts", "orders", "payments", "refunds", "order_events", "quarantine", "payout_accounts", "payouts",
    "payout_events", "ledger_journals", "ledger_entries",
)  # fmt: skip
"""What one writes beside that once it is paid. The balances of the ledger are worked out of its entries."""


class Played(Struct, frozen=True, kw_only=True):
    """A plot as it was played, on a posting of one bracket."""

    plot: Plot
    bracket: int
    template: Template
    state: State
    is_funded: bool
    slack: int | None
    """For so many seconds nothing happens by itself; None when nothing ever will."""

    @property
    def is_closed(self) -> bool:
        """Nothing can happen to it any more."""
        return self.state in CLOSED

    @property
    def takes_room(self) -> bool:
        """It spends of its posting's budget: a bid has no room for a second one."""
        return self.is_funded or self.state not in FREE


class _CurtainFalls(Exception):
    """The plot has been read; its transaction is rolled back."""


async def refuse_twice(db: Database) -> None:
    """Raise Conflict when somebody seeded lives here already."""
    async with db.as_system("is it seeded already", readonly=True) as tx:
        is_seeded = await tx.value(
            bool,
            """
            select exists (select from users where phone like $1)
            """,
            f"{PHONES}%",
        )
    if is_seeded:
        raise Conflict(f"This database is seeded already: somebody's phone begins with {PHONES}.")


async def play_all(
    db: Database, gateway: GatewaySettings, *, told: Callable[[int, int], None]
) -> list[Played]:
    """Play every plot on every bracket it fits, and return what is to be copied."""
    till = Till(gateway=Razorpay(**structs.asdict(gateway)), purposes={"deal": DEAL}, listeners={})
    wanted = [
        (number, bracket)
        for number, plot in enumerate(PLOTS)
        for bracket in range(len(BRACKETS))
        if not plot.is_passed_over or BRACKETS[bracket].kind is Kind.BID
    ]
    columns = await _columns(db)
    played: list[Played] = []
    for number, bracket in wanted:
        played.append(await _played(db, _Play(till, columns, number, bracket)))
        told(len(played), len(wanted))
    return played


class _Play(Struct, frozen=True):
    """Which plot is to be played where, and how what it writes is read."""

    till: Till
    columns: dict[str, tuple[str, ...]]
    number: int
    bracket: int

    @property
    def plot(self) -> Plot:
        return PLOTS[self.number]


async def _columns(db: Database) -> dict[str, tuple[str, ...]]:
    """Return the columns of every table but those that number its rows."""
    async with db.as_system("what is there to seed", readonly=True) as tx:
        rows = await tx.all(
            _Columns,
            """
            select table_name::text as name, array_agg(column_name::text order by ordinal_position) as columns
              from information_schema.columns
             where table_schema = 'public'
               and table_name = any ($1::text[])
               and is_identity = 'NO'
             group by table_name
            """,
            [*TABLES, *TABLES_OF_MONEY],
        )
    return {row.name: tuple(row.columns) for row in rows}


class _Columns(Struct):
    name: str
    columns: list[str]


async def _played(db: Database, play: _Play) -> Played:
    async with _rehearsal(db) as tx:
        stage = Stage(tx, play.till, BRACKETS[play.bracket], play.number)
        await stage.enter()
        for step in play.plot.steps:
            await step(stage)
        return await _read(tx, stage, play)
    raise AssertionError("a plot that is played is read")


@asynccontextmanager
async def _rehearsal(db: Database) -> AsyncIterator[Tx]:
    """Open a transaction of which nothing stays."""
    with suppress(_CurtainFalls):
        async with db.as_system("stoory seed plays a plot") as tx:
            yield tx
            raise _CurtainFalls


async def _read(tx: Tx, stage: Stage, play: _Play) -> Played:
    deal, slack = stage.row.deal, stage.slack
    written = (*TABLES, *TABLES_OF_MONEY) if deal.is_funded else TABLES
    tables = {table: await _written(tx, stage, table, play.columns[table]) for table in written}
    accepted = await contracts.contract_of(tx, stage.row.request_id) if deal.is_funded else None
    return Played(
        plot=play.plot,
        bracket=play.bracket,
        template=compiled(tables, accepted and accepted.content.accepted, roles=stage.roles, ends_at=tx.now),
        state=deal.state,
        is_funded=deal.is_funded,
        slack=None if slack is None else int(slack.total_seconds()),
    )


async def _written(tx: Tx, stage: Stage, table: str, columns: tuple[str, ...]) -> Rows:
    """Return the rows of a table that this transaction has written, without what other operators were told."""
    people = (stage.brand.id, stage.influencer.id, stage.operator.id)
    whose = f"and user_id in {tuple(map(str, people))}" if table == "notifications" else ""
    text = bytearray()

    async def take(part: bytes) -> None:
        text.extend(part)

    order = "seq" if "seq" in columns else "ctid"
    written = f"from {table} where xmin = pg_current_xact_id()::xid {whose} order by {order}"
    await tx.connection.copy_from_query(f"select {', '.join(columns)} {written}", output=take)
    return Rows(columns, text.decode().splitlines())
