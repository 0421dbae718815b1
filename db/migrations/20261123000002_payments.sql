-- migrate:up

-- What somebody is asked to pay, once: bound to one purpose, one amount, one payer.
create table orders (
    id                uuid primary key default gen_random_uuid(),
    razorpay_order_id varchar(40) unique,
    purpose           varchar(20) not null check (purpose in ('deal', 'subscription')),
    request_id        uuid references requests (id),
    subscription_id   uuid,
    payer_id          uuid not null references users (id),
    amount            decimal(10, 2) not null check (amount >= 1),
    currency          varchar(3) not null default 'INR' check (currency = 'INR'),
    status            varchar(20) not null
                      check (status in ('creating', 'created', 'attempted', 'paid', 'refunded', 'expired')),
    receipt           varchar(40) not null unique,
    key_id            varchar(60),
    created_at        timestamptz not null,
    paid_at           timestamptz,
    expired_at        timestamptz,
    checked_at        timestamptz,
    constraint orders_have_what_they_are_for check (
        (purpose = 'deal') = (request_id is not null) and (purpose = 'subscription') = (subscription_id is not null)
    ),
    constraint orders_are_known_once_created check (status in ('creating', 'expired') or razorpay_order_id is not null),
    constraint orders_known_have_a_key check ((razorpay_order_id is null) = (key_id is null)),
    constraint orders_paid_say_when check (status not in ('paid', 'refunded') or paid_at is not null),
    constraint orders_expired_say_when check (status <> 'expired' or expired_at is not null)
);

comment on column orders.receipt is 'what Razorpay is asked with: our own id, so that asking twice makes one order';
comment on column orders.checked_at is 'when the reconciler last asked Razorpay about it; null once it asks no more';

create index orders_request_id on orders (request_id);
create index orders_payer_id on orders (payer_id, created_at desc, id desc);
create index orders_newest on orders (created_at desc, id desc);
create index orders_unsettled on orders (checked_at)
    where status in ('creating', 'created', 'attempted', 'expired') and checked_at is not null;
create unique index orders_one_open_per_request on orders (request_id)
    where status in ('creating', 'created', 'attempted') and request_id is not null;

-- One attempt to pay an order, as Razorpay tells it; a status never goes back.
create table payments (
    id                  uuid primary key default gen_random_uuid(),
    razorpay_payment_id varchar(40) not null unique,
    order_id            uuid not null references orders (id),
    payer_id            uuid not null references users (id),
    amount              decimal(10, 2) not null,
    currency            varchar(3) not null,
    method              varchar(20),
    status              varchar(20) not null
                        check (status in ('created', 'failed', 'authorized', 'captured', 'refunded')),
    fee                 decimal(10, 2),
    tax                 decimal(10, 2),
    is_surplus          boolean not null default false,
    error_code          text,
    error_description   text,
    created_at          timestamptz not null,
    captured_at         timestamptz,
    constraint payments_captured_say_when check (status <> 'captured' or captured_at is not null)
);

comment on column payments.fee is 'what Razorpay keeps of a captured payment, tax on the fee included';
comment on column payments.is_surplus is 'captured, but not wanted any more: all of it is given back';

create index payments_order_id on payments (order_id);
create index payments_payer_id on payments (payer_id);
create unique index payments_one_pays_an_order on payments (order_id)
    where status in ('captured', 'refunded') and captured_at is not null and not is_surplus;

-- Money on its way back to who paid it. The id is Razorpay's idempotency key.
create table refunds (
    id                 uuid primary key default gen_random_uuid(),
    payment_id         uuid not null references payments (id),
    order_id           uuid not null references orders (id),
    payer_id           uuid not null references users (id),
    amount             decimal(10, 2) not null check (amount > 0),
    cause              varchar(20) not null check (cause in ('surplus', 'deal', 'operator', 'goodwill')),
    reason             text,
    status             varchar(20) not null check (status in ('requested', 'processing', 'processed', 'failed')),
    attempts           integer not null default 0,
    razorpay_refund_id varchar(40) unique,
    requested_by       uuid not null references users (id),
    created_at         timestamptz not null,
    processed_at       timestamptz,
    checked_at         timestamptz not null,
    due_at             timestamptz,
    constraint refunds_processed_say_when check ((status = 'processed') = (processed_at is not null)),
    constraint refunds_wait_to_be_asked_for check (due_at is null or status = 'requested')
);

