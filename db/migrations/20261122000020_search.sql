-- migrate:up

-- What can be looked for in a posting. Every expression here has an index on its table under the same words.
-- Amounts are whole paise: where there are policies, even one that lets all pass, the planner uses what it knows of
-- a column only for leakproof operators, and those of numeric are not.
create view app.searchable_postings with (security_invoker = true) as
    select 'campaign' as kind, id, created_by, created_at, status,
           (budget * 100)::bigint as min_paise, (budget * 100)::bigint as max_paise,
           lower(platform) as platform, lower(language) as language, lower(category) as category,
           lower(content_type) as content_type, title || ' ' || coalesce(description, '') as words
      from public.campaigns
     union all
    select 'bid', id, created_by, created_at, status,
           (min_budget * 100)::bigint, (max_budget * 100)::bigint,
           lower(platform), lower(language), lower(category),
           lower(content_type), title || ' ' || coalesce(description, '')
      from public.bids;

-- Which postings somebody may see and is looking for, in order: at most row_limit of those they see for each reason.
-- Behind a wall an operator that is not leakproof, such as a trigram's, gets no index; so this looks from outside, with
-- a rule of its own that must be as strict as the wall, and gives away nothing but ids. Who wants the rows reads them
-- through the wall.
-- Each call is planned for its own values: a filter that is null, another order and another reason leave no trace
-- in the plan, and what is left fits an index.
create function app.find_postings(
    wanted_kind text, wanted_status text, wanted_platform text, wanted_language text, wanted_category text,
    wanted_content_type text, wanted_creator uuid, wanted_min bigint, wanted_max bigint, wanted_words text,
    sort text, after_time timestamptz, after_paise bigint, after_id uuid, row_limit integer
) returns setof uuid
    language plpgsql stable security definer rows 21
    set search_path = ''
    set plan_cache_mode = force_custom_plan
as $$
declare
    viewer constant uuid := app.user_id();
    reasons constant text[] := case app.role()
                                   when 'admin' then '{any}'
                                   when 'brand_owner' then '{own}'
                                   when 'influencer' then '{open,applied}'
                                   else '{}'
                               end;
    applied constant uuid[] := array(select coalesce(r.campaign_id, r.bid_id)
                                       from public.requests r
                                      where r.influencer_id = viewer);
    pattern constant text := '%' || regexp_replace(wanted_words, '([\\%_])', '\\\1', 'g') || '%';
    reason text;
begin
    foreach reason in array reasons loop
        return query
        select p.id
          from app.searchable_postings p
         where p.kind = wanted_kind
           and case reason
                   when 'any' then true
                   when 'own' then p.created_by = viewer
                   when 'open' then p.status = 'open'
                   when 'applied' then p.id = any (applied) and p.status <> 'open'
               end
           and (wanted_status is null or p.status = wanted_status)
           and (wanted_platform is null or p.platform = lower(wanted_platform))
           and (wanted_language is null or p.language = lower(wanted_language))
           and (wanted_category is null or p.category = lower(wanted_category))
           and (wanted_content_type is null or p.content_type = lower(wanted_content_type))
           and (wanted_creator is null or p.created_by = wanted_creator)
           and (wanted_min is null or p.max_paise >= wanted_min)
           and (wanted_max is null or p.min_paise <= wanted_max)
           and (pattern is null or p.words ilike pattern)
           and (after_id is null or case sort
                   when 'newest' then (p.created_at, p.id) < (after_time, after_id)
                   when 'oldest' then (p.created_at, p.id) > (after_time, after_id)
                   when 'budget_high' then (p.max_paise, p.id) < (after_paise, after_id)
                   when 'budget_low' then (p.max_paise, p.id) > (after_paise, after_id)
               end)
         order by case sort when 'newest' then p.created_at end desc,
                  case sort when 'oldest' then p.created_at end,
                  case sort when 'budget_high' then p.max_paise end desc,
                  case sort when 'budget_low' then p.max_paise end,
                  case when sort in ('newest', 'budget_high') then p.id end desc,
                  case when sort in ('oldest', 'budget_low') then p.id end
         limit row_limit;
    end loop;
end
$$;

grant select on app.searchable_postings to stoory_system;
grant execute on function app.find_postings to stoory_api;

-- An owner must be able to create where its function lives; only for the moment of the change.
grant create on schema app to stoory_system;
alter function app.find_postings owner to stoory_system;
revoke create on schema app from stoory_system;

-- migrate:down
