-- migrate:up

-- What a plan costs, allows and takes, from a day on. A change is a new row; running periods keep the old one.
create table plans (
    plan                  varchar(20) not null check (plan in ('basic', 'premium', 'enterprise')),
    valid_from            timestamptz not null,
    name                  varchar(60) not null,
    monthly_paise         bigint not null check (monthly_paise >= 0),
    yearly_paise          bigint not null check (yearly_paise >= 0),
    commission_bp         integer not null check (commission_bp between 0 and 10000),
    max_open_postings     integer check (max_open_postings >= 0),
    max_live_applications integer check (max_live_applications >= 0),
    requests_per_minute   integer not null check (requests_per_minute > 0),
    features              text[] not null default '{}',
    primary key (plan, valid_from)
);

comment on column plans.commission_bp is 'basis points of the agreed amount, paid by the influencer: 1000 is 10 %';
comment on column plans.max_open_postings is 'campaigns and bids together; null is unlimited';

insert into plans (plan, valid_from, name, monthly_paise, yearly_paise, commission_bp, max_open_postings,
                   max_live_applications, requests_per_minute, features)
values ('basic', '2026-01-01Z', 'Basic', 0, 0, 1000, 3, 10, 100, '{}'),
       ('premium', '2026-01-01Z', 'Premium', 49900, 499900, 800, null, null, 300, '{analytics}'),
       ('enterprise', '2026-01-01Z', 'Enterprise', 499900, 4999900, 800, null, null, 1000,
        '{analytics,priority_support}');

alter table plans enable row level security, force row level security;

grant select, insert on plans to stoory_system;
grant select on plans to stoory_api;

create policy system_plans on plans to stoory_system using (true) with check (true);
-- Prices are for everybody who is signed in, and only for them.
create policy signed_in_see_plans on plans for select to stoory_api using ((select app.user_id()) is not null);

create trigger plans_are_append_only before update or delete on plans
    for each row execute function app.refuse_change();

-- migrate:down
