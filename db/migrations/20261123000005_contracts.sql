-- migrate:up

-- What the two of a funded deal agreed, as data; its documents are in the storage once stored_at is set.
create table contracts (
    request_id     uuid primary key references deals (request_id),
    brand_owner_id uuid not null references users (id),
    influencer_id  uuid not null references users (id),
    hash           varchar(64) not null,
    content        jsonb not null,
    created_at     timestamptz not null,
    stored_at      timestamptz
);

comment on column contracts.hash is 'SHA-256 of the accepted offer and the terms';

create index contracts_brand_owner_id on contracts (brand_owner_id);
create index contracts_influencer_id on contracts (influencer_id);

alter table contracts enable row level security, force row level security;

grant select, insert on contracts to stoory_system;
grant update (stored_at) on contracts to stoory_system;
grant select on contracts to stoory_api;

create policy system_contracts on contracts to stoory_system using (true) with check (true);
create policy parties_see_contracts on contracts for select to stoory_api
    using (brand_owner_id = (select app.user_id()) or influencer_id = (select app.user_id())
           or (select app.is_admin()));

-- migrate:down
