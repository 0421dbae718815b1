-- migrate:up

create table conversations (
    id                 uuid primary key default gen_random_uuid(),
    campaign_id        uuid references campaigns (id),
    bid_id             uuid references bids (id),
    brand_owner_id     uuid references users (id),
    influencer_id      uuid references users (id),
    chat_status        varchar(20) not null default 'direct'
                       check (chat_status in ('direct', 'automated', 'completed')),
    flow_state         varchar(50),
    awaiting_role      varchar(20),
    flow_data          jsonb,
    automation_enabled boolean not null default false,
    payment_required   boolean not null default false,
    payment_completed  boolean not null default false,
    request_id         uuid unique references requests (id),
    admin_id           uuid references users (id),
    last_seq           bigint not null default 0,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    constraint conversations_context_unique check (
        (campaign_id is not null and bid_id is null) or
        (campaign_id is null and bid_id is not null) or
        (campaign_id is null and bid_id is null)
    ),
    constraint conversations_of_a_deal_have_its_request check ((request_id is null) = (chat_status = 'direct')),
    constraint conversations_have_two_people check (num_nonnulls(brand_owner_id, influencer_id, admin_id) = 2),
    constraint conversations_of_a_deal_have_no_admin check (request_id is null or admin_id is null)
);

comment on column conversations.admin_id is 'set in a support thread: an operator and one other person';
comment on column conversations.updated_at is 'the newest activity: lists are ordered by it';

create index idx_conversations_campaign_id on conversations (campaign_id);
create index idx_conversations_bid_id on conversations (bid_id);
create index idx_conversations_brand_owner_id on conversations (brand_owner_id);
create index idx_conversations_influencer_id on conversations (influencer_id);
create index conversations_admin_id on conversations (admin_id);
-- None on updated_at: every message changes it, and would then rewrite all these entries instead of none.

create unique index conversations_one_open_per_bid on conversations (bid_id, brand_owner_id, influencer_id)
    where bid_id is not null and chat_status = 'automated';
create unique index conversations_one_open_per_campaign on conversations (campaign_id, brand_owner_id, influencer_id)
    where campaign_id is not null and chat_status = 'automated';
create unique index conversations_one_direct_per_pair on conversations (brand_owner_id, influencer_id)
    where chat_status = 'direct' and admin_id is null;
create unique index conversations_one_support_thread
    on conversations (admin_id, coalesce(brand_owner_id, influencer_id))
    where admin_id is not null;

create table messages (
    id              uuid primary key default gen_random_uuid(),
    conversation_id uuid not null references conversations (id) on delete cascade,
    sender_id       uuid not null references users (id),
    receiver_id     uuid references users (id),
    message         text not null,
    message_type    varchar(20) not null default 'user' check (message_type in ('user', 'system', 'automated')),
    action_required boolean not null default false,
    action_data     jsonb,
    media_url       text,
    metadata        jsonb,
    seen            boolean not null default false,
    seq             bigint not null,
    action_role     varchar(20),
    flow_context    jsonb,
    client_msg_id   varchar(100),
    brand_owner_id  uuid,
    influencer_id   uuid,
    admin_id        uuid,
    deleted_at      timestamptz,
    created_at      timestamptz not null default now(),
    constraint messages_numbered_in_a_conversation unique (conversation_id, seq),
    constraint messages_sent_once unique (sender_id, client_msg_id)
);

comment on column messages.seen is 'of the first schema; who has seen what is told by participations.seen_seq';
comment on column messages.action_role is 'whose buttons action_data holds; everybody else sees the text alone';
comment on column messages.brand_owner_id is
    'with influencer_id and admin_id a copy of the conversation''s people, so that the wall needs no join';

create index idx_messages_sender_id on messages (sender_id);
create index idx_messages_created_at on messages (created_at);
create index idx_messages_conversation_id on messages (conversation_id);
create index messages_receiver_id on messages (receiver_id);
create unique index messages_one_open_action on messages (conversation_id) where action_required;

