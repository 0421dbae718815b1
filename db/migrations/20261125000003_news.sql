-- migrate:up

-- Who has been away asks what is new since a number of their own; who is connected is told number by number. The number
-- is counted under a lock of the person's row that is held until the commit, so that numbers appear in their order and
-- without a hole: neither times nor a sequence do that.
create table inboxes (
    user_id      uuid primary key references users (id) on delete cascade,
    first_number bigint not null default 1,
    last_number  bigint not null default 0,
    last_seen_at timestamptz
) with (fillfactor = 70);

comment on column inboxes.first_number is 'the oldest news that is still kept';
comment on column inboxes.last_seen_at is 'when the last socket of this person was closed';

-- No foreign keys and no checks: only the triggers below write here, about rows that have them, and each would cost every
-- message a look-up and a lock, or be taken apart anew.
create table news (
    user_id         uuid not null,
    number          bigint not null,
    conversation_id uuid not null,
    seq             bigint,
    seen_by         uuid,
    kind            varchar(10) not null,
    primary key (user_id, number)
);

comment on column news.kind is 'opened, moved, sent, answered, deleted or seen';

comment on column news.seq is 'which message; of what was seen, up to which';

-- A message is numbered in one statement less than before. Whoever waits for the lock of a client_msg_id sees, once it
-- has it, what was written under that id: every statement here sees what was committed before it.
grant create on schema app to stoory_system;
set local role stoory_system;
create or replace function app.number_message() returns trigger
    language plpgsql security definer set search_path = ''
as $$
declare
    numbered record;
begin
    if new.seq is not null then  -- by app.send_messages: only stoory_system may write this column
        return new;
    end if;

    if new.client_msg_id is not null then
        perform pg_advisory_xact_lock(hashtextextended(new.sender_id || new.client_msg_id, 0));
        if exists (
            select from public.messages m
             where m.sender_id = new.sender_id
               and m.client_msg_id = new.client_msg_id
        ) then
            return null;
        end if;
    end if;

    update public.conversations c
       set last_seq = c.last_seq + 1,
           updated_at = greatest(c.updated_at, new.created_at)
     where c.id = new.conversation_id
 returning c.last_seq, c.brand_owner_id, c.influencer_id, c.admin_id
      into numbered;

    update public.participations
       set seen_seq = numbered.last_seq,
           seen_at = new.created_at
     where conversation_id = new.conversation_id
       and user_id = new.sender_id;

    new.seq := numbered.last_seq;
    new.brand_owner_id := numbered.brand_owner_id;
    new.influencer_id := numbered.influencer_id;
    new.admin_id := numbered.admin_id;
    return new;
end
$$;
reset role;

create function app.add_news(people uuid[], conversation_id uuid, kind text, seq bigint, seen_by uuid) returns void
    language plpgsql security definer set search_path = ''
as $$
begin
    -- In the order of their ids: two changes at once wait for each other, they never deadlock here.
    with counted as (
        insert into public.inboxes as i (user_id, last_number)
        select person, 1
          from unnest(add_news.people) as person
         where person is not null
         order by person
            on conflict (user_id) do update set last_number = i.last_number + 1
     returning i.user_id, i.last_number
    )
    insert into public.news (user_id, number, conversation_id, seq, seen_by, kind)
    select counted.user_id, counted.last_number, add_news.conversation_id, add_news.seq, add_news.seen_by, add_news.kind
      from counted;
end
$$;

create function app.messages_are_news() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    perform app.add_news(
        array[new.brand_owner_id, new.influencer_id, new.admin_id], new.conversation_id,
        case when tg_op = 'INSERT' then 'sent' when new.deleted_at is null then 'answered' else 'deleted' end,
        new.seq, null);
    return null;
end
$$;

create function app.conversations_are_news() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    perform app.add_news(
        array[new.brand_owner_id, new.influencer_id, new.admin_id], new.id,
        case when tg_op = 'INSERT' then 'opened' else 'moved' end, null, null);
    return null;
end
$$;

create function app.participations_are_news() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    perform app.add_news(
        array[new.user_id, new.other_user_id], new.conversation_id, 'seen', new.seen_seq, new.user_id);
    return null;
end
$$;

-- At the commit, when every row of the change is locked already: the lock of an inbox is the last and the shortest.
create constraint trigger messages_are_news after insert on messages
    deferrable initially deferred
    for each row when (pg_catalog.current_setting('app.sends_several', true) is distinct from 'on')
    execute function app.messages_are_news();

create constraint trigger changed_messages_are_news after update of action_required, deleted_at on messages
    deferrable initially deferred
    for each row when (old.action_required and not new.action_required
                       or old.deleted_at is null and new.deleted_at is not null)
    execute function app.messages_are_news();

create constraint trigger conversations_are_news
    after insert or update of chat_status, flow_state, awaiting_role, flow_data, automation_enabled, payment_required,
                              payment_completed on conversations
    deferrable initially deferred
    for each row execute function app.conversations_are_news();

-- Whoever writes has read what was there: that is no news beside the message, with which this cursor moves.
create constraint trigger participations_are_news after update of seen_seq on participations
    deferrable initially deferred
    for each row when (new.seen_seq > old.seen_seq and pg_catalog.pg_trigger_depth() = 0
                       and pg_catalog.current_setting('app.sends_several', true) is distinct from 'on')
    execute function app.participations_are_news();

alter function app.add_news(uuid[], uuid, text, bigint, uuid) owner to stoory_system;
alter function app.messages_are_news() owner to stoory_system;
alter function app.conversations_are_news() owner to stoory_system;
alter function app.participations_are_news() owner to stoory_system;
revoke create on schema app from stoory_system;

