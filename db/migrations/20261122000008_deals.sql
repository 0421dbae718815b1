-- migrate:up

-- The truth of a request: where it stands, what was offered, when something happens by itself.
create table deals (
    request_id      uuid primary key references requests (id),
    conversation_id uuid not null unique references conversations (id),
    campaign_id     uuid references campaigns (id),
    bid_id          uuid references bids (id),
    brand_owner_id  uuid not null references users (id),
    influencer_id   uuid not null references users (id),
    seq             integer not null check (seq > 0),
    state           varchar(50) not null,
    awaiting_role   varchar(20),
    terms           jsonb not null,
    flow_data       jsonb not null,
    deadlines       jsonb not null default '{}',
    deadline_at     timestamptz,
    initialized_at  timestamptz,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);

comment on column deals.deadline_at is 'the nearest instant at which a timer or a reminder is due';

create index deals_deadline_at on deals (deadline_at) where deadline_at is not null;
create index deals_campaign_id on deals (campaign_id);
create index deals_bid_id on deals (bid_id);
create index deals_brand_owner_id on deals (brand_owner_id);
create index deals_influencer_id on deals (influencer_id);

-- What happened, in order. Folding a deal's events from the first gives its row.
create table deal_events (
    request_id      uuid not null references deals (request_id),
    seq             integer not null check (seq > 0),
    actor_id        uuid not null references users (id),
    role            varchar(20) not null,
    action          varchar(50) not null,
    from_state      varchar(50),
    to_state        varchar(50) not null,
    amount          decimal(10, 2),
    data            jsonb not null default '{}',
    process_version integer not null,
    at              timestamptz not null,
    brand_owner_id  uuid not null references users (id),
    influencer_id   uuid not null references users (id),
    primary key (request_id, seq)
);

create index deal_events_actor_id on deal_events (actor_id);
create index deal_events_brand_owner_id on deal_events (brand_owner_id);
create index deal_events_influencer_id on deal_events (influencer_id);

create trigger deal_events_are_append_only before update or delete on deal_events
    for each row execute function app.refuse_change();

alter table deals enable row level security, force row level security;
alter table deal_events enable row level security, force row level security;

grant select, insert, update on deals to stoory_system;
grant select, insert on deal_events to stoory_system;
grant select on deals, deal_events to stoory_api;

create policy system_deals on deals to stoory_system using (true) with check (true);
create policy system_deal_events on deal_events to stoory_system using (true) with check (true);

create policy parties_see_deals on deals for select to stoory_api
    using (brand_owner_id = (select app.user_id()) or influencer_id = (select app.user_id())
           or (select app.is_admin()));
create policy parties_see_deal_events on deal_events for select to stoory_api
    using (brand_owner_id = (select app.user_id()) or influencer_id = (select app.user_id())
           or (select app.is_admin()));

-- migrate:down
