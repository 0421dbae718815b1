-- $1 who looks, $2 the role, $3 the conversation, $4 the seq before which the page ends, $5 rows. Newest first.
-- A message is read once everybody it is for has read it: its receiver, or whoever did not send it.
select m.id, m.conversation_id, m.seq, m.sender_id, m.receiver_id,
       case when m.deleted_at is null then m.message else '' end as message, m.message_type,
       m.action_required and m.action_role is not distinct from $2 as action_required,
       case when m.action_data ? 'answered'
            then jsonb_build_object('answered', m.action_data -> 'answered')
            when m.action_role = $2
            then m.action_data
        end as action_data,
       m.flow_context,
       case when m.deleted_at is null then m.media_url end as media_url,
       case when m.deleted_at is null then m.metadata end as metadata,
       readers.have_seen as seen,
       case when readers.have_seen
            then greatest(case when readers.has_near then two.near_seen_at end,
                          case when readers.has_far then two.far_seen_at end)
        end as seen_at,
       m.deleted_at is not null as deleted,
       case when m.sender_id = $1 then m.client_msg_id end as client_msg_id, m.created_at
  from (select id, conversation_id, seq, sender_id, receiver_id, message, message_type, action_required,
               action_data, action_role, flow_context, media_url, metadata, client_msg_id, deleted_at,
               created_at
          from messages
         where conversation_id = $3
           and seq < $4
         order by seq desc
         limit $5) m
 cross join (select near.user_id as near_id, near.seen_seq as near_seen_seq,
                    near.seen_at as near_seen_at, far.user_id as far_id,
                    far.seen_seq as far_seen_seq, far.seen_at as far_seen_at
               from participations near
               join participations far on far.conversation_id = near.conversation_id
                                      and far.user_id = near.other_user_id
              where near.conversation_id = $3
                and near.user_id = $1) two
 cross join lateral (select m.sender_id <> two.near_id
                            and coalesce(m.receiver_id, two.near_id) = two.near_id as has_near,
                            m.sender_id <> two.far_id
                            and coalesce(m.receiver_id, two.far_id) = two.far_id as has_far
                     ) addressed
 cross join lateral (select addressed.has_near, addressed.has_far,
                            (addressed.has_near or addressed.has_far)
                            and (not addressed.has_near or two.near_seen_seq >= m.seq)
                            and (not addressed.has_far or two.far_seen_seq >= m.seq) as have_seen
                     ) readers
 order by m.seq desc
