"""What campaigns and bids have alike, in the order in which the statements of both count their parameters."""

from __future__ import annotations

from stoory.postings.rules import Posting


def alike(posting: Posting) -> tuple[object, ...]:
    """Return the sixteen values that both tables keep and that can change, from `title` to `updated_at`."""
    return (
        posting.title,
        posting.description,
        posting.status,
        posting.requirements,
        posting.language,
        posting.platform,
        posting.content_type,
        posting.category,
        posting.starts_at,
        posting.ends_at,
        posting.image_url,
        posting.deliverables,
        posting.min_followers,
        posting.usage_rights,
        posting.disclosure_required,
        posting.updated_at,
    )
