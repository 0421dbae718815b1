"""The three doors to the database are few, and known: who goes round the walls stands in these lists."""

from __future__ import annotations

import ast
from typing import Final

from tests.house.source import calls, dotted, modules

GOING_ON_AS_SYSTEM: Final = {
    "stoory.accounts.actions",
    "stoory.accounts.api.operators",
    "stoory.accounts.api.passwords",
    "stoory.chat.actions",
    "stoory.deals.actions.begin",
    "stoory.deals.actions.press",
    "stoory.debug.api",
    "stoory.payments.api.operators",
    "stoory.payouts.api.operators",
    "stoory.payouts.api.wallet",
    "stoory.plans.actions",
    "stoory.platform.http.idempotency",
    "stoory.postings.actions",
    "stoory.subscriptions.actions.begin",
    "stoory.subscriptions.actions.change",
    "stoory.subscriptions.actions.coupons",
    "stoory.subscriptions.actions.give_back",
}
"""Modules that call tx.as_system: the object was loaded as the user before."""

NOBODY_SIGNED_IN: Final = {
    "stoory.accounts.api.keyring",
    "stoory.accounts.api.passwords",
    "stoory.accounts.api.sessions",
    "stoory.accounts.sockets",
    "stoory.chat.jobs",
    "stoory.chat.sockets.delivery",
    "stoory.chat.sockets.people",
    "stoory.chat.sockets.presence",
    "stoory.chat.sockets.sending",
    "stoory.chat.sockets.unread",
    "stoory.deals.errands",
    "stoory.deals.jobs",
    "stoory.doctor",
    "stoory.home",
    "stoory.metrics",
    "stoory.notifications.sockets",
    "stoory.operations",
    "stoory.payments.api.orders",
    "stoory.payments.api.webhook",
    "stoory.payments.errands",
    "stoory.payments.jobs.books",
    "stoory.payments.jobs.hearing",
    "stoory.payments.jobs.reconcile",
    "stoory.payments.jobs.refunds",
    "stoory.payments.jobs.webhooks",
    "stoory.payouts.jobs",
    "stoory.platform.http.idempotency",
    "stoory.platform.jobs",
    "stoory.platform.lookups",
    "stoory.rates",
    "stoory.seed.playing",
    "stoory.subscriptions.errands",
    "stoory.subscriptions.jobs",
}
"""Modules that call db.as_system, db.as_auditor or db.at_once: no user asks, or several at once."""


def callers(door: str, of: str) -> set[str]:
    """Return the modules that call `of.door(...)`."""
    return {
        dotted(path)
        for path in modules()
        for _, call, _ in calls(path, frozenset({door}))
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value).endswith(of)
    }


def test_only_known_modules_go_on_outside_the_walls() -> None:
    assert callers("as_system", "tx") == GOING_ON_AS_SYSTEM


def test_only_known_modules_begin_outside_the_walls() -> None:
    doors = ("as_system", "as_auditor", "at_once")
    assert set[str]().union(*(callers(door, "db") for door in doors)) == NOBODY_SIGNED_IN


def test_only_the_edge_opens_a_users_transaction() -> None:
    edges = callers("as_user", "db") | callers("as_user_at_one_instant", "db")

    assert edges
    doors = {"stoory.operations", "stoory.platform.http.idempotency"}
    assert all(".api" in module or ".sockets" in module or module in doors for module in edges)
