"""Every statement of the source fits the real schema, and only its owner writes a table."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import msgspec
import pytest
import sqlglot
from sqlglot import exp

from tests.house.source import Statement, statements

STATEMENTS: Final = statements()

OWNERS: Final = {
    "accounts": {"users", "credentials", "sessions", "refresh_tokens", "api_keys", "audit_log"},
    "plans": {"plans", "plan_terms"},
    "subscriptions": {"subscriptions", "subscription_events", "coupons", "invoices", "invoice_numbers"},
    "notifications": {"notifications"},
    "postings": {"campaigns", "bids"},
    "chat": {"conversations", "messages", "participations", "inboxes", "news"},
    "requests": {"requests"},
    "ledger": {"ledger_accounts", "ledger_entries", "ledger_journals"},
    "payouts": {"payout_accounts", "payouts", "payout_events"},
    "payments": {"orders", "payments", "refunds", "order_events", "webhook_events", "quarantine"},
    "deals": {"deals", "deal_events", "contracts"},
    "platform": {"pgqueuer", "idempotency_keys"},
}
"""Which feature writes which table. Everybody may read every table."""


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
async def test_every_statement_fits_the_schema(
    statement: Statement, superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    prepared = await superuser.prepare(statement.sql)

    if statement.method in ("all", "maybe", "one"):
        columns = [attribute.name for attribute in prepared.get_attributes()]
        fields = {field.name: field.required for field in msgspec.structs.fields(statement.row)}
        assert set(columns) <= set(fields), "a column no field takes"
        assert {name for name, required in fields.items() if required} <= set(columns), (
            "a field no column fills"
        )
        assert len(columns) == len(set(columns))


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_only_the_owner_writes_a_table(statement: Statement) -> None:
    for table in written(statement.sql):
        assert table in OWNERS.get(statement.feature, set()), f"{statement.feature} writes {table}"


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_statements_are_given_the_time_and_name_their_columns(statement: Statement) -> None:
    words = statement.sql.lower()

    for clock in ("now()", "current_timestamp", "clock_timestamp", "current_date"):
        assert clock not in words
    assert not any(
        isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count) for node in nodes(words)
    )


SHORT: Final = frozenset({"stoory.chat.queries.conversations", "stoory.accounts.queries.sessions"})
"""Lists of what one person has, sorted in memory whatever is wanted of them."""


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_a_list_whose_filters_may_be_absent_is_planned_for_those_that_are_there(statement: Statement) -> None:
    if " is null or " in statement.sql and "limit" in statement.sql and statement.module not in SHORT:
        assert "tx.plan_anew()" in statement.function


def test_there_are_statements_to_look_at() -> None:
    assert len(STATEMENTS) > 50


def written(sql: str) -> set[str]:
    """Return the tables a statement writes."""
    return {
        target.name
        for node in nodes(sql)
        if isinstance(node, exp.Insert | exp.Update | exp.Delete)
        and (target := node.this.find(exp.Table) if node.this else None) is not None
    }


def nodes(sql: str) -> list[Any]:
    """Return every node of a statement's tree."""
    return [node for tree in sqlglot.parse(sql, dialect="postgres") if tree for node in tree.walk()]
