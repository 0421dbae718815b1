-- migrate:up

-- What was answered to a request that carries an Idempotency-Key, so that sending it again changes nothing.
create table idempotency_keys (
    user_id     uuid not null references users (id) on delete cascade,
    route       varchar(200) not null,
    key         varchar(255) not null,
    fingerprint varchar(64) not null,
    started_at  timestamptz not null,
    status      integer,
    answer      bytea,
    primary key (user_id, route, key),
    constraint idempotency_keys_answered_whole check ((status is null) = (answer is null))
);

comment on column idempotency_keys.status is 'null while the request still runs, or died between two of its transactions';

create index idempotency_keys_started_at on idempotency_keys (started_at);

alter table idempotency_keys enable row level security, force row level security;

grant select, insert, update, delete on idempotency_keys to stoory_system;

create policy system_idempotency_keys on idempotency_keys to stoory_system using (true) with check (true);

-- migrate:down
