"""The contract of a deal, for the two whose it is."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from litestar import MediaType, Response
from litestar.params import QueryParameter

from stoory.deals.errands import document_of
from stoory.deals.queries import contracts
from stoory.platform.http.downloads import JSON, Asked, download, kind_wanted
from stoory.platform.http.routes import SIGNED_IN, Db, Id, Me, get
from stoory.platform.storage import Storage

Form = Annotated[
    Literal["html", "pdf", "json"] | None,
    QueryParameter(
        name="format",
        description="as a page, as PDF, or as the JSON its hash is of; else as `Accept` says, or as a page",
    ),
]


@get("/api/requests/{request_id:uuid}/contract", who=SIGNED_IN, fails=(404,), media_type=MediaType.HTML)
async def download_contract(
    *,
    db: Db,
    actor: Me,
    storage: Storage,
    request: Asked,
    request_id: Id,
    form: Form = None,
) -> Response[bytes]:
    """Return the contract of a funded request, as a page or as PDF; there is none before.

    Its `ETag` is the fingerprint that stands in it: the SHA-256 of exactly the bytes that `format=json` answers, which
    are the accepted offer and the terms.
    """
    async with db.as_user(actor, readonly=True) as tx:
        drawn = await contracts.contract_of(tx, request_id)
    agreed, kind = drawn.content, kind_wanted(request, form)
    content = agreed.accepted.encode() if kind == JSON else await document_of(storage, drawn, kind)
    return download(content, kind, f"contract-{request_id}", etag=agreed.hash)


ROUTES: Final = [download_contract]
