"""What somebody wants to say, and whether it can be said."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from stoory.chat.rows import StoredMessage
from stoory.errors import FieldError, Invalid

LONGEST_MESSAGE_CHARACTERS: Final = 4000
LONGEST_MEDIA_URL_CHARACTERS: Final = 2000
HTTPS_URL: Final = re.compile(r"https://[^\x00-\x20\x7f/?#@\\]+([/?#][^\x00-\x20\x7f]*)?", re.IGNORECASE)


class Draft(Struct, frozen=True, kw_only=True):
    """A message somebody wants to send, to a conversation or to a person."""

    conversation_id: UUID | None = None
    receiver_id: UUID | None = None
    message: str = ""
    media_url: str | None = None
    client_msg_id: str | None = None


def checked(draft: Draft) -> Draft:
    """Return the draft, trimmed; Invalid with everything that is wrong with it."""
    errors = [
        *_address_faults(draft.conversation_id, draft.receiver_id),
        *_text_faults(draft.message, may_be_empty=draft.media_url is not None),
        *_media_faults(draft.media_url),
    ]
    if errors:
        raise Invalid(*errors)
    return replace(draft, message=draft.message.strip())


def says_the_same(message: StoredMessage, draft: Draft) -> bool:
    """Return whether a repeated send is the same message again."""
    return (message.conversation_id, message.message, message.media_url) == (
        draft.conversation_id,
        draft.message,
        draft.media_url,
    )


def _text_faults(text: str, *, may_be_empty: bool) -> list[FieldError]:
    """Return what is wrong with a message's text."""
    length = len(text.strip())
    if length == 0 and not may_be_empty:
        return [FieldError("message", "must not be empty")]
    if length > LONGEST_MESSAGE_CHARACTERS:
        return [FieldError("message", f"must have at most {LONGEST_MESSAGE_CHARACTERS} characters")]
    return []


def _address_faults(conversation_id: UUID | None, receiver_id: UUID | None) -> list[FieldError]:
    if (conversation_id is None) == (receiver_id is None):
        return [FieldError("conversation_id", "send exactly one of conversation_id and receiver_id")]
    return []


def _media_faults(url: str | None) -> list[FieldError]:
    """Return what is wrong with a link to media. It is never fetched, only shown."""
    if url is None:
        return []
    if len(url) > LONGEST_MEDIA_URL_CHARACTERS:
        return [FieldError("media_url", f"must have at most {LONGEST_MEDIA_URL_CHARACTERS} characters")]
    if not HTTPS_URL.fullmatch(url):
        return [FieldError("media_url", "must be an https URL")]
    return []
