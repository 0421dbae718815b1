"""Documents as downloads: in the form that was asked for, and harmless in a browser."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from litestar import Request, Response
from litestar.params import QueryParameter

from stoory.platform.documents import HTML, PDF

Asked = Request[Any, Any, Any]
"""A handler's `request`, for its `Accept`."""

Form = Annotated[
    Literal["html", "pdf"] | None,
    QueryParameter(name="format", description="as a page or as PDF; else as `Accept` says, or as a page"),
]
JSON: Final = "application/json"
KINDS: Final[dict[str, str]] = {"html": HTML, "pdf": PDF, "json": JSON}
EXTENSIONS: Final = {kind: form for form, kind in KINDS.items()}

SEALED: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""A document runs nothing and loads nothing."""


def kind_wanted(request: Asked, form: str | None) -> str:
    """Return the kind of document that was asked for: by name, or by what the client would rather have."""
    if form is not None:
        return KINDS[form]
    return request.accept.best_match([HTML, PDF], default=HTML) or HTML


def download(content: bytes, kind: str, name: str, *, etag: str | None = None) -> Response[bytes]:
    """Answer with a document: a page is shown, anything else is saved."""
    way = "inline" if kind == HTML else "attachment"
    headers = {
        "Content-Disposition": f'{way}; filename="{name}.{EXTENSIONS[kind]}"',
        "Content-Security-Policy": SEALED,
        "Cache-Control": "private, no-store",
        "Vary": "Accept",
    }
    if etag is not None:
        headers["ETag"] = f'"{etag}"'
    return Response(content, media_type=kind, headers=headers)
