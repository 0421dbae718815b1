-- migrate:up

-- Something a person should know; written in the transaction that made it true.
create table notifications (
    id         uuid primary key default gen_random_uuid(),
    user_id    uuid not null references users (id) on delete cascade,
    kind       varchar(60) not null,
    data       jsonb not null default '{}',
    created_at timestamptz not null,
    seen_at    timestamptz
);

create index notifications_user_id on notifications (user_id, created_at desc, id desc);

alter table notifications enable row level security, force row level security;

grant select, insert, update, delete on notifications to stoory_system;
grant select on notifications to stoory_api;
grant update (seen_at) on notifications to stoory_api;

create policy system_notifications on notifications to stoory_system using (true) with check (true);
create policy own_notifications on notifications for select to stoory_api
    using (user_id = (select app.user_id()));
create policy see_own_notifications on notifications for update to stoory_api
    using (user_id = (select app.user_id())) with check (user_id = (select app.user_id()));

-- migrate:down
