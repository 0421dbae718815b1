-- $1 who looks.
select coalesce(sum(c.last_seq - p.seen_seq), 0)::bigint as unread_count,
       coalesce(json_object_agg(c.id, c.last_seq - p.seen_seq), '{}')::text as conversations
  from participations p
  join conversations c on c.id = p.conversation_id
 where p.user_id = $1
   and c.last_seq > p.seen_seq
