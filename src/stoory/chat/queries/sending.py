"""Writing what several people send at once, in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from msgspec import Struct

from stoory.actor import Actor
from stoory.chat.drafts import Draft
from stoory.chat.rows import StoredMessage
from stoory.platform.database import Tx


class Letter(Struct, frozen=True, eq=False):
    """A draft of somebody's for a conversation, under the id its message will have."""

    id: UUID
    actor: Actor
    conversation_id: UUID
    draft: Draft

    @classmethod
    def of(cls, actor: Actor, conversation_id: UUID, draft: Draft) -> Letter:
        """Return somebody's draft with an id."""
        return cls(uuid4(), actor, conversation_id, draft)


class Written(Struct, frozen=True):
    """A message that was written, and under which number it is news to both."""

    message_id: UUID
    message_seq: int
    sent_to: UUID
    sender_number: int
    receiver_number: int


async def send_messages(tx: Tx, letters: Sequence[Letter]) -> dict[UUID, Written]:
    """Write and number what can be written at once; what is left out must be sent alone. Needs `db.at_once`."""
    letters = _each_once(letters)
    written = await tx.all(
        Written,
        """
        select message_id, message_seq, sent_to, sender_number, receiver_number
          from app.send_messages($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        [letter.id for letter in letters],
        [letter.actor.session_id for letter in letters],
        [letter.actor.id for letter in letters],
        [letter.conversation_id for letter in letters],
        [letter.draft.message for letter in letters],
        [letter.draft.media_url for letter in letters],
        [letter.draft.client_msg_id for letter in letters],
        tx.now,
    )
    return {one.message_id: one for one in written}


def _each_once(letters: Sequence[Letter]) -> list[Letter]:
    """Return them without those that bear an id their sender has given to an earlier one."""
    first: dict[object, Letter] = {}
    for letter in letters:
        id_ = letter.draft.client_msg_id
        first.setdefault(letter.id if id_ is None else (letter.actor.id, id_), letter)
    return list(first.values())


def stored(tx: Tx, letter: Letter, written: Written) -> StoredMessage:
    """Return the message as it was written: all but its number was known before."""
    return StoredMessage(
        id=letter.id,
        conversation_id=letter.conversation_id,
        seq=written.message_seq,
        sender_id=letter.actor.id,
        receiver_id=written.sent_to,
        message=letter.draft.message,
        message_type="user",
        action_required=False,
        action_data=None,
        action_role=None,
        flow_context=None,
        media_url=letter.draft.media_url,
        metadata=None,
        client_msg_id=letter.draft.client_msg_id,
        deleted_at=None,
        created_at=tx.now,
    )
