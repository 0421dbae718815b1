-- migrate:up

-- Rows can be read while they are made; a million rows take a second.
-- squawk-ignore require-concurrent-index-creation
create index campaigns_open_by_owner on campaigns (created_by) where status = 'open';
-- squawk-ignore require-concurrent-index-creation
create index bids_open_by_owner on bids (created_by) where status = 'open';
-- squawk-ignore require-concurrent-index-creation
create index requests_live_by_influencer on requests (influencer_id)
    where status in ('pending', 'approved', 'in_progress');

-- A plan's row as one customer has it: what was agreed with them stands in place of what it says.
create function app.on_terms(plan public.plans, whose uuid, at timestamptz) returns public.plans
    language sql stable set search_path = ''
as $$
    select jsonb_populate_record(on_terms.plan, coalesce(
               (select newest.changes
                  from (select t.plan, t.changes, t.valid_until
                          from public.plan_terms t
                         where t.user_id = on_terms.whose
                           and t.valid_from <= on_terms.at
                         order by t.id desc
                         limit 1) newest
                 where (newest.valid_until is null or newest.valid_until > on_terms.at)
                   and (newest.plan is null or newest.plan = (on_terms.plan).plan)), '{}'))
$$;

-- The plan somebody is on: what they have paid for, as it was when they did; else basic, as it is now.
create function app.plan_of(whose uuid, at timestamptz) returns setof public.plans
    language sql stable set search_path = ''
as $$
    select termed.*
      from (select p
              from public.subscriptions s
              join public.plans p on p.plan = s.plan and p.valid_from = s.plan_valid_from
             where s.user_id = plan_of.whose
               and s.status in ('active', 'past_due')
               and s.plan <> 'basic'
               and (s.lapses_at is null or s.lapses_at > plan_of.at)
             union all
            (select p
               from public.plans p
              where p.plan = 'basic'
                and p.valid_from <= plan_of.at
              order by p.valid_from desc
              limit 1)
             limit 1) held (plan)
     cross join lateral app.on_terms(held.plan, plan_of.whose, plan_of.at) termed
$$;

create function app.open_postings(whose uuid) returns bigint
    language sql stable set search_path = ''
as $$
    select (select count(*) from public.campaigns c where c.created_by = open_postings.whose and c.status = 'open')
         + (select count(*) from public.bids b where b.created_by = open_postings.whose and b.status = 'open')
$$;

-- Those the influencer began herself: an invitation costs her nothing.
create function app.live_applications(whose uuid) returns bigint
    language sql stable set search_path = ''
as $$
    select count(*)
      from public.requests r
      join public.deal_events e on e.request_id = r.id and e.seq = 1 and e.action = 'apply'
     where r.influencer_id = live_applications.whose
       and r.status in ('pending', 'approved', 'in_progress')
$$;

-- How much of a quota is used, held until the end of the transaction: nobody uses more of it meanwhile.
-- Volatile, so that what is counted after the wait is what is there after the wait.
create function app.hold_quota(whose uuid, feature text) returns bigint
    language plpgsql volatile set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(feature || whose, 0));
    return case feature when 'open_postings' then app.open_postings(whose)
                        when 'live_applications' then app.live_applications(whose) end;
end
$$;

grant execute on function app.on_terms(public.plans, uuid, timestamptz), app.plan_of(uuid, timestamptz),
    app.open_postings(uuid), app.live_applications(uuid), app.hold_quota(uuid, text) to stoory_api, stoory_system;

-- ST402 reaches the client as 402. The action says it better before; this holds whoever writes, and however often at once.
create function app.check_open_postings() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    if app.hold_quota(new.created_by, 'open_postings')
       > (select p.max_open_postings from app.plan_of(new.created_by, new.updated_at) p) then
        raise exception 'the plan allows no more open postings' using errcode = 'ST402';
    end if;
    return null;
end
$$;

create function app.check_live_applications() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    if app.hold_quota(new.influencer_id, 'live_applications')
       > (select p.max_live_applications from app.plan_of(new.influencer_id, new.at) p) then
        raise exception 'the plan allows no more live applications' using errcode = 'ST402';
    end if;
    return null;
end
$$;

create trigger campaigns_within_the_plan after insert on campaigns
    for each row when (new.status = 'open' and app.role() = 'brand_owner')
    execute function app.check_open_postings();
create trigger campaigns_opened_within_the_plan after update of status on campaigns
    for each row when (new.status = 'open' and old.status <> 'open' and app.role() = 'brand_owner')
    execute function app.check_open_postings();
create trigger bids_within_the_plan after insert on bids
    for each row when (new.status = 'open' and app.role() = 'brand_owner')
    execute function app.check_open_postings();
create trigger bids_opened_within_the_plan after update of status on bids
    for each row when (new.status = 'open' and old.status <> 'open' and app.role() = 'brand_owner')
    execute function app.check_open_postings();
create trigger deal_events_within_the_plan after insert on deal_events
    for each row when (new.seq = 1 and new.action = 'apply' and app.role() = 'influencer')
    execute function app.check_live_applications();

-- migrate:down