-- How far each of the two has read. Unread is conversations.last_seq - seen_seq, never a scan.
create table participations (
    conversation_id uuid not null references conversations (id) on delete cascade,
    user_id         uuid not null references users (id),
    other_user_id   uuid not null references users (id),
    seen_seq        bigint not null default 0,
    seen_at         timestamptz,
    primary key (conversation_id, user_id)
);

create index participations_user_id on participations (user_id, other_user_id);
create index participations_other_user_id on participations (other_user_id);

-- Numbers a message under its conversation's lock, so that seq has no gap whoever writes, and whatever rolls back.
-- The sender has read what they answer. A client_msg_id that is there already inserts nothing: the locks make
-- the second of two racing sends see the first, also when they go to two conversations.
create function app.number_message() returns trigger
    language plpgsql security definer set search_path = ''
as $$
declare
    conversation record;
begin
    if new.client_msg_id is not null then
        perform pg_advisory_xact_lock(hashtextextended(new.sender_id || new.client_msg_id, 0));
    end if;

    select c.last_seq + 1 as seq, c.brand_owner_id, c.influencer_id, c.admin_id
      into conversation
      from public.conversations c
     where c.id = new.conversation_id
       for update;

    if new.client_msg_id is not null and exists (
        select from public.messages m
         where m.sender_id = new.sender_id
           and m.client_msg_id = new.client_msg_id
    ) then
        return null;
    end if;

    new.seq := conversation.seq;
    new.brand_owner_id := conversation.brand_owner_id;
    new.influencer_id := conversation.influencer_id;
    new.admin_id := conversation.admin_id;

    update public.conversations
       set last_seq = new.seq,
           updated_at = greatest(updated_at, new.created_at)
     where id = new.conversation_id;

    update public.participations
       set seen_seq = new.seq,
           seen_at = new.created_at
     where conversation_id = new.conversation_id
       and user_id = new.sender_id;

    return new;
end
$$;

create trigger messages_are_numbered before insert on messages
    for each row execute function app.number_message();

-- An owner must be able to create where its function lives; only for the moment of the change.
grant create on schema app to stoory_system;
alter function app.number_message() owner to stoory_system;
revoke create on schema app from stoory_system;

alter table conversations enable row level security, force row level security;
alter table messages enable row level security, force row level security;
alter table participations enable row level security, force row level security;

grant select, insert, update, delete on conversations, messages, participations to stoory_system;
grant select on conversations, messages, participations to stoory_api;
grant insert (id, conversation_id, sender_id, receiver_id, message, media_url, client_msg_id, created_at)
    on messages to stoory_api;
grant update (deleted_at) on messages to stoory_api;
grant update (seen_seq, seen_at) on participations to stoory_api;

create policy system_conversations on conversations to stoory_system using (true) with check (true);
create policy system_messages on messages to stoory_system using (true) with check (true);
create policy system_participations on participations to stoory_system using (true) with check (true);

create policy own_conversations on conversations for select to stoory_api
    using (brand_owner_id = (select app.user_id()) or influencer_id = (select app.user_id())
           or admin_id = (select app.user_id()) or (select app.is_admin()));

create policy own_conversations_messages on messages for select to stoory_api
    using (brand_owner_id = (select app.user_id()) or influencer_id = (select app.user_id())
           or admin_id = (select app.user_id()) or (select app.is_admin()));
-- The trigger has put the conversation's people into the row before this is checked.
create policy write_to_own_conversations on messages for insert to stoory_api
    with check (sender_id = (select app.user_id())
                and message_type = 'user'
                and (brand_owner_id = (select app.user_id()) or influencer_id = (select app.user_id())
                     or admin_id = (select app.user_id())));
-- Deleted for good: what was taken back is not said again.
create policy delete_own_messages on messages for update to stoory_api
    using (sender_id = (select app.user_id()) and message_type = 'user' and deleted_at is null)
    with check (sender_id = (select app.user_id()) and message_type = 'user' and deleted_at is not null);

create policy own_participations on participations for select to stoory_api
    using (user_id = (select app.user_id()) or other_user_id = (select app.user_id()) or (select app.is_admin()));
create policy read_on on participations for update to stoory_api
    using (user_id = (select app.user_id())) with check (user_id = (select app.user_id()));

-- migrate:down
