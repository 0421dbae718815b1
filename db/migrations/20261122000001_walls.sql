-- migrate:up

-- Three roles, none of them a superuser and none with BYPASSRLS. A managed host may have made them already.
do $$
declare
    may_act constant text := case when current_setting('server_version_num')::integer < 160000 then 'member'
                                  else 'set' end;
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'stoory_api') then
        create role stoory_api nologin;
    end if;
    if not exists (select from pg_catalog.pg_roles where rolname = 'stoory_system') then
        create role stoory_system nologin;
    end if;
    -- Definer functions are owned by stoory_system, so whoever migrates must be able to give them away;
    -- and where one login does everything, it must be able to act in both roles. Since PostgreSQL 16 who creates
    -- a role is a member that may not yet act in it.
    if not pg_has_role(current_user, 'stoory_system', may_act) then
        execute format('grant stoory_system to %I', current_user);
    end if;
    if not pg_has_role(current_user, 'stoory_api', may_act) then
        execute format('grant stoory_api to %I', current_user);
    end if;
end
$$;

create schema app;
grant usage on schema app to stoory_api, stoory_system;
grant usage on schema public to stoory_api, stoory_system;

-- Nothing is executable by everybody unless a migration says so.
alter default privileges revoke execute on functions from public;

-- Who is asking. The API sets app.user_id and app.role in each transaction; behind PostgREST or Supabase the
-- claims of our own access token say the same. After a transaction a setting is '' and not null.
create function app.claim(name text) returns text
    language sql stable parallel safe set search_path = ''
as $$
    select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> name
$$;

create function app.user_id() returns uuid
    language sql stable parallel safe set search_path = ''
as $$
    select coalesce(nullif(current_setting('app.user_id', true), ''), app.claim('id'))::uuid
$$;

create function app.role() returns text
    language sql stable parallel safe set search_path = ''
as $$
    select coalesce(nullif(current_setting('app.role', true), ''), app.claim('role'))
$$;

create function app.is_admin() returns boolean
    language sql stable parallel safe set search_path = ''
as $$
    select coalesce(app.role() = 'admin', false)
$$;

grant execute on function app.claim(text), app.user_id(), app.role(), app.is_admin() to stoory_api, stoory_system;

-- Rows of these tables are never changed and never removed, whoever asks.
create function app.refuse_change() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    raise exception 'rows of % are only ever added', tg_table_name using errcode = 'integrity_constraint_violation';
end
$$;

-- migrate:down
