-- migrate:up

create extension if not exists pg_trgm;

create table campaigns (
    id                  uuid primary key default gen_random_uuid(),
    title               varchar(255) not null,
    description         text,
    budget              decimal(10, 2) not null check (budget >= 1),
    status              varchar(20) not null default 'open'
                        check (status in ('open', 'in_progress', 'completed', 'cancelled')),
    requirements        text,
    language            varchar(50),
    platform            varchar(50),
    content_type        varchar(50),
    category            varchar(50),
    created_by          uuid not null references users (id),
    starts_at           timestamptz,
    ends_at             timestamptz,
    image_url           text,
    deliverables        text[] not null default '{}',
    min_followers       integer check (min_followers >= 0),
    usage_rights        text,
    disclosure_required boolean not null default true,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    constraint campaigns_end_after_they_start check (ends_at > starts_at)
);

create table bids (
    id                  uuid primary key default gen_random_uuid(),
    title               varchar(255) not null,
    description         text,
    min_budget          decimal(10, 2) not null check (min_budget >= 1),
    max_budget          decimal(10, 2) not null,
    status              varchar(20) not null default 'open'
                        check (status in ('open', 'in_progress', 'completed', 'cancelled')),
    requirements        text,
    language            varchar(50),
    platform            varchar(50),
    content_type        varchar(50),
    category            varchar(50),
    created_by          uuid not null references users (id),
    starts_at           timestamptz,
    ends_at             timestamptz,
    image_url           text,
    deliverables        text[] not null default '{}',
    min_followers       integer check (min_followers >= 0),
    usage_rights        text,
    disclosure_required boolean not null default true,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    constraint bids_bounds_in_order check (max_budget >= min_budget),
    constraint bids_end_after_they_start check (ends_at > starts_at)
);

create index idx_campaigns_created_by on campaigns (created_by);
create index idx_campaigns_status on campaigns (status);
create index campaigns_newest on campaigns (created_at desc, id desc);
create index campaigns_newest_by_status on campaigns (status, created_at desc, id desc);
create index campaigns_by_budget on campaigns (((budget * 100)::bigint), id);
create index campaigns_by_status_and_budget on campaigns (status, ((budget * 100)::bigint), id);
create index campaigns_platform on campaigns (lower(platform));
create index campaigns_language on campaigns (lower(language));
create index campaigns_category on campaigns (lower(category));
create index campaigns_content_type on campaigns (lower(content_type));
create index campaigns_ending on campaigns (ends_at) where status = 'open' and ends_at is not null;
create index campaigns_words on campaigns using gin ((title || ' ' || coalesce(description, '')) gin_trgm_ops);

create index idx_bids_created_by on bids (created_by);
create index idx_bids_status on bids (status);
create index bids_newest on bids (created_at desc, id desc);
create index bids_newest_by_status on bids (status, created_at desc, id desc);
create index bids_by_budget on bids (((max_budget * 100)::bigint), id);
create index bids_by_status_and_budget on bids (status, ((max_budget * 100)::bigint), id);
create index bids_by_least_budget on bids (((min_budget * 100)::bigint));
create index bids_platform on bids (lower(platform));
create index bids_language on bids (lower(language));
create index bids_category on bids (lower(category));
create index bids_content_type on bids (lower(content_type));
create index bids_ending on bids (ends_at) where status = 'open' and ends_at is not null;
create index bids_words on bids using gin ((title || ' ' || coalesce(description, '')) gin_trgm_ops);

-- The policies come with the requests: an influencer keeps seeing what she applied to.
alter table campaigns enable row level security, force row level security;
alter table bids enable row level security, force row level security;

grant select, insert, update, delete on campaigns, bids to stoory_system, stoory_api;

create policy system_campaigns on campaigns to stoory_system using (true) with check (true);
create policy system_bids on bids to stoory_system using (true) with check (true);

-- migrate:down
