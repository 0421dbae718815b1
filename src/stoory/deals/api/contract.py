"""The contract of a deal, for the two whose it is."""

from __future__ import annotations

from typing import Final

from litestar import MediaType, Response
from litestar.di import NamedDependency

from stoory.deals.errands import key, rendered
from stoory.deals.queries import contracts
from stoory.platform.http.downloads import KINDS, Form, download
from stoory.platform.http.routes import SIGNED_IN, Db, Id, Me, get
from stoory.platform.storage import Storage


@get("/api/requests/{request_id:uuid}/contract", who=SIGNED_IN, fails=(404,), media_type=MediaType.HTML)
async def download_contract(
    db: Db, actor: Me, storage: NamedDependency[Storage], request_id: Id, form: Form = "html"
) -> Response[bytes]:
    """Return the contract of a funded request, as a page or as PDF; there is none before."""
    async with db.as_user(actor, readonly=True) as tx:
        drawn = await contracts.contract_of(tx, request_id)
    kind = KINDS[form]
    if drawn.stored_at is None:
        content = await rendered(drawn.content, kind)
    else:
        content = await storage.read(key(request_id, kind))
    return download(content, kind, f"contract-{request_id}")


ROUTES: Final = [download_contract]