comment on column refunds.attempts is 'how often Razorpay said no; each new attempt has a key of its own';
comment on column refunds.checked_at is 'when the reconciler last asked Razorpay about it';
comment on column refunds.due_at is 'when one that failed is tried again; null when it does not wait for that';

create index refunds_payment_id on refunds (payment_id);
create index refunds_order_id on refunds (order_id);
create index refunds_payer_id on refunds (payer_id);
create index refunds_requested_by on refunds (requested_by);
create index refunds_unsettled on refunds (checked_at) where status in ('requested', 'processing');
create index refunds_due on refunds (due_at) where due_at is not null;

-- What happened to an order, in the order it happened, and who said so.
create table order_events (
    order_id uuid not null references orders (id),
    seq      integer not null check (seq > 0),
    kind     varchar(40) not null,
    source   varchar(20) not null check (source in ('process', 'verify', 'webhook', 'reconciler', 'operator')),
    data     jsonb not null default '{}',
    at       timestamptz not null,
    payer_id uuid not null references users (id),
    primary key (order_id, seq)
);

create index order_events_payer_id on order_events (payer_id);

create trigger order_events_are_append_only before update or delete on order_events
    for each row execute function app.refuse_change();

-- Every webhook whose signature was right, as it arrived; applied after it was acknowledged.
create table webhook_events (
    id                  varchar(100) primary key,
    event               varchar(100) not null,
    razorpay_order_id   varchar(40),
    razorpay_payment_id varchar(40),
    body                text not null,
    attempts            integer not null default 0,
    waits               integer not null default 0,
    received_at         timestamptz not null,
    due_at              timestamptz,
    applied_at          timestamptz,
    outcome             varchar(40),
    constraint webhook_events_are_due_or_applied check ((due_at is null) = (outcome is not null))
);

comment on column webhook_events.waits is 'how often it waited for Razorpay or the database: that is no failed attempt';
comment on column webhook_events.due_at is 'when it is to be applied (again); null once it has an outcome';

create index webhook_events_due on webhook_events (due_at) where due_at is not null;
create index webhook_events_received_at on webhook_events (received_at);

-- What does not fit: kept with all that is known of it until an operator has looked.
create table quarantine (
    id          uuid primary key default gen_random_uuid(),
    kind        varchar(40) not null,
    subject     varchar(120) not null,
    details     jsonb not null,
    created_at  timestamptz not null,
    resolved_at timestamptz,
    resolved_by uuid references users (id),
    note        text,
    constraint quarantine_resolved_by_somebody check ((resolved_at is null) = (resolved_by is null))
);

create index quarantine_resolved_by on quarantine (resolved_by);
create index quarantine_newest on quarantine (created_at desc, id desc);
create index quarantine_looked_at on quarantine (subject, kind) where resolved_at is not null;
create unique index quarantine_once on quarantine (kind, subject) where resolved_at is null;

alter table orders enable row level security, force row level security;
alter table payments enable row level security, force row level security;
alter table refunds enable row level security, force row level security;
alter table order_events enable row level security, force row level security;
alter table webhook_events enable row level security, force row level security;
alter table quarantine enable row level security, force row level security;

grant select, insert, update on orders, payments, refunds, webhook_events, quarantine to stoory_system;
grant delete on webhook_events to stoory_system;
grant select, insert on order_events to stoory_system;
grant select on orders, payments, refunds, order_events, webhook_events, quarantine to stoory_api;

create policy system_orders on orders to stoory_system using (true) with check (true);
create policy system_payments on payments to stoory_system using (true) with check (true);
create policy system_refunds on refunds to stoory_system using (true) with check (true);
create policy system_order_events on order_events to stoory_system using (true) with check (true);
create policy system_webhook_events on webhook_events to stoory_system using (true) with check (true);
create policy system_quarantine on quarantine to stoory_system using (true) with check (true);

create policy payers_see_orders on orders for select to stoory_api
    using (payer_id = (select app.user_id()) or (select app.is_admin()));
create policy payers_see_payments on payments for select to stoory_api
    using (payer_id = (select app.user_id()) or (select app.is_admin()));
create policy payers_see_refunds on refunds for select to stoory_api
    using (payer_id = (select app.user_id()) or (select app.is_admin()));
create policy payers_see_order_events on order_events for select to stoory_api
    using (payer_id = (select app.user_id()) or (select app.is_admin()));
create policy operators_see_webhook_events on webhook_events for select to stoory_api using ((select app.is_admin()));
create policy operators_see_quarantine on quarantine for select to stoory_api using ((select app.is_admin()));

-- migrate:down
