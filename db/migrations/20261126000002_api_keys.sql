-- migrate:up

-- What a program asks with instead of its owner's session. A key has 256 random bits and is stored as its SHA-256 alone;
-- `prefix` is how it begins, by which its owner knows it again.
create table api_keys (
    id                  uuid primary key default gen_random_uuid(),
    user_id             uuid not null references users (id) on delete cascade,
    name                varchar(100) not null,
    scope               varchar(10) not null check (scope in ('read', 'write')),
    prefix              varchar(20) not null,
    key_hash            bytea not null unique check (length(key_hash) = 32),
    requests_per_minute integer check (requests_per_minute > 0),
    created_at          timestamptz not null,
    expires_at          timestamptz,
    last_used_at        timestamptz,
    revoked_at          timestamptz,
    revoked_why         varchar(40),
    constraint api_keys_expire_later check (expires_at > created_at),
    constraint api_keys_revoked_with_a_reason check ((revoked_at is null) = (revoked_why is null))
);

comment on column api_keys.requests_per_minute is 'null is as many as the plan of its owner allows';

create index api_keys_user_id on api_keys (user_id);

alter table api_keys enable row level security, force row level security;

grant select, insert, update, delete on api_keys to stoory_system;
grant select on api_keys to stoory_api;
grant update (revoked_at, revoked_why) on api_keys to stoory_api;

create policy system_api_keys on api_keys to stoory_system using (true) with check (true);
create policy own_api_keys on api_keys for select to stoory_api
    using (user_id = (select app.user_id()));
-- Revoked for good, as sessions are ended.
create policy revoke_own_api_keys on api_keys for update to stoory_api
    using (user_id = (select app.user_id()) and revoked_at is null)
    with check (user_id = (select app.user_id()) and revoked_at is not null);

-- As before, and a key is as good as a session while it lives: not revoked, and at that time not expired. Sessions are
-- looked at first, since most ask with one. A server of before says no time, and knows no keys.
-- squawk-ignore ban-drop-function
drop function app.enter(uuid, uuid);

create function app.enter(credential_id uuid, user_id uuid, at timestamptz default null) returns void
    language plpgsql set search_path = ''
as $$
declare
    user_role text;
begin
    select u.role
      into user_role
      from public.sessions s
      join public.users u on u.id = s.user_id
     where s.id = enter.credential_id
       and s.user_id = enter.user_id
       and s.ended_at is null
       and u.status = 'active';

    if not found then
        select u.role
          into user_role
          from public.api_keys k
          join public.users u on u.id = k.user_id
         where k.id = enter.credential_id
           and k.user_id = enter.user_id
           and k.revoked_at is null
           and (k.expires_at is null or k.expires_at > enter.at)
           and u.status = 'active';
    end if;

    if not found then
        raise exception 'the session has ended, or the key is revoked' using errcode = 'ST401';
    end if;

    perform set_config('app.user_id', enter.user_id::text, true),
            set_config('app.role', user_role, true),
            set_config('plan_cache_mode', 'force_generic_plan', true);
end
$$;

revoke execute on function app.enter(uuid, uuid, timestamptz) from public;
grant execute on function app.enter(uuid, uuid, timestamptz) to stoory_system;

-- As before, and keys: what was made for somebody of one role is not for somebody of another.
create or replace function app.end_sessions_of_another_role() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    update public.sessions
       set ended_at = new.updated_at, ended_why = 'role_changed'
     where user_id = new.id
       and ended_at is null;
    update public.api_keys
       set revoked_at = new.updated_at, revoked_why = 'role_changed'
     where user_id = new.id
       and revoked_at is null;
    return null;
end
$$;

-- migrate:down
