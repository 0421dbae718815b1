"""What is done with postings: by their owners and operators, and by the deals they lead to."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from stoory.actor import Actor
from stoory.plans.actions import require_room
from stoory.plans.rules import Feature
from stoory.platform.database import Tx
from stoory.platform.jobs import enqueue_each
from stoory.postings import queries, rules
from stoory.postings.hints import PostingChanged
from stoory.postings.rules import Kind, Posting, Status


async def create(tx: Tx, actor: Actor, kind: Kind, fields: dict[str, Any]) -> Posting:
    """Post a campaign or a bid, open from now on.

    Raises Invalid, which names every field that does not fit, and PlanLimit where the brand's plan allows no more.
    """
    posting = Posting(
        kind=kind,
        id=uuid4(),
        status=Status.OPEN,
        created_by=actor.id,
        created_at=tx.now,
        updated_at=tx.now,
        applications_count=0,
        **fields,
    )
    rules.check_fields(posting)
    if not actor.is_admin:
        await require_room(tx, actor.id, Feature.OPEN_POSTINGS)
    await queries.add(tx, posting)
    _tell(tx, posting)
    return posting


async def change(tx: Tx, actor: Actor, kind: Kind, posting_id: UUID, fields: dict[str, Any]) -> Posting:
    """Change some fields of a posting, its status included; see `rules.changed` for what is refused.

    Cancelling it closes each deal that is open and unfunded, by a job of its own; funded deals go on.
    """
    posting = await queries.lock_posting(tx, kind, posting_id)
    rules.require_owner(posting, actor)
    after = rules.changed(posting, fields, tx.now)
    if after is posting:
        return posting
    await queries.save(tx, after)
    _tell(tx, after)
    if after.status is Status.CANCELLED:
        await _close_deals(tx, after)
    return after


async def remove(tx: Tx, actor: Actor, kind: Kind, posting_id: UUID) -> Posting:
    """Delete a posting nobody ever applied to; Conflict `has_applications` otherwise."""
    posting = await queries.lock_posting(tx, kind, posting_id)
    rules.require_owner(posting, actor)
    rules.check_removal(posting, has_applications=await queries.has_applications(tx, posting))
    await queries.remove(tx, posting)
    _tell(tx, posting)
    return posting


async def follow(tx: Tx, kind: Kind, posting_id: UUID, status: Status) -> Posting:
    """Move a posting along with its deals, or at its end; one already closed stays closed. Needs `as_system`."""
    posting = await queries.lock_posting(tx, kind, posting_id)
    after = rules.followed(posting, status, tx.now)
    if after is not posting:
        await queries.save(tx, after)
        _tell(tx, after)
    return after


def _tell(tx: Tx, posting: Posting) -> None:
    tx.tell(PostingChanged((posting.created_by,), posting.kind))


async def _close_deals(tx: Tx, posting: Posting) -> None:
    """Have the deals of a cancelled posting closed once that is committed: each has a lock order of its own."""
    await tx.as_system("close the deals of a cancelled posting")
    requests = await queries.unfunded_requests(tx, posting)
    await enqueue_each(tx, "posting_cancelled", [{"request_id": request_id} for request_id in requests])
