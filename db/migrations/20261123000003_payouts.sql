-- migrate:up

-- Where an influencer wants to be paid. Accounts are only ever added; the one added last counts.
create table payout_accounts (
    id              uuid primary key default gen_random_uuid(),
    seq             bigint generated always as identity,
    user_id         uuid not null references users (id),
    type            varchar(20) not null check (type in ('vpa', 'bank_account')),
    name            varchar(120) not null,
    vpa             varchar(330),
    ifsc            varchar(11),
    account_number  varchar(35),
    created_at      timestamptz not null,
    usable_from     timestamptz not null,
    contact_id      varchar(40),
    fund_account_id varchar(40),
    constraint payout_accounts_are_complete check (
        (type = 'vpa') = (vpa is not null) and (type = 'bank_account') = (ifsc is not null and account_number is not null)
    )
);

comment on column payout_accounts.usable_from is 'a day after a change: time to notice that somebody else made it';
comment on column payout_accounts.fund_account_id is 'by which RazorpayX knows it, once it has been used';
comment on column payout_accounts.seq is 'the order in which they were added: taken behind the wallet''s lock, as no clock is';

create index payout_accounts_user_id on payout_accounts (user_id, seq desc);

-- Money on its way to an influencer. The id is RazorpayX's idempotency key.
create table payouts (
    id                 uuid primary key default gen_random_uuid(),
    user_id            uuid not null references users (id),
    account_id         uuid not null references payout_accounts (id),
    amount             decimal(10, 2) not null check (amount >= 1),
    fee                decimal(10, 2),
    method             varchar(20) not null check (method in ('manual', 'razorpayx')),
    status             varchar(20) not null
                       check (status in ('requested', 'processing', 'processed', 'failed', 'reversed')),
    reference          varchar(100),
    reason             text,
    sent_from          varchar(40),
    razorpay_payout_id varchar(40) unique,
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    checked_at         timestamptz not null,
    constraint payouts_by_hand_are_unknown_to_razorpayx check (
        method = 'razorpayx' or (sent_from is null and razorpay_payout_id is null)
    )
);

comment on column payouts.method is 'who pays: decided when it was asked for, whatever is configured since';
comment on column payouts.sent_from is 'from which account RazorpayX was asked to pay, noted before it was: unset, it never was';
comment on column payouts.checked_at is 'when the reconciler last asked RazorpayX about it';

create index payouts_user_id on payouts (user_id, created_at desc, id desc);
create index payouts_newest on payouts (created_at desc, id desc);
create index payouts_account_id on payouts (account_id);
create index payouts_unsettled on payouts (method, checked_at) where status in ('requested', 'processing');

create table payout_events (
    payout_id uuid not null references payouts (id),
    seq       integer not null check (seq > 0),
    status    varchar(20) not null,
    by_id     uuid not null references users (id),
    data      jsonb not null default '{}',
    at        timestamptz not null,
    user_id   uuid not null references users (id),
    primary key (payout_id, seq)
);

create index payout_events_by_id on payout_events (by_id);
create index payout_events_user_id on payout_events (user_id);

create trigger payout_events_are_append_only before update or delete on payout_events
    for each row execute function app.refuse_change();

alter table payout_accounts enable row level security, force row level security;
alter table payouts enable row level security, force row level security;
alter table payout_events enable row level security, force row level security;

grant select, insert, update on payout_accounts, payouts to stoory_system;
grant select, insert on payout_events to stoory_system;
grant select on payout_accounts, payouts, payout_events to stoory_api;

create policy system_payout_accounts on payout_accounts to stoory_system using (true) with check (true);
create policy system_payouts on payouts to stoory_system using (true) with check (true);
create policy system_payout_events on payout_events to stoory_system using (true) with check (true);

create policy own_payout_accounts on payout_accounts for select to stoory_api
    using (user_id = (select app.user_id()) or (select app.is_admin()));
create policy own_payouts on payouts for select to stoory_api
    using (user_id = (select app.user_id()) or (select app.is_admin()));
create policy own_payout_events on payout_events for select to stoory_api
    using (user_id = (select app.user_id()) or (select app.is_admin()));

-- migrate:down
