"""Errands of deals: setting and storing the contract."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from stoory.deals.contract import Contract, clauses, facts
from stoory.deals.queries import contracts
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
        await storage.put(key(request_id, kind), await rendered(drawn.content, kind))
    async with db.as_system("a contract was stored") as tx:
        await contracts.save_stored(tx, request_id)


def key(request_id: UUID, kind: str) -> str:
    """Return under which key a contract's document is stored."""
    return KEYS[kind].format(id=request_id)


async def rendered(agreed: Contract, kind: str) -> bytes:
    """Return a contract as HTML or as PDF."""
    document = Document(
        title="Contract",
        subtitle=f"Request {agreed.request_id}, process version {agreed.process_version}",
        facts=facts(agreed),
        sections=[Section(heading, paragraphs) for heading, paragraphs in clauses(agreed)],
        footer=f"SHA-256 of the accepted offer and the terms: {agreed.hash}",
        at=agreed.funded_at,
    )
    return await as_pdf(document) if kind == PDF else as_html(document)
