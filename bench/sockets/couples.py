"""Who talks: a brand owner and an influencer who share a conversation, nobody in two of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from msgspec import Struct

from bench.side_by_side.crowd import Crowd
from bench.side_by_side.stage import Stage
from stoory.actor import Role

CHATS: Final = """
    select id, brand_owner_id, influencer_id
      from conversations
     where chat_status = 'direct'
       and admin_id is null
     order by md5(id::text)
"""


class Couple(Struct, frozen=True):
    """A conversation and the tokens of its two people."""

    conversation_id: str
    tokens: tuple[str, str]


def couples(stage: Stage, crowd: Crowd, count: int) -> list[Couple]:
    """Return as many as there are, up to a count: the same ones in each run."""
    here = {*crowd.ids(Role.BRAND_OWNER), *crowd.ids(Role.INFLUENCER)}
    chosen: list[Couple] = []
    for row in stage.rows(CHATS):
        two: set[UUID] = {row["brand_owner_id"], row["influencer_id"]}
        if two <= here and len(chosen) < count:
            here -= two
            tokens = (crowd.token(row["brand_owner_id"]), crowd.token(row["influencer_id"]))
            chosen.append(Couple(str(row["id"]), tokens))
    return chosen


def tokens_of_all(crowd: Crowd) -> Iterator[str]:
    """Yield everybody's, one each."""
    for role in (Role.INFLUENCER, Role.BRAND_OWNER):
        for person in crowd.ids(role):
            yield crowd.token(person)
