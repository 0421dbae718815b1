"""Documents for people: one content, as a page of HTML and as PDF.

The PDF is set by typst. What people wrote is data to it and never code, it reads no file and no network, and it uses
its own fonts, so that one content gives one document everywhere.
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

from msgspec import Struct, to_builtins

from stoory.errors import Busy

DEADLINE_SECONDS: Final = 20
YIELDS: Final = 10
"""How much less urgent than all else setting a document is, in the steps of nice(1)."""

HTML: Final = "text/html"
PDF: Final = "application/pdf"

_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)
"""Control characters, those nobody sees, and those that turn what follows around: a contract reads as it is written."""

_PRINTED: Final = re.compile("[\n -\u052f\u0590-\u06ff\u0900-\u097f\u1e00-\u1fff\u2000-\u22ff]*")
"""What the fonts of the PDF have: Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, signs and currencies."""

INCOMPLETE: Final = (
    "Some letters cannot be printed in this PDF and stand as boxes; the page (format=html) has them all."
)


class Section(Struct, frozen=True):
    """A part of a document."""

    heading: str
    paragraphs: list[str]


class Document(Struct, frozen=True, kw_only=True):
    """What a document says."""

    title: str
    subtitle: str
    facts: list[tuple[str, str]]
    """What stands in the table at the top: name and value."""
    sections: list[Section]
    footer: str
    at: datetime


def as_html(document: Document) -> bytes:
    """Return a page that stands alone: no scripts, nothing loaded, ready to be printed."""
    facts = "".join(f"<tr><th>{_text(name)}<td>{_text(value)}" for name, value in document.facts)
    sections = "".join(
        f"<h2>{_text(section.heading)}</h2>" + "".join(f"<p>{_text(each)}</p>" for each in section.paragraphs)
        for section in document.sections
    )
    return PAGE.format(
        title=_text(document.title),
        subtitle=_text(document.subtitle),
        facts=facts,
        sections=sections,
        footer=_text(document.footer),
    ).encode()


def _yield_to_others() -> None:
    """Let this thread run when nothing else wants to. Only Linux knows threads of their own urgency."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), YIELDS)


_printer: Final = ThreadPoolExecutor(1, thread_name_prefix="documents", initializer=_yield_to_others)
"""One document after another: each takes a core for a while, and people wait for the other one."""


async def as_pdf(document: Document) -> bytes:
    """Return the document as PDF; Busy when it takes too long."""
    setting = asyncio.get_running_loop().run_in_executor(_printer, _pdf, document)
    try:
        return await asyncio.wait_for(setting, DEADLINE_SECONDS)
    except TimeoutError:
        raise Busy("The document takes too long; try again in a moment.") from None


def _pdf(document: Document) -> bytes:
    import typst  # noqa: PLC0415 - only when a document is wanted

    said = _cleaned(to_builtins(document))
    text = json.dumps(said, ensure_ascii=False)
    data = {"said": text, "note": "" if _PRINTED.fullmatch(text) else INCOMPLETE}
    # Its root is an empty folder: there is nothing to read, whatever a template were to ask for.
    with TemporaryDirectory() as nowhere:
        printer = typst.Compiler(TEMPLATE.encode(), root=nowhere, ignore_system_fonts=True, sys_inputs=data)
        return cast("bytes", printer.compile(format="pdf", timestamp=int(document.at.timestamp())))


def _cleaned(said: Any) -> Any:
    """Return the same without what cannot be printed, however deep it stands."""
    match said:
        case str():
            return _UNPRINTABLE.sub("", said)
        case list() | tuple():
            return [_cleaned(each) for each in cast("list[Any]", said)]
        case dict():
            return {name: _cleaned(value) for name, value in cast("dict[str, Any]", said).items()}
        case _:
            return said


def _text(said: str) -> str:
    return html.escape(_UNPRINTABLE.sub("", said)).replace("\n", "<br>")


PAGE: Final = """<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>
<style>body{{font:16px/1.55 Georgia,serif;max-width:42rem;margin:3rem auto;padding:0 1rem;overflow-wrap:anywhere}}
h1{{margin-bottom:0}}h2{{font-size:1.1rem;margin:1.6rem 0 .3rem}}p{{margin:.4rem 0}}table{{border-collapse:collapse}}
th{{text-align:left;padding-right:2rem;vertical-align:top;font-weight:600}}.small{{color:#555;font-size:.85rem}}
@media print{{body{{margin:0;max-width:none}}}}</style>
<h1>{title}</h1><p class=small>{subtitle}</p><table>{facts}</table>{sections}<p class=small>{footer}</p></html>"""

TEMPLATE: Final = r"""
#let d = json(bytes(sys.inputs.said))
#set document(title: d.title)
#set page(paper: "a4", margin: 2.2cm, numbering: "1 / 1")
#set text(font: "Libertinus Serif", size: 11pt)
#set par(justify: false)
// A long word would run off the paper, and what it says with it: it may break anywhere.
#let whole(least, said) = {
  show regex("[^\\s\u{200b}]{" + str(least) + ",}"): word => word.text.clusters().join("\u{200b}")
  said
}
#text(size: 20pt, weight: "bold", whole(20, d.title))

#text(fill: luma(90), whole(40, d.subtitle))

#table(columns: (auto, 1fr), stroke: none, inset: (x: 0pt, y: 4pt), column-gutter: 2em,
  ..d.facts.map(f => (strong(f.at(0)), whole(40, f.at(1)))).flatten())
#for s in d.sections [
  #v(0.6em)
  #text(size: 13pt, weight: "bold", whole(30, s.heading))
  #for p in s.paragraphs { parbreak(); whole(40, p) }
]
#v(1.5em)
#text(size: 9pt, fill: luma(90), d.footer)

#text(size: 9pt, fill: luma(90), sys.inputs.note)
"""
