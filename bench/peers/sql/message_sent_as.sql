-- $1 the sender, $2 the sender's own id of a message, $3 the conversation, $4 the text, $5 a link or null.
select row_to_json((select shown
                      from (select m.id, m.conversation_id, m.seq, m.sender_id, m.receiver_id, m.message,
                                   m.message_type, m.action_required, m.action_data, m.flow_context, m.media_url,
                                   m.metadata, far.seen_seq >= m.seq as seen,
                                   case when far.seen_seq >= m.seq then far.seen_at end as seen_at,
                                   m.deleted_at is not null as deleted, m.client_msg_id, m.created_at) shown)
                  )::text as body,
       m.conversation_id = $3 and m.message = $4 and m.media_url is not distinct from $5 as is_the_same
  from messages m
  join participations far on far.conversation_id = m.conversation_id and far.user_id = m.receiver_id
 where m.sender_id = $1
   and m.client_msg_id = $2
