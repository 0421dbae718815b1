"""Payouts as operators see them, and record what they have paid by hand."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from stoory.accounts.actions import audit
from stoory.actor import Actor
from stoory.payouts import actions, queries
from stoory.payouts.api.wallet import PayoutAnswer, PayoutsAnswer
from stoory.payouts.queries import Change, Key, Payout, accounts
from stoory.payouts.rules import Destination, Status
from stoory.platform.database import Database
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.pages import DEFAULT_PAGE_ROWS, CursorParam, Limit, decode_cursor, page
from stoory.platform.http.routes import OPERATORS, Db, Id, Me, get, post

StatusFilter = Annotated[
    Status | None, QueryParameter(name="status", description="only payouts that stand so")
]


class Reference(Body):
    """By what the bank knows a payment."""

    EXAMPLE: ClassVar = {"reference": "HDFCN52026112300042"}

    reference: Annotated[str, Meta(min_length=1, max_length=100)]


class Reason(Body):
    """Why a payout did not arrive."""

    EXAMPLE: ClassVar = {"reason": "The bank returned it: the account is closed."}

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]


class InstructionAnswer(Answer):
    """A payout, and where it goes in full."""

    payout: Payout
    destination: Destination


@get("/api/admin/payouts", who=OPERATORS)
async def list_all_payouts(
    *,
    db: Db,
    actor: Me,
    status: StatusFilter = None,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
) -> PayoutsAnswer:
    """List everybody's payouts, newest first."""
    async with db.as_user(actor, readonly=True) as tx:
        rows = await queries.payouts(tx, None, status, decode_cursor(Key, cursor), limit + 1)
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id))
    return PayoutsAnswer(payouts=shown, pagination=pagination)


@get("/api/admin/payouts/{payout_id:uuid}", who=OPERATORS, fails=(404,))
async def show_payout(db: Db, actor: Me, payout_id: Id) -> InstructionAnswer:
    """Return a payout with the account it goes to, to be paid by hand. Who looked goes to the audit log."""
    async with db.as_user(actor) as tx:
        payout = await queries.payout(tx, payout_id)
        account = await accounts.account(tx, payout.account_id)
        await tx.as_system("the audit log is written by the system alone")
        await audit(tx, actor, "show_payout", payout.user_id, {"payout_id": payout_id})
    return InstructionAnswer(payout=payout, destination=account.destination)


@post("/api/admin/payouts/{payout_id:uuid}/processed", who=OPERATORS, fails=(404, 409))
async def record_processed(db: Db, actor: Me, payout_id: Id, data: JSONBody[Reference]) -> PayoutAnswer:
    """Record that a payout was paid by hand, with the bank's reference."""
    return await _record(db, actor, payout_id, Change(status=Status.PROCESSED, reference=data.reference))


@post("/api/admin/payouts/{payout_id:uuid}/failed", who=OPERATORS, fails=(404, 409))
async def record_failed(db: Db, actor: Me, payout_id: Id, data: JSONBody[Reason]) -> PayoutAnswer:
    """Record that a payout cannot be paid: it goes back to the wallet."""
    return await _record(db, actor, payout_id, Change(status=Status.FAILED, reason=data.reason))


@post("/api/admin/payouts/{payout_id:uuid}/reversed", who=OPERATORS, fails=(404, 409))
async def record_reversed(db: Db, actor: Me, payout_id: Id, data: JSONBody[Reason]) -> PayoutAnswer:
    """Record that the bank has returned a payout: it goes back to the wallet."""
    return await _record(db, actor, payout_id, Change(status=Status.REVERSED, reason=data.reason))


async def _record(db: Database, actor: Actor, payout_id: Id, change: Change) -> PayoutAnswer:
    async with db.as_user(actor) as tx:
        payout = await queries.payout(tx, payout_id)
        await tx.as_system("the ledger, and the influencer's notification")
        after = await actions.record(tx, payout_id, change, by=actor.id)
        about = {"payout_id": payout_id, "status": after.status}
        await audit(tx, actor, "record_payout", payout.user_id, about)
        return PayoutAnswer(payout=after)


@post("/api/admin/payouts/{payout_id:uuid}/take-over", who=OPERATORS, fails=(404, 409))
async def take_over_payout(db: Db, actor: Me, payout_id: Id) -> PayoutAnswer:
    """Take over a payout RazorpayX was to make and was never asked to: it is paid by hand from now on."""
    async with db.as_user(actor) as tx:
        payout = await queries.payout(tx, payout_id)
        await tx.as_system("who pays is the system's to write")
        after = await actions.take_over(tx, payout_id, by=actor.id)
        await audit(tx, actor, "take_over_payout", payout.user_id, {"payout_id": payout_id})
        return PayoutAnswer(payout=after)


ROUTES: Final = [
    list_all_payouts,
    show_payout,
    record_processed,
    record_failed,
    record_reversed,
    take_over_payout,
]
