"""What must be true of the database whatever happened, as statements that look for where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, LiteralString

CLAIMS: Final[Mapping[str, LiteralString]] = {
    "messages are numbered without a gap": """
        select c.id::text as broken
          from conversations c
          left join messages m on m.conversation_id = c.id
         group by c.id
        having count(m.id) <> c.last_seq or coalesce(max(m.seq), 0) <> c.last_seq
    """,
    "nobody has read what is not there": """
        select p.conversation_id::text as broken
          from participations p
          join conversations c on c.id = p.conversation_id
         where p.seen_seq > c.last_seq
    """,
    "everybody's news is numbered without a gap": """
        select coalesce(i.user_id, n.user_id)::text as broken
          from inboxes i
     full join (select user_id, count(*) as kept, min(number) as first_number, max(number) as last_number
                  from news
                 group by user_id) n on n.user_id = i.user_id
         where coalesce(n.kept, 0) is distinct from i.last_number - i.first_number + 1
            or n.first_number <> i.first_number
            or n.last_number <> i.last_number
    """,
    "nobody has news of what is not there": """
        select n.user_id::text as broken
          from news n
          left join conversations c on c.id = n.conversation_id
         where c.id is null
            or n.seq > c.last_seq
    """,
    "a conversation has its two people": """
        select c.id::text as broken
          from conversations c
          left join participations p on p.conversation_id = c.id
         group by c.id
        having count(p.user_id) <> 2
    """,
    "only the open conversation of a deal waits for an answer": """
        select c.id::text as broken
          from conversations c
          left join messages m on m.conversation_id = c.id and m.action_required
         group by c.id
        having count(m.id) > (c.chat_status = 'automated')::integer
    """,
    "every request has one conversation and one deal": """
        select r.id::text as broken
          from requests r
          left join conversations c on c.request_id = r.id
          left join deals d on d.request_id = r.id and d.conversation_id = c.id
         where d.request_id is null
    """,
    "an open deal has somebody's turn, a closed one nobody's": """
        select request_id::text as broken
          from deals
         where (awaiting_role is null) <> (state in ('completed', 'declined', 'withdrawn', 'expired', 'cancelled'))
    """,
    "an open deal has a clock or an operator who was told, a closed one no clock": """
        select request_id::text as broken
          from deals
         where case when state in ('completed', 'declined', 'withdrawn', 'expired', 'cancelled')
                    then deadline_at is not null
                    else deadline_at is null and state <> 'disputed' end
    """,
    "all entries of the ledger add up to nothing": """
        select sum(amount_paise)::text as broken
          from ledger_entries
        having sum(amount_paise) <> 0
    """,
    "every journal of the ledger adds up to nothing": """
        select journal_id::text as broken
          from ledger_entries
         group by journal_id
        having sum(amount_paise) <> 0
    """,
    "every balance is the sum of its entries": """
        select a.account as broken
          from ledger_accounts a
          left join ledger_entries e on e.account = a.account
         group by a.account
        having a.balance_paise <> coalesce(sum(e.amount_paise), 0)
    """,
    "no account that is owed to somebody is overdrawn": """
        select account as broken
          from ledger_accounts
         where side = 'credit'
           and balance_paise > 0
    """,
    "what a deal holds stands in its escrow": """
        select d.request_id::text as broken
          from deals d
          left join ledger_accounts a on a.account = 'escrow:' || d.request_id
         where ((d.flow_data ->> 'paid')::numeric - (d.flow_data ->> 'released')::numeric
                - (d.flow_data ->> 'refunded')::numeric) * 100 <> -coalesce(a.balance_paise, 0)
    """,
    "no deal gives out more than was paid": """
        select request_id::text as broken
          from deals
         where (flow_data ->> 'released')::numeric + (flow_data ->> 'refunded')::numeric
               > (flow_data ->> 'paid')::numeric
    """,
    "a request is in progress exactly while its escrow holds money": """
        select r.id::text as broken
          from requests r
          left join ledger_accounts a on a.account = 'escrow:' || r.id
         where (r.status = 'in_progress') <> (coalesce(a.balance_paise, 0) < 0)
    """,
    "what was captured for a deal is what its deal was paid": """
        select d.request_id::text as broken
          from deals d
          left join orders o on o.request_id = d.request_id
          left join payments p on p.order_id = o.id and p.captured_at is not null and not p.is_surplus
         group by d.request_id
        having coalesce(sum(p.amount), 0) <> (d.flow_data ->> 'paid')::numeric
    """,
    "every order with a captured payment is paid or refunded": """
        select distinct o.id::text as broken
          from orders o
          join payments p on p.order_id = o.id
         where p.captured_at is not null
           and o.status not in ('paid', 'refunded')
    """,
    "an order that waits for money has a deal that does": """
        select o.id::text as broken
          from orders o
          join deals d on d.request_id = o.request_id
         where o.status in ('creating', 'created', 'attempted')
           and d.state not in ('accepted', 'payment_pending')
    """,
    "every captured payment and its fee stand in the ledger once": """
        select p.id::text as broken
          from payments p
         where (p.captured_at is not null)
               <> exists (select from ledger_journals j where j.key = 'capture:' || p.id)
            or (p.captured_at is not null and coalesce(p.fee, 0) > 0)
               <> exists (select from ledger_journals j where j.key = 'fee:' || p.id)
    """,
    "no payment is given back, or promised back, more than once": """
        select p.id::text as broken
          from payments p
          join refunds r on r.payment_id = p.id
         group by p.id
        having sum(r.amount) > p.amount
    """,
    "every surplus payment goes back whole": """
        select p.id::text as broken
          from payments p
          left join refunds r on r.payment_id = p.id
         where p.is_surplus
         group by p.id
        having coalesce(sum(r.amount), 0) <> p.amount
    """,
    "what is owed to payers is what is on its way back to them": """
        select (-a.balance_paise)::text as broken
          from ledger_accounts a
         where a.account = 'refunds_due'
           and -a.balance_paise <> (select coalesce(sum(r.amount), 0) * 100
                                      from refunds r
                                     where r.status <> 'processed')
    """,
    "an invoice waits for money, or has it, as its order does": """
        select coalesce(i.id, o.id)::text as broken
          from invoices i
     full join (select o.id, o.amount, case when p.id is not null then 'paid'
                                            when o.status in ('creating', 'created', 'attempted') then 'open'
                                            else 'void' end as status
                  from orders o
                  left join payments p on p.order_id = o.id and p.captured_at is not null and not p.is_surplus
                 where o.subscription_id is not null) o on o.id = i.order_id
         where (o.id is null) is distinct from (i.amount = 0)
            or (o.id is not null and (o.status, o.amount) is distinct from (i.status, i.amount))
    """,
    "the numbers of a year's invoices follow one another": """
        select coalesce(n.financial_year, g.year) as broken
          from invoice_numbers n
     full join (select split_part(number, '/', 2) as year, count(*) as kept,
                       max(split_part(number, '/', 3)::integer) as newest
                  from invoices
                 where number is not null
                 group by 1) g on g.year = n.financial_year
         where (g.kept, g.newest) is distinct from (n.last_number::bigint, n.last_number)
    """,
    "what subscriptions have brought is income and tax": """
        select (a.balance + p.taken)::text as broken
          from (select coalesce(sum(balance_paise), 0) as balance
                  from ledger_accounts
                 where account in ('subscription_income', 'tax_due')) a
         cross join (select (coalesce(sum(p.amount), 0) - coalesce(sum(r.back), 0)) * 100 as taken
                       from orders o
                       join payments p on p.order_id = o.id and p.captured_at is not null and not p.is_surplus
                       left join (select payment_id, sum(amount) as back
                                    from refunds
                                   group by payment_id) r on r.payment_id = p.id
                      where o.subscription_id is not null) p
         where a.balance + p.taken <> 0
    """,
    "a subscription that goes on has a clock, one that is over none": """
        select id::text as broken
          from subscriptions
         where (due_at is not null) <> (status in ('pending', 'active', 'past_due') and period is not null)
    """,
    "what is in transit to influencers is what they were promised": """
        select (-a.balance_paise)::text as broken
          from ledger_accounts a
         where a.account = 'payouts'
           and -a.balance_paise <> (select coalesce(sum(p.amount), 0) * 100
                                      from payouts p
                                     where p.status in ('requested', 'processing'))
    """,
}
"""Each finds what breaks it; nothing found is how it should be."""
