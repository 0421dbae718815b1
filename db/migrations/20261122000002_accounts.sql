-- migrate:up

create table users (
    id                uuid primary key default gen_random_uuid(),
    name              varchar(255) not null,
    phone             varchar(20) unique not null,
    email             varchar(255),
    role              varchar(20) not null check (role in ('influencer', 'brand_owner', 'admin', 'system')),
    profile_image_url text,
    bio               text,
    phone_verified    boolean not null default false,
    email_verified    boolean not null default false,
    status            varchar(20) not null default 'active' check (status in ('active', 'suspended')),
    languages         text[] not null default '{}',
    categories        text[] not null default '{}',
    social_platforms  jsonb not null default '[]',
    locale            varchar(35) not null default 'en',
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now()
);

comment on column users.role is 'system belongs to the one author of automated messages, which never signs in';

-- Only a verified address identifies a person, and only one of them.
create unique index users_verified_email on users (lower(email)) where email_verified;
create index users_newest on users (created_at desc, id desc);

create table credentials (
    user_id       uuid primary key references users (id) on delete cascade,
    password_hash text not null,
    changed_at    timestamptz not null
);

create table sessions (
    id           uuid primary key default gen_random_uuid(),
    user_id      uuid not null references users (id) on delete cascade,
    created_at   timestamptz not null,
    last_used_at timestamptz not null,
    expires_at   timestamptz not null,
    ended_at     timestamptz,
    ended_why    varchar(40),
    address      inet,
    user_agent   varchar(255),
    constraint sessions_ended_with_a_reason check ((ended_at is null) = (ended_why is null))
);

create index sessions_user_id on sessions (user_id);

-- Every refresh token ever given out in a session, by its hash: a token presented twice is a theft.
create table refresh_tokens (
    token_hash bytea primary key,
    session_id uuid not null references sessions (id) on delete cascade,
    created_at timestamptz not null,
    used_at    timestamptz,
    child_hash bytea,
    constraint refresh_tokens_used_with_a_child check ((used_at is null) = (child_hash is null))
);

create index refresh_tokens_session_id on refresh_tokens (session_id);

-- What operators did to people, money and roles, and what they read of them.
create table audit_log (
    id         bigint generated always as identity primary key,
    actor_id   uuid not null references users (id),
    action     varchar(60) not null,
    subject_id uuid,
    data       jsonb not null default '{}',
    at         timestamptz not null
);

create index audit_log_actor_id on audit_log (actor_id);
create index audit_log_subject_id on audit_log (subject_id);

create trigger audit_log_is_append_only before update or delete on audit_log
    for each row execute function app.refuse_change();

-- What anybody signed in may know of somebody else. It runs with its owner's eyes; the columns are the wall.
create view public_profiles with (security_barrier) as
    select id, name, role, bio, profile_image_url, languages, categories, social_platforms
      from users
     where role <> 'system';

grant select on public_profiles to stoory_api;

-- An owner must be able to create where its view lives; only for the moment of the change.
grant create on schema public to stoory_system;
alter view public_profiles owner to stoory_system;
revoke create on schema public from stoory_system;

-- The first round trip of every transaction of a user: is this session still good, and who is it?
-- ST401 reaches the client as 401. There is no cache, so a revocation counts from the next request on.
create function app.enter(session_id uuid, user_id uuid) returns void
    language plpgsql set search_path = ''
as $$
declare
    user_role text;
begin
    select u.role
      into user_role
      from public.sessions s
      join public.users u on u.id = s.user_id
     where s.id = enter.session_id
       and s.user_id = enter.user_id
       and s.ended_at is null
       and u.status = 'active';

    if not found then
        raise exception 'the session has ended' using errcode = 'ST401';
    end if;

    perform set_config('app.user_id', enter.user_id::text, true), set_config('app.role', user_role, true);
end
$$;

grant execute on function app.enter(uuid, uuid) to stoory_system;

-- A token says its bearer's role, so a change of role, which is no route's business, ends every session.
create function app.end_sessions_of_another_role() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    update public.sessions
       set ended_at = new.updated_at, ended_why = 'role_changed'
     where user_id = new.id
       and ended_at is null;
    return null;
end
$$;

create trigger users_role_ends_sessions after update of role on users
    for each row when (old.role is distinct from new.role) execute function app.end_sessions_of_another_role();

-- Nobody has verified a new address yet, whoever writes it.
create function app.unverify_new_email() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    new.email_verified := false;
    return new;
end
$$;

create trigger users_new_email_is_unverified before update of email on users
    for each row when (lower(old.email) is distinct from lower(new.email))
    execute function app.unverify_new_email();

insert into users (id, name, phone, role, created_at, updated_at)
values ('00000000-0000-0000-0000-000000000001', 'Stoory', 'system', 'system', '2026-01-01Z', '2026-01-01Z');

alter table users enable row level security, force row level security;
alter table credentials enable row level security, force row level security;
alter table sessions enable row level security, force row level security;
alter table refresh_tokens enable row level security, force row level security;
alter table audit_log enable row level security, force row level security;

grant select, insert, update, delete on users, credentials, sessions, refresh_tokens to stoory_system;
grant select, insert on audit_log to stoory_system;

create policy system_users on users to stoory_system using (true) with check (true);
create policy system_credentials on credentials to stoory_system using (true) with check (true);
create policy system_sessions on sessions to stoory_system using (true) with check (true);
create policy system_refresh_tokens on refresh_tokens to stoory_system using (true) with check (true);
create policy system_audit_log on audit_log to stoory_system using (true) with check (true);

grant select on users, sessions, audit_log to stoory_api;
-- Never role, phone, status or what is verified: those change only through the actions that own them.
grant update (name, email, bio, profile_image_url, languages, categories, social_platforms, locale,
              updated_at) on users to stoory_api;
grant update (ended_at, ended_why) on sessions to stoory_api;

create policy own_user on users for select to stoory_api
    using (id = (select app.user_id()) or (select app.is_admin()));
create policy change_own_user on users for update to stoory_api
    using (id = (select app.user_id())) with check (id = (select app.user_id()));

create policy own_sessions on sessions for select to stoory_api
    using (user_id = (select app.user_id()));
-- Ended for good: who holds the token of an ended session must not bring it back to life.
create policy end_own_sessions on sessions for update to stoory_api
    using (user_id = (select app.user_id()) and ended_at is null)
    with check (user_id = (select app.user_id()) and ended_at is not null);

create policy operators_read_the_audit_log on audit_log for select to stoory_api
    using ((select app.is_admin()));

-- migrate:down
