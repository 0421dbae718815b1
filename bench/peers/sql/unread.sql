-- $1 who looks. Conversations by whose they are: one lookup for all instead of one each.
  with own as materialized (
        select c.id, c.last_seq
          from conversations c
         where c.brand_owner_id = $1
            or c.influencer_id = $1
       )
select own.id, own.last_seq - p.seen_seq as count
  from own
  join participations p on p.conversation_id = own.id
 where p.user_id = $1
   and own.last_seq > p.seen_seq
