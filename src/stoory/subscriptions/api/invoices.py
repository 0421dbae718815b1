"""The invoices of a subscription: as a list, and each that is paid as a page or as PDF."""

from __future__ import annotations

from typing import Final

from litestar import MediaType, Response

from stoory.errors import NotFound
from stoory.platform.documents import PDF, as_html, as_pdf
from stoory.platform.http.downloads import Asked, Form, download, kind_wanted
from stoory.platform.http.pages import DEFAULT_PAGE_ROWS, CursorParam, Limit, decode_cursor, page
from stoory.platform.http.routes import SIGNED_IN, Db, Id, Me, get
from stoory.subscriptions import queries
from stoory.subscriptions.api.shapes import InvoicesAnswer, invoice_shown
from stoory.subscriptions.errands import as_document
from stoory.subscriptions.queries import invoices
from stoory.subscriptions.queries.invoices import Key


@get("/api/subscriptions/{subscription_id:uuid}/invoices", who=SIGNED_IN, fails=(404,))
async def list_invoices(
    *, db: Db, actor: Me, subscription_id: Id, limit: Limit = DEFAULT_PAGE_ROWS, cursor: CursorParam = None
) -> InvoicesAnswer:
    """List the invoices of a subscription, newest first: open, paid, and those nobody waits for any more."""
    async with db.as_user(actor, readonly=True) as tx:
        await queries.subscription(tx, subscription_id)
        rows = await invoices.invoices_of(tx, subscription_id, decode_cursor(Key, cursor), limit + 1)
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id))
    return InvoicesAnswer(invoices=[invoice_shown(row) for row in shown], pagination=pagination)


@get(
    "/api/subscriptions/{subscription_id:uuid}/invoices/{invoice_id:uuid}",
    who=SIGNED_IN,
    fails=(404,),
    media_type=MediaType.HTML,
)
async def download_invoice(
    *, db: Db, actor: Me, request: Asked, subscription_id: Id, invoice_id: Id, form: Form = None
) -> Response[bytes]:
    """Return a paid invoice with its taxes, as a page or as PDF; there is none before."""
    async with db.as_user(actor, readonly=True) as tx:
        invoice = await invoices.invoice(tx, subscription_id, invoice_id)
    if invoice.issued_at is None:
        raise NotFound
    kind = kind_wanted(request, form)
    document = as_document(invoice)
    content = await as_pdf(document) if kind == PDF else as_html(document)
    return download(content, kind, f"invoice-{(invoice.number or '').replace('/', '-')}")


ROUTES: Final = [list_invoices, download_invoice]
