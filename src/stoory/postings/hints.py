"""What is told of postings."""

from __future__ import annotations

from stoory.platform.bus import Hint
from stoory.postings.rules import Kind


class PostingChanged(Hint, frozen=True):
    """A posting of that kind is new, another or gone: lists that were read before may be wrong."""

    kind: Kind
