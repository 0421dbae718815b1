-- migrate:up

create extension if not exists btree_gist;

-- What an operator has agreed with one customer, on top of a plan. The row added last counts, as long as it holds.
create table plan_terms (
    id          bigint generated always as identity primary key,
    user_id     uuid not null references users (id),
    plan        varchar(20) check (plan in ('basic', 'premium', 'enterprise')),
    changes     jsonb not null check (jsonb_typeof(changes) = 'object'),
    valid_from  timestamptz not null,
    valid_until timestamptz,
    reason      text not null,
    set_by      uuid not null references users (id),
    constraint plan_terms_end_after_they_begin check (valid_until > valid_from),
    constraint plan_terms_change_what_a_plan_says check (
        changes - array['monthly_paise', 'yearly_paise', 'commission_bp', 'max_open_postings',
                        'max_live_applications', 'requests_per_minute', 'features'] = '{}'
    ),
    constraint plan_terms_price_one_plan check (
        plan is not null or not changes ?| array['monthly_paise', 'yearly_paise']
    )
);

comment on column plan_terms.plan is 'the plan they are about; null is whichever the customer is on';
comment on column plan_terms.changes is 'columns of plans with the values that hold instead; null is unlimited';

create index plan_terms_user_id on plan_terms (user_id, id desc);
create index plan_terms_set_by on plan_terms (set_by);

-- One row from when somebody asks for a plan until it ends; what it is on now. A period keeps its plan's dated row.
create table subscriptions (
    id                   uuid primary key default gen_random_uuid(),
    user_id              uuid not null references users (id),
    plan                 varchar(20) not null,
    plan_valid_from      timestamptz not null,
    period               varchar(10) check (period in ('monthly', 'yearly')),
    status               varchar(20) not null
                         check (status in ('pending', 'active', 'past_due', 'cancelled', 'expired')),
    amount               decimal(10, 2) not null check (amount >= 0),
    currency             varchar(3) not null default 'INR' check (currency = 'INR'),
    anchor_at            timestamptz,
    periods_begun        integer not null default 0,
    current_period_start timestamptz,
    current_period_end   timestamptz,
    paid_until           timestamptz,
    cancel_at_period_end boolean not null default false,
    next_plan            varchar(20),
    next_period          varchar(10),
    reminders            integer not null default 0,
    due_at               timestamptz,
    lapses_at            timestamptz,
    started_at           timestamptz,
    ended_at             timestamptz,
    created_at           timestamptz not null,
    updated_at           timestamptz not null,
    foreign key (plan, plan_valid_from) references plans (plan, valid_from),
    constraint subscriptions_basic_is_free_and_has_no_period check (
        (plan = 'basic') = (period is null)
    ),
    constraint subscriptions_begun_say_when check (status in ('pending', 'expired', 'cancelled') or started_at is not null),
    constraint subscriptions_ended_say_when check ((status in ('cancelled', 'expired')) = (ended_at is not null)),
    constraint subscriptions_paid_have_a_period check (
        status not in ('active', 'past_due') or plan = 'basic'
        or (current_period_end > current_period_start and paid_until >= current_period_end)
    ),
    constraint subscriptions_next_is_whole check ((next_plan is null) = (next_period is null)),
    -- Nobody is on two plans at once, whatever was paid at the same moment.
    constraint subscriptions_one_at_a_time exclude using gist (
        user_id with =, tstzrange(started_at, ended_at) with &&
    ) where (started_at is not null)
);

comment on column subscriptions.amount is 'what the running period costs, before coupons and what was paid before';
comment on column subscriptions.anchor_at is 'from where periods are counted, so that the 31st stays the 31st';
comment on column subscriptions.periods_begun is 'how many periods after the anchor have begun';
comment on column subscriptions.paid_until is 'the end of the running period, or of the next when that is paid already';
comment on column subscriptions.due_at is 'when its clock has something to do; null when it waits for nothing';
comment on column subscriptions.lapses_at is 'from when on the plan is basic again, even if no clock has run';
comment on column subscriptions.reminders is 'how often its owner was reminded of the renewal that is not paid';

