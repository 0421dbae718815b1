"""The tables of the guide's section 8 are there, with its columns, checks and indexes; more is allowed."""

from __future__ import annotations

from typing import Final

import asyncpg
import pytest

COLUMNS: Final = {
    "users": "id name phone email role profile_image_url bio created_at updated_at",
    "campaigns": "id title description budget status requirements language platform content_type category created_by"
    " created_at updated_at",
    "bids": "id title description min_budget max_budget status requirements language platform content_type category"
    " created_by created_at updated_at",
    "requests": "id campaign_id bid_id influencer_id status proposed_amount agreed_amount message portfolio_links"
    " created_at updated_at",
    "conversations": "id campaign_id bid_id brand_owner_id influencer_id chat_status flow_state awaiting_role flow_data"
    " automation_enabled payment_required payment_completed created_at updated_at",
    "messages": "id conversation_id sender_id receiver_id message message_type action_required action_data media_url"
    " metadata seen created_at",
}

INDEXES: Final = (
    "idx_campaigns_created_by idx_campaigns_status idx_bids_created_by idx_bids_status idx_requests_campaign_id"
    " idx_requests_bid_id idx_requests_influencer_id idx_requests_status idx_conversations_campaign_id"
    " idx_conversations_bid_id idx_conversations_brand_owner_id idx_conversations_influencer_id"
    " idx_messages_conversation_id idx_messages_sender_id idx_messages_created_at"
)

SOMEBODY: Final = "(select id from users limit 1)"

REFUSED: Final = {
    "a role that is none": "insert into users (name, phone, role) values ('X', '+1', 'king')",
    "a second user with the same phone": "insert into users (name, phone, role) select name, phone, role from users",
    "a status that is none": f"insert into bids (title, min_budget, max_budget, status, created_by)"
    f" values ('X', 1, 2, 'lost', {SOMEBODY})",
    "a request for nothing": "insert into requests (influencer_id, brand_owner_id, proposed_amount)"
    f" values ({SOMEBODY}, {SOMEBODY}, 5)",
    "a chat status that is none": "insert into conversations (brand_owner_id, influencer_id, chat_status)"
    f" values ({SOMEBODY}, {SOMEBODY}, 'loud')",
    "a conversation about a campaign and a bid": "insert into conversations (brand_owner_id, influencer_id,"
    f" campaign_id, bid_id) values ({SOMEBODY}, {SOMEBODY}, gen_random_uuid(), gen_random_uuid())",
}


@pytest.mark.parametrize("table", COLUMNS)
async def test_a_table_of_the_guide_has_its_columns(
    table: str, superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    there = await superuser.fetch(
        "select column_name from information_schema.columns where table_name = $1", table
    )

    assert set(COLUMNS[table].split()) <= {column["column_name"] for column in there}


async def test_the_indexes_of_the_guide_are_there(superuser: asyncpg.Connection[asyncpg.Record]) -> None:
    there = await superuser.fetch("select indexname from pg_indexes where schemaname = 'public'")

    assert set(INDEXES.split()) <= {index["indexname"] for index in there}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("what", REFUSED)
async def test_the_checks_of_the_guide_refuse(
    what: str, superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await superuser.execute(REFUSED[what])