alter table inboxes enable row level security, force row level security;
alter table news enable row level security, force row level security;

grant select, insert, update, delete on inboxes, news to stoory_system;
grant select on inboxes, news to stoory_api;

create policy system_inboxes on inboxes to stoory_system using (true) with check (true);
create policy system_news on news to stoory_system using (true) with check (true);
create policy own_inbox on inboxes for select to stoory_api using (user_id = (select app.user_id()));
create policy own_news on news for select to stoory_api using (user_id = (select app.user_id()));

-- Writes what several people send, in one round trip, numbers it as the triggers above do one by one, and says under which
-- number it is news to both. Nobody is let in whom `app.enter` or the policies would keep out; left out is also what was
-- sent before, and what goes to a conversation or bears an id that somebody holds: that must be sent alone, and may wait.
-- An id is given once among those that come together. Rows are locked in the order of every other change: conversations,
-- cursors, and last the inboxes in the order of their people.
create function app.send_messages(
    ids uuid[], session_ids uuid[], sender_ids uuid[], conversation_ids uuid[], texts text[], media_urls text[],
    client_msg_ids text[], at timestamptz)
returns table (message_id uuid, message_seq bigint, sent_to uuid, sender_number bigint, receiver_number bigint)
    language plpgsql set search_path = ''
as $$
declare
    free uuid[];
    unheld uuid[];
begin
    select array(select c.id
                   from public.conversations c
                  where c.id = any (conversation_ids)
                    for update skip locked),
           array(select given.id
                   from unnest(ids, sender_ids, client_msg_ids) as given (id, sender_id, client_msg_id)
                  where given.client_msg_id is null
                     or pg_try_advisory_xact_lock(hashtextextended(given.sender_id || given.client_msg_id, 0)))
      into free, unheld;

    perform set_config('app.sends_several', 'on', true);  -- what the triggers do one by one is done here
    return query
      with given as materialized (
        select given.*
          from unnest(ids, session_ids, sender_ids, conversation_ids, texts, media_urls, client_msg_ids)
               with ordinality as given (id, session_id, sender_id, conversation_id, text, media_url, client_msg_id,
                                         position)
         where given.id = any (unheld)
           and given.conversation_id = any (free)
    ), letters as materialized (
        select given.id, given.conversation_id, given.sender_id, p.other_user_id as receiver_id, given.text,
               given.media_url, given.client_msg_id, given.position, c.brand_owner_id, c.influencer_id, c.admin_id,
               c.last_seq + row_number() over (partition by c.id order by given.position) as seq
          from given
          join public.conversations c on c.id = given.conversation_id
          join public.participations p on p.conversation_id = given.conversation_id and p.user_id = given.sender_id
          join public.sessions s on s.id = given.session_id and s.user_id = given.sender_id and s.ended_at is null
          join public.users u on u.id = given.sender_id and u.status = 'active'
         where given.client_msg_id is null
            or not exists (select from public.messages m
                            where m.sender_id = given.sender_id
                              and m.client_msg_id = given.client_msg_id)
    ), sent as (
        insert into public.messages (id, conversation_id, seq, sender_id, receiver_id, message, media_url, client_msg_id,
                                     created_at, brand_owner_id, influencer_id, admin_id)
        select l.id, l.conversation_id, l.seq, l.sender_id, l.receiver_id, l.text, l.media_url, l.client_msg_id, at,
               l.brand_owner_id, l.influencer_id, l.admin_id
          from letters l
    ), numbered as (
        update public.conversations c
           set last_seq = written.seq,
               updated_at = greatest(c.updated_at, at)
          from (select l.conversation_id, max(l.seq) as seq
                  from letters l
              group by l.conversation_id) written
         where c.id = written.conversation_id
    ), cursors as (
        update public.participations p
           set seen_seq = written.seq,
               seen_at = at
          from (select l.conversation_id, l.sender_id, max(l.seq) as seq
                  from letters l
              group by l.conversation_id, l.sender_id) written
         where p.conversation_id = written.conversation_id
           and p.user_id = written.sender_id
     returning p.user_id
    ), told as materialized (
        select l.conversation_id, l.seq, person.id as person_id,
               row_number() over (partition by person.id order by l.position desc) as from_last
          from letters l
    cross join lateral (values (l.brand_owner_id), (l.influencer_id), (l.admin_id)) as person (id)
         where person.id is not null
    ), counted as (
        insert into public.inboxes as i (user_id, last_number)
        select told.person_id, count(*)
          from told
    cross join (select count(*) from cursors) as moved
      group by told.person_id
      order by told.person_id
            on conflict (user_id) do update set last_number = i.last_number + excluded.last_number
     returning i.user_id, i.last_number
    ), news as (
        insert into public.news as n (user_id, number, conversation_id, seq, kind)
        select told.person_id, counted.last_number - told.from_last + 1, told.conversation_id, told.seq, 'sent'
          from told
          join counted on counted.user_id = told.person_id
     returning n.user_id, n.number, n.conversation_id, n.seq
    )
        select l.id, l.seq, l.receiver_id, sender.number, receiver.number
          from letters l
          join news sender on sender.user_id = l.sender_id
                          and sender.conversation_id = l.conversation_id
                          and sender.seq = l.seq
          join news receiver on receiver.user_id = l.receiver_id
                            and receiver.conversation_id = l.conversation_id
                            and receiver.seq = l.seq;
    perform set_config('app.sends_several', 'off', true);
end
$$;

grant execute on function app.send_messages(uuid[], uuid[], uuid[], uuid[], text[], text[], text[], timestamptz)
    to stoory_system;

-- migrate:down
