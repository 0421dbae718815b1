"""Who sees and writes which rows: what row-level security is to say, in words of our own, one entry a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, LiteralString
from uuid import UUID

from msgspec import Struct

from stoory.actor import Role
from tests.policies.scene import PEOPLE

Row = dict[str, Any]


class Viewer(Struct, frozen=True):
    """Somebody in front of the walls; nobody has neither id nor role."""

    name: str
    applied_to: frozenset[UUID] = frozenset()

    @property
    def id(self) -> UUID | None:
        """Their id."""
        return PEOPLE[self.name].id if self.name in PEOPLE else None

    @property
    def role(self) -> Role | None:
        """Their role."""
        return PEOPLE[self.name].role if self.name in PEOPLE else None

    @property
    def is_admin(self) -> bool:
        """Whether it is Om."""
        return self.role is Role.ADMIN

    def is_in(self, row: Row, *columns: str) -> bool:
        """Whether one of the columns names them."""
        return self.id is not None and self.id in [row[column] for column in columns]


Which = Callable[[Viewer, Row], bool]


class Table(Struct, frozen=True, kw_only=True):
    """Which rows of a table somebody sees, changes, removes and adds; None is a right the API's role does not have."""

    sees: Which | None = None
    changes: Which | None = None
    columns: str = ""
    """Those that can be changed at all."""
    touch: LiteralString = ""
    """Changes a row without looking at it, and so without asking who may see it."""
    owner: str = ""
    """A changeable column that must not come to name somebody else."""
    adds: Which | None = None
    author: str = ""
    """The column that says in whose name a new row is."""
    added: str = ""
    """The columns that can be given to a new row; all of them where nothing is said."""
    removes: Which | None = None


def nobody(_: Viewer, __: Row) -> bool:
    """Not even who owns it."""
    return False


def operators(viewer: Viewer, _: Row) -> bool:
    """Those who run the place."""
    return viewer.is_admin


def signed_in(viewer: Viewer, _: Row) -> bool:
    """Whoever they are."""
    return viewer.id is not None


def own(viewer: Viewer, row: Row) -> bool:
    """Whose it is."""
    return viewer.is_in(row, "user_id")


def payers(viewer: Viewer, row: Row) -> bool:
    """Who pays, and operators."""
    return viewer.is_admin or viewer.is_in(row, "payer_id")


def own_and_operators(viewer: Viewer, row: Row) -> bool:
    """Whose it is, and operators."""
    return viewer.is_admin or viewer.is_in(row, "user_id")


def account_owners(viewer: Viewer, row: Row) -> bool:
    """Whose account it is, and operators."""
    return viewer.is_admin or viewer.is_in(row, "owner_id")


def participants(viewer: Viewer, row: Row) -> bool:
    """The people of a conversation."""
    return viewer.is_in(row, "brand_owner_id", "influencer_id", "admin_id")


def parties(viewer: Viewer, row: Row) -> bool:
    """The two of a deal, and operators."""
    return viewer.is_admin or viewer.is_in(row, "brand_owner_id", "influencer_id")


def owners(viewer: Viewer, row: Row) -> bool:
    """Who posted it, and operators."""
    return viewer.is_admin or viewer.is_in(row, "created_by")


def candidates_too(viewer: Viewer, row: Row) -> bool:
    """Its owners; and influencers while it is open, or once they applied to it."""
    is_candidate = viewer.role is Role.INFLUENCER and (
        row["status"] == "open" or row["id"] in viewer.applied_to
    )
    return owners(viewer, row) or is_candidate


def senders_while_it_stands(viewer: Viewer, row: Row) -> bool:
    """Who wrote it, as long as it is not deleted."""
    return viewer.is_in(row, "sender_id") and row["message_type"] == "user" and row["deleted_at"] is None


POSTINGS: Final = Table(
    sees=candidates_too,
    changes=owners,
    columns="*",
    touch="updated_at = now()",
    owner="created_by",
    author="created_by",
    adds=lambda viewer, row: (
        viewer.role in (Role.BRAND_OWNER, Role.ADMIN) and viewer.is_in(row, "created_by")
    ),
    removes=owners,
)

TABLES: Final[dict[str, Table]] = {
    "api_keys": Table(
        sees=own,
        changes=lambda viewer, row: own(viewer, row) and row["revoked_at"] is None,
        columns="revoked_at revoked_why",
        touch="revoked_at = now(), revoked_why = 'revoked'",
    ),
    "audit_log": Table(sees=operators),
    "bids": POSTINGS,
    "campaigns": POSTINGS,
    "coupons": Table(sees=operators),
    "conversations": Table(sees=lambda viewer, row: viewer.is_admin or participants(viewer, row)),
    "contracts": Table(sees=parties),
    "credentials": Table(),
    "deal_events": Table(sees=parties),
    "deals": Table(sees=parties),
    "idempotency_keys": Table(),
    "inboxes": Table(sees=own),
    "invoice_numbers": Table(),
    "invoices": Table(sees=own_and_operators),
    "ledger_accounts": Table(sees=account_owners),
    "ledger_entries": Table(sees=account_owners),
    "ledger_journals": Table(sees=account_owners),
    "messages": Table(
        sees=lambda viewer, row: viewer.is_admin or participants(viewer, row),
        changes=senders_while_it_stands,
        columns="deleted_at",
        touch="deleted_at = now()",
        adds=lambda viewer, row: viewer.is_in(row, "sender_id") and participants(viewer, row),
        author="sender_id",
        added="id conversation_id sender_id receiver_id message media_url client_msg_id created_at",
    ),
    "news": Table(sees=own),
    "notifications": Table(sees=own, changes=own, columns="seen_at", touch="seen_at = null"),
    "order_events": Table(sees=payers),
    "orders": Table(sees=payers),
    "participations": Table(
        sees=lambda viewer, row: viewer.is_admin or viewer.is_in(row, "user_id", "other_user_id"),
        changes=own,
        columns="seen_seq seen_at",
        touch="seen_at = null",
    ),
    "payments": Table(sees=payers),
    "payout_accounts": Table(sees=own_and_operators),
    "payout_events": Table(sees=own_and_operators),
    "payouts": Table(sees=own_and_operators),
    "plan_terms": Table(sees=own_and_operators),
    "plans": Table(sees=signed_in),
    "quarantine": Table(sees=operators),
    "refresh_tokens": Table(),
    "refunds": Table(sees=payers),
    "requests": Table(sees=parties),
    "sessions": Table(
        sees=own,
        changes=lambda viewer, row: own(viewer, row) and row["ended_at"] is None,
        columns="ended_at ended_why",
        touch="ended_at = now(), ended_why = 'ended'",
    ),
    "subscription_events": Table(sees=own_and_operators),
    "subscriptions": Table(sees=own_and_operators),
    "tax_rates": Table(),
    "webhook_events": Table(sees=operators),
    "users": Table(
        sees=lambda viewer, row: viewer.is_admin or viewer.is_in(row, "id"),
        changes=lambda viewer, row: viewer.is_in(row, "id"),
        columns="name email bio profile_image_url languages categories social_platforms locale updated_at",
        touch="updated_at = now()",
    ),
}

PUBLIC_PROFILE: Final = "id name role bio profile_image_url languages categories social_platforms"
"""What of everybody's row everybody sees, through the view public_profiles."""

DOORS: Final = frozenset(
    {
        "claim",
        "find_postings",
        "hold_quota",
        "is_admin",
        "live_applications",
        "on_terms",
        "open_postings",
        "plan_of",
        "role",
        "user_id",
    }
)
"""The functions that the API's role may call."""