create unique index subscriptions_one_pending on subscriptions (user_id) where status = 'pending';
create unique index subscriptions_one_live on subscriptions (user_id) where status in ('active', 'past_due');
create index subscriptions_user_id on subscriptions (user_id, created_at desc, id desc);
create index subscriptions_newest on subscriptions (created_at desc, id desc);
create index subscriptions_plan on subscriptions (plan, plan_valid_from);
create index subscriptions_due_at on subscriptions (due_at) where due_at is not null;

-- What happened to a subscription, in the order it happened, and who did it.
create table subscription_events (
    subscription_id uuid not null references subscriptions (id),
    seq             integer not null check (seq > 0),
    kind            varchar(40) not null,
    by_id           uuid not null references users (id),
    data            jsonb not null default '{}',
    at              timestamptz not null,
    user_id         uuid not null references users (id),
    primary key (subscription_id, seq)
);

create index subscription_events_by_id on subscription_events (by_id);
create index subscription_events_user_id on subscription_events (user_id);

create trigger subscription_events_are_append_only before update or delete on subscription_events
    for each row execute function app.refuse_change();

-- A price reduction for whoever knows its code.
create table coupons (
    id               uuid primary key default gen_random_uuid(),
    code             varchar(40) not null unique check (code = upper(code)),
    percent_bp       integer check (percent_bp between 1 and 10000),
    amount           decimal(10, 2) check (amount > 0),
    plans            text[] not null default '{}',
    valid_from       timestamptz not null,
    valid_until      timestamptz,
    max_uses         integer check (max_uses > 0),
    max_uses_each    integer check (max_uses_each > 0),
    ended_at         timestamptz,
    created_by       uuid not null references users (id),
    created_at       timestamptz not null,
    constraint coupons_are_a_share_or_an_amount check ((percent_bp is null) <> (amount is null)),
    constraint coupons_end_after_they_begin check (valid_until > valid_from)
);

comment on column coupons.percent_bp is 'basis points of the price: 2000 is 20 %';
comment on column coupons.plans is 'the plans it is for; none named is every paid plan';

create index coupons_created_by on coupons (created_by);
create index coupons_newest on coupons (created_at desc, id desc);

-- The taxes an invoice contains, from a day on. A change is a new set of rows with the same day.
create table tax_rates (
    name       varchar(20) not null,
    valid_from timestamptz not null,
    rate_bp    integer not null check (rate_bp between 0 and 10000),
    primary key (valid_from, name)
);

comment on table tax_rates is 'the rows of the newest day that has come hold together; prices include them';

