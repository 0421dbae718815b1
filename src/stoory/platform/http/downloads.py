"""Documents as downloads: in the form that was asked for, and harmless in a browser."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from litestar import Response
from litestar.params import QueryParameter

from stoory.platform.documents import HTML, PDF

Form = Annotated[Literal["html", "pdf"], QueryParameter(name="format", description="as a page or as PDF")]
KINDS: Final[dict[str, str]] = {"html": HTML, "pdf": PDF}

SEALED: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""A document runs nothing and loads nothing."""


def download(content: bytes, kind: str, name: str) -> Response[bytes]:
    """Answer with a document: a page is shown, a PDF is saved."""
    way = "inline" if kind == HTML else "attachment"
    extension = "html" if kind == HTML else "pdf"
    headers = {
        "Content-Disposition": f'{way}; filename="{name}.{extension}"',
        "Content-Security-Policy": SEALED,
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=kind, headers=headers)
