-- $1 the conversation, $2 the brand owner. Held until the end of the transaction, in the order of every move.
select d.state, trim_scale((d.flow_data #>> '{offers,-1,amount}')::numeric)::text as amount,
       d.terms ->> 'title' as title, p.status = 'open' as is_open
  from conversations c
  join deals d on d.conversation_id = c.id
  join campaigns p on p.id = d.campaign_id
 where c.id = $1
   and c.brand_owner_id = $2
   for update of c, d, p
