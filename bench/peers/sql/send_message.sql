-- $1 the sender, $2 the conversation, $3 the text, $4 a link or null, $5 the sender's own id of it or null.
-- The table's trigger numbers it under the conversation's lock; a repeated client_msg_id inserts nothing.
  with sent as (
        insert into messages (conversation_id, sender_id, receiver_id, message, media_url, client_msg_id, created_at)
        select p.conversation_id, p.user_id, p.other_user_id, $3, $4, $5, now()
          from participations p
         where p.conversation_id = $2
           and p.user_id = $1
     returning id, conversation_id, seq, sender_id, receiver_id, message, message_type, action_required, action_data,
               flow_context, media_url, metadata, false as seen, null::timestamptz as seen_at, false as deleted,
               client_msg_id, created_at
       )
select row_to_json(sent)::text as body
  from sent
