-- migrate:up

-- Double entry, in paise: debit +, credit -. A journal is what one event posts, once, and adds up to nothing.
create table ledger_journals (
    id         uuid primary key default gen_random_uuid(),
    key        varchar(120) not null unique,
    kind       varchar(40) not null,
    request_id uuid references requests (id),
    payout_id  uuid,
    owner_id   uuid references users (id),
    at         timestamptz not null
);

comment on column ledger_journals.key is 'names the event: whatever arrives twice, in any order, posts once';

comment on column ledger_journals.owner_id is 'the influencer whose account it changes, if it does';

create index ledger_journals_request_id on ledger_journals (request_id);
create index ledger_journals_owner_id on ledger_journals (owner_id);

-- What each account comes to; changed in the transaction of its entries.
create table ledger_accounts (
    account       varchar(80) primary key,
    side          varchar(6) not null check (side in ('debit', 'credit')),
    owner_id      uuid references users (id),
    balance_paise bigint not null,
    constraint ledger_accounts_not_overdrawn check (side = 'debit' or balance_paise <= 0)
);

comment on column ledger_accounts.owner_id is 'the influencer whose money it is; nobody''s for the rest';

create index ledger_accounts_owner_id on ledger_accounts (owner_id);

create table ledger_entries (
    id                  bigint generated always as identity primary key,
    journal_id          uuid not null references ledger_journals (id),
    account             varchar(80) not null references ledger_accounts (account),
    owner_id            uuid references users (id),
    amount_paise        bigint not null check (amount_paise <> 0),
    balance_after_paise bigint not null,
    at                  timestamptz not null,
    constraint ledger_entries_once_a_journal unique (journal_id, account)
);

create index ledger_entries_account on ledger_entries (account, id desc);
create index ledger_entries_owner_id on ledger_entries (owner_id, id desc);

create trigger ledger_journals_are_append_only before update or delete on ledger_journals
    for each row execute function app.refuse_change();
create trigger ledger_entries_are_append_only before update or delete on ledger_entries
    for each row execute function app.refuse_change();

-- At the end of a transaction every journal it touched adds up to nothing, whoever wrote it.
create function app.check_journal() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    if (select coalesce(sum(e.amount_paise), 0) <> 0
          from public.ledger_entries e
         where e.journal_id = new.journal_id) then
        raise exception 'journal % does not add up to nothing', new.journal_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end
$$;

create constraint trigger ledger_entries_balance after insert on ledger_entries
    deferrable initially deferred for each row execute function app.check_journal();

alter table ledger_journals enable row level security, force row level security;
alter table ledger_accounts enable row level security, force row level security;
alter table ledger_entries enable row level security, force row level security;

grant select, insert on ledger_journals, ledger_entries to stoory_system;
grant select, insert, update on ledger_accounts to stoory_system;
grant select on ledger_journals, ledger_accounts, ledger_entries to stoory_api;

create policy system_ledger_journals on ledger_journals to stoory_system using (true) with check (true);
create policy system_ledger_accounts on ledger_accounts to stoory_system using (true) with check (true);
create policy system_ledger_entries on ledger_entries to stoory_system using (true) with check (true);

create policy owners_see_ledger_accounts on ledger_accounts for select to stoory_api
    using (owner_id = (select app.user_id()) or (select app.is_admin()));
create policy owners_see_ledger_entries on ledger_entries for select to stoory_api
    using (owner_id = (select app.user_id()) or (select app.is_admin()));
create policy owners_see_ledger_journals on ledger_journals for select to stoory_api
    using (owner_id = (select app.user_id()) or (select app.is_admin()));

-- migrate:down
