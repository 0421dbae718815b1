"""Who is asking: the person and role of a request, and the session or API key it came with."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

SYSTEM_USER_ID: Final = UUID("00000000-0000-0000-0000-000000000001")
"""The author of automated messages: has no password and stands in no directory."""


class Role(StrEnum):
    """What a user is; fixed at registration. `system` belongs to the one system user alone."""

    INFLUENCER = "influencer"
    BRAND_OWNER = "brand_owner"
    ADMIN = "admin"
    SYSTEM = "system"


Scope = Literal["read", "write"]
"""What a key is for: looking only, or whatever its owner may do."""


class Key(Struct, frozen=True):
    """What an API key allows beside what its owner may do; its own number of requests is None where the plan's goes."""

    scope: Scope
    requests_per_minute: int | None = None


class Actor(Struct, frozen=True):
    """A signed-in user, as the access token or the API key names them.

    `session_id` is the credential's: of the session, or of the key when `key` says that one asks. The database checks
    in every transaction that it is still good.
    """

    id: UUID
    role: Role
    session_id: UUID
    key: Key | None = None

    @property
    def is_admin(self) -> bool:
        """Operators may make every participant's move."""
        return self.role is Role.ADMIN
