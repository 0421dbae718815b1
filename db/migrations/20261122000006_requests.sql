-- migrate:up

create table requests (
    id              uuid primary key default gen_random_uuid(),
    campaign_id     uuid references campaigns (id),
    bid_id          uuid references bids (id),
    influencer_id   uuid not null references users (id),
    brand_owner_id  uuid not null references users (id),
    status          varchar(20) not null default 'pending'
                    check (status in ('pending', 'approved', 'rejected', 'in_progress', 'completed', 'cancelled')),
    proposed_amount decimal(10, 2) not null check (proposed_amount >= 1),
    agreed_amount   decimal(10, 2) check (agreed_amount >= 1),
    message         text,
    portfolio_links text[] not null default '{}',
    payment_status  varchar(20) not null default 'unpaid'
                    check (payment_status in ('unpaid', 'pending', 'paid', 'refunded')),
    paid_at         timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    constraint check_request_source check (
        (campaign_id is not null and bid_id is null) or
        (campaign_id is null and bid_id is not null)
    )
);

comment on column requests.brand_owner_id is 'the owner of the posting, here so that the wall needs no join';

create index idx_requests_campaign_id on requests (campaign_id);
create index idx_requests_bid_id on requests (bid_id);
create index idx_requests_influencer_id on requests (influencer_id);
create index requests_brand_owner_id on requests (brand_owner_id);
create index idx_requests_status on requests (status);

-- One live request per influencer and source.
create unique index requests_one_live_per_bid on requests (bid_id, influencer_id)
    where status in ('pending', 'approved', 'in_progress') and bid_id is not null;
create unique index requests_one_live_per_campaign on requests (campaign_id, influencer_id)
    where status in ('pending', 'approved', 'in_progress') and campaign_id is not null;

alter table requests enable row level security, force row level security;

grant select, insert, update, delete on requests to stoory_system;
grant select on requests to stoory_api;

create policy system_requests on requests to stoory_system using (true) with check (true);
create policy parties_see_requests on requests for select to stoory_api
    using (influencer_id = (select app.user_id()) or brand_owner_id = (select app.user_id())
           or (select app.is_admin()));

-- A posting is seen by its owner and by operators; by influencers while it is open or once they applied to it.
create policy seen_campaigns on campaigns for select to stoory_api
    using (created_by = (select app.user_id())
           or (select app.is_admin())
           or ((select app.role()) = 'influencer'
               and (status = 'open'
                    or id in (select r.campaign_id from requests r where r.influencer_id = (select app.user_id())))));
create policy seen_bids on bids for select to stoory_api
    using (created_by = (select app.user_id())
           or (select app.is_admin())
           or ((select app.role()) = 'influencer'
               and (status = 'open'
                    or id in (select r.bid_id from requests r where r.influencer_id = (select app.user_id())))));

create policy post_own_campaigns on campaigns for insert to stoory_api
    with check (created_by = (select app.user_id()) and (select app.role()) in ('brand_owner', 'admin'));
create policy post_own_bids on bids for insert to stoory_api
    with check (created_by = (select app.user_id()) and (select app.role()) in ('brand_owner', 'admin'));

create policy change_own_campaigns on campaigns for update to stoory_api
    using (created_by = (select app.user_id()) or (select app.is_admin()))
    with check (created_by = (select app.user_id()) or (select app.is_admin()));
create policy change_own_bids on bids for update to stoory_api
    using (created_by = (select app.user_id()) or (select app.is_admin()))
    with check (created_by = (select app.user_id()) or (select app.is_admin()));

create policy remove_own_campaigns on campaigns for delete to stoory_api
    using (created_by = (select app.user_id()) or (select app.is_admin()));
create policy remove_own_bids on bids for delete to stoory_api
    using (created_by = (select app.user_id()) or (select app.is_admin()));

-- migrate:down
