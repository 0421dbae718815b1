-- migrate:up

-- As before, and every statement of a user's transaction keeps the first plan it was given. Behind the walls planning
-- costs a quarter of a millisecond, more than most statements take, and PostgreSQL does it anew for each call whenever
-- a guess of its own looks cheaper. A statement whose filters may be absent asks for a plan of its own (Tx.plan_anew).
create or replace function app.enter(session_id uuid, user_id uuid) returns void
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

    perform set_config('app.user_id', enter.user_id::text, true),
            set_config('app.role', user_role, true),
            set_config('plan_cache_mode', 'force_generic_plan', true);
end
$$;

-- As before, but a call is planned for what it asks alone: a statement that holds nothing but the filters that are
-- given, of one table, costs a third of one from which those that are not must be removed. Every piece of its text
-- stands here; what somebody wants comes in as a parameter. An influencer may ask for those alone that she applied to,
-- whatever their status.
grant create on schema app to stoory_system;
set local role stoory_system;

-- A server of before calls the new one just as well: what is more has a default.
-- squawk-ignore ban-drop-function
drop function app.find_postings;

create function app.find_postings(
    wanted_kind text, wanted_status text, wanted_platform text, wanted_language text, wanted_category text,
    wanted_content_type text, wanted_creator uuid, wanted_min bigint, wanted_max bigint, wanted_words text,
    sort text, after_time timestamptz, after_paise bigint, after_id uuid, row_limit integer,
    only_mine boolean default false
) returns setof uuid
    language plpgsql stable security definer rows 21
    set search_path = ''
as $$
declare
    viewer constant uuid := app.user_id();
    reasons constant text[] := case app.role()
                                   when 'admin' then '{any}'
                                   when 'brand_owner' then '{own}'
                                   when 'influencer' then case
                                                              when only_mine then '{mine}'
                                                              else '{open,applied}'
                                                          end
                                   else '{}'
                               end;
    applied constant uuid[] := array(select coalesce(r.campaign_id, r.bid_id)
                                       from public.requests r
                                      where r.influencer_id = viewer);
    pattern constant text := '%' || regexp_replace(wanted_words, '([\\%_])', '\\\1', 'g') || '%';
    -- Every expression has an index on its table under the same words. Amounts are whole paise: where there are
    -- policies the planner uses what it knows of a column only for leakproof operators, and numeric's are not.
    postings constant text := case wanted_kind when 'campaign' then 'public.campaigns' else 'public.bids' end;
    least constant text := case wanted_kind
                               when 'campaign' then '(p.budget * 100)::bigint'
                               else '(p.min_budget * 100)::bigint'
                           end;
    most constant text := case wanted_kind
                              when 'campaign' then '(p.budget * 100)::bigint'
                              else '(p.max_budget * 100)::bigint'
                          end;
    filters constant text := concat(
        case when wanted_status is not null then ' and p.status = $3' end,
        case when wanted_platform is not null then ' and lower(p.platform) = lower($4)' end,
        case when wanted_language is not null then ' and lower(p.language) = lower($5)' end,
        case when wanted_category is not null then ' and lower(p.category) = lower($6)' end,
        case when wanted_content_type is not null then ' and lower(p.content_type) = lower($7)' end,
        case when wanted_creator is not null then ' and p.created_by = $8' end,
        case when wanted_min is not null then format(' and %s >= $9', most) end,
        case when wanted_max is not null then format(' and %s <= $10', least) end,
        case when pattern is not null then
            ' and (p.title || '' '' || coalesce(p.description, '''')) ilike $11'
        end,
        case when after_id is not null then
            case sort
                when 'newest' then ' and (p.created_at, p.id) < ($12, $14)'
                when 'oldest' then ' and (p.created_at, p.id) > ($12, $14)'
                when 'budget_high' then format(' and (%s, p.id) < ($13, $14)', most)
                when 'budget_low' then format(' and (%s, p.id) > ($13, $14)', most)
            end
        end);
    in_order constant text := case sort
                                  when 'newest' then ' order by p.created_at desc, p.id desc'
                                  when 'oldest' then ' order by p.created_at, p.id'
                                  when 'budget_high' then format(' order by %s desc, p.id desc', most)
                                  when 'budget_low' then format(' order by %s, p.id', most)
                                  else ''
                              end;
    reason text;
begin
    foreach reason in array reasons loop
        continue when reason in ('applied', 'mine') and applied = '{}';
        return query execute
            format('select p.id from %s p where ', postings)
            || case reason
                   when 'any' then 'true'
                   when 'own' then 'p.created_by = $1'
                   when 'open' then 'p.status = ''open'''
                   when 'applied' then 'p.id = any ($2) and p.status <> ''open'''
                   when 'mine' then 'p.id = any ($2)'
               end
            || filters || in_order || ' limit $15'
            using viewer, applied, wanted_status, wanted_platform, wanted_language, wanted_category,
                  wanted_content_type, wanted_creator, wanted_min, wanted_max, pattern, after_time, after_paise,
                  after_id, row_limit;
    end loop;
end
$$;

revoke execute on function app.find_postings from public;
grant execute on function app.find_postings to stoory_api;

reset role;
-- squawk-ignore ban-drop-view
drop view app.searchable_postings;
revoke create on schema app from stoory_system;

-- migrate:down
