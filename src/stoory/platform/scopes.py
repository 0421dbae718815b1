"""What an API key is for: looking only, or all that its owner may do. Both doors ask here."""

from __future__ import annotations

from stoory.actor import Actor
from stoory.errors import Forbidden


def require_session(actor: Actor) -> None:
    """Refuse a key where only its owner themselves may ask."""
    if actor.key is not None:
        raise Forbidden("No API key may do this: sign in.", code="needs_session")


def require_write(actor: Actor) -> None:
    """Refuse to change anything for a key that is for reading."""
    if actor.key is not None and actor.key.scope == "read":
        raise Forbidden("This API key is for reading only.", code="read_only_key")
