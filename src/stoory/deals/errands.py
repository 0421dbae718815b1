"""Errands of deals: setting, storing and fetching the contract."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from stoory.deals.contract import Contract, clauses, facts
from stoory.deals.queries import contracts
from stoory.deals.queries.contracts import Drawn
from stoory.errors import Busy, NotFound
from stoory.platform.database import Database
from stoory.platform.documents import HTML, PDF, Document, Section, as_html, as_pdf
from stoory.platform.storage import Storage

KEYS: Final = {HTML: "contracts/{id}/contract.html", PDF: "contracts/{id}/contract.pdf"}


async def store_contract(storage: Storage, db: Database, payload: dict[str, Any]) -> None:
    """Set a contract and store it, as HTML and as PDF; done twice, the same two files."""
    request_id = UUID(payload["request_id"])
    async with db.as_system("a contract to store", readonly=True) as tx:
        drawn = await contracts.contract_of(tx, request_id)
    for kind in KEYS:
        await storage.put(_key(request_id, kind), await _set(drawn.content, kind), content_type=kind)
    async with db.as_system("a contract was stored") as tx:
        await contracts.save_stored(tx, request_id)


async def document_of(storage: Storage, drawn: Drawn, kind: str) -> bytes:
    """Return a contract as HTML or as PDF; set anew while no file is stored, or none can be had."""
    if drawn.stored_at is not None:
        with suppress(NotFound, Busy):
            return await storage.read(_key(drawn.request_id, kind))
    return await _set(drawn.content, kind)


def _key(request_id: UUID, kind: str) -> str:
    return KEYS[kind].format(id=request_id)


async def _set(agreed: Contract, kind: str) -> bytes:
    document = Document(
        title="Contract",
        subtitle=f"Request {agreed.request_id}, process version {agreed.process_version}",
        facts=facts(agreed),
        sections=[Section(heading, paragraphs) for heading, paragraphs in clauses(agreed)],
        footer=f"SHA-256 of the accepted offer and the terms: {agreed.hash}",
        at=agreed.funded_at,
    )
    return await as_pdf(document) if kind == PDF else as_html(document)