-- GST on online software services, 18 %: half the union's, half the state's, where the customer's state is not known
-- (section 12 of the IGST Act, 2017: the place of supply is then the supplier's).
insert into tax_rates (name, valid_from, rate_bp)
values ('CGST', '2026-01-01Z', 900),
       ('SGST', '2026-01-01Z', 900);

-- What a subscription asks money for. It is open until paid; paid, it has a number and never changes.
create table invoices (
    id              uuid primary key default gen_random_uuid(),
    subscription_id uuid not null references subscriptions (id),
    user_id         uuid not null references users (id),
    kind            varchar(10) not null check (kind in ('start', 'renewal', 'upgrade')),
    status          varchar(10) not null check (status in ('open', 'paid', 'void')),
    number          varchar(16) unique,
    plan            varchar(20) not null,
    plan_valid_from timestamptz not null,
    plan_name       varchar(60) not null,
    period          varchar(10) not null check (period in ('monthly', 'yearly')),
    starts_at       timestamptz,
    ends_at         timestamptz,
    price           decimal(10, 2) not null check (price >= 0),
    discount        decimal(10, 2) not null default 0 check (discount >= 0),
    credit          decimal(10, 2) not null default 0 check (credit >= 0),
    amount          decimal(10, 2) not null check (amount >= 0),
    full_price      decimal(10, 2) not null check (full_price >= 0),
    coupon_id       uuid references coupons (id),
    order_id        uuid unique references orders (id),
    taxes           jsonb not null default '[]',
    billed_by       text,
    billed_to       text,
    created_at      timestamptz not null,
    expires_at      timestamptz,
    issued_at       timestamptz,
    foreign key (plan, plan_valid_from) references plans (plan, valid_from),
    constraint invoices_ask_for_what_is_left check (amount in (price - discount - credit, 0)),
    constraint invoices_paid_have_a_number_and_a_span check (
        (status = 'paid') = (number is not null and issued_at is not null and starts_at is not null
                             and ends_at is not null)
    )
);

comment on column invoices.full_price is 'of a whole period of this plan, whatever part of it is asked for';
comment on column invoices.credit is 'what was paid already for the time this pays for';
comment on column invoices.expires_at is 'when nobody waits for it any more; null: as long as its subscription does';
comment on column invoices.taxes is 'what the amount contains: [{name, rate_bp, amount_paise}]';

create unique index invoices_one_open on invoices (subscription_id) where status = 'open';
create index invoices_subscription_id on invoices (subscription_id, created_at desc, id desc);
create index invoices_user_id on invoices (user_id);
create index invoices_coupon_id on invoices (coupon_id, user_id) where status <> 'void';
create index invoices_plan on invoices (plan, plan_valid_from);
create index invoices_expires_at on invoices (expires_at) where status = 'open' and expires_at is not null;

-- Numbers of a financial year follow one another without a gap (rule 46 of the CGST Rules, 2017).
create table invoice_numbers (
    financial_year varchar(7) primary key,
    last_number    integer not null check (last_number > 0)
);

-- Until now no order has a subscription: there is nothing to check, and next to nothing to index.
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
alter table orders add constraint orders_subscription_id_fkey foreign key (subscription_id) references subscriptions (id);
-- squawk-ignore require-concurrent-index-creation
create index orders_subscription_id on orders (subscription_id);
-- squawk-ignore require-concurrent-index-creation
create unique index orders_one_open_per_subscription on orders (subscription_id)
    where status in ('creating', 'created', 'attempted') and subscription_id is not null;

alter table plan_terms enable row level security, force row level security;
alter table subscriptions enable row level security, force row level security;
alter table subscription_events enable row level security, force row level security;
alter table coupons enable row level security, force row level security;
alter table tax_rates enable row level security, force row level security;
alter table invoices enable row level security, force row level security;
alter table invoice_numbers enable row level security, force row level security;

grant select, insert on plan_terms, subscription_events, tax_rates to stoory_system;
grant select, insert, update on subscriptions, coupons, invoices, invoice_numbers to stoory_system;
grant select on plan_terms, subscriptions, subscription_events, coupons, invoices to stoory_api;

create policy system_plan_terms on plan_terms to stoory_system using (true) with check (true);
create policy system_subscriptions on subscriptions to stoory_system using (true) with check (true);
create policy system_subscription_events on subscription_events to stoory_system using (true) with check (true);
create policy system_coupons on coupons to stoory_system using (true) with check (true);
create policy system_tax_rates on tax_rates to stoory_system using (true) with check (true);
create policy system_invoices on invoices to stoory_system using (true) with check (true);
create policy system_invoice_numbers on invoice_numbers to stoory_system using (true) with check (true);

create policy own_plan_terms on plan_terms for select to stoory_api
    using (user_id = (select app.user_id()) or (select app.is_admin()));
create policy own_subscriptions on subscriptions for select to stoory_api
    using (user_id = (select app.user_id()) or (select app.is_admin()));
create policy own_subscription_events on subscription_events for select to stoory_api
    using (user_id = (select app.user_id()) or (select app.is_admin()));
create policy own_invoices on invoices for select to stoory_api
    using (user_id = (select app.user_id()) or (select app.is_admin()));
-- Who knows a code may use it, but nobody may look for codes.
create policy operators_see_coupons on coupons for select to stoory_api using ((select app.is_admin()));

-- migrate:down
