"""Who is asking: the person, role and session of a request."""

from __future__ import annotations

from enum import StrEnum
from typing import Final
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


class Actor(Struct, frozen=True):
    """A signed-in user, as the access token names them; the database checks the session in every transaction."""

    id: UUID
    role: Role
    session_id: UUID

    @property
    def is_admin(self) -> bool:
        """Operators may make every participant's move."""
        return self.role is Role.ADMIN
