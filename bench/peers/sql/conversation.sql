-- Conversations as one of their two people sees them: $1 who looks, $2 the role. A where clause follows.
-- The newest message is the one numbered last_seq; buttons are for the side that is asked, and what is left of an
-- offer after commission is for the influencer.
        select c.id, c.campaign_id, c.bid_id, c.request_id, c.brand_owner_id, c.influencer_id, c.chat_status,
               c.flow_state, c.awaiting_role, c.automation_enabled,
               case when $2::text = 'brand_owner' and c.flow_data ? 'offers'
                    then jsonb_set(c.flow_data, '{offers}',
                                   (select jsonb_agg(o.offer - 'you_receive' order by o.n)
                                      from jsonb_array_elements(c.flow_data -> 'offers')
                                           with ordinality as o (offer, n)))
                    else c.flow_data
                end as flow_data,
               c.payment_required, c.payment_completed, c.created_at, c.updated_at,
               case when m.id is not null
                    then json_build_object(
                             'id', m.id,
                             'message', case when m.deleted_at is null then m.message else '' end,
                             'message_type', m.message_type,
                             'sender_id', m.sender_id,
                             'created_at', m.created_at,
                             'action_required', m.action_required and m.action_role is not distinct from $2,
                             'action_data', case when m.action_data ? 'answered'
                                                 then jsonb_build_object('answered', m.action_data -> 'answered')
                                                 when m.action_role = $2
                                                 then m.action_data
                                             end)
                end as last_message,
               json_build_object('id', other.id, 'name', other.name, 'role', other.role,
                                 'profile_image_url', other.profile_image_url) as other_user,
               c.last_seq - near.seen_seq as unread_count, c.last_seq
          from conversations c
         cross join lateral (select p.seen_seq, p.other_user_id
                               from participations p
                              where p.conversation_id = c.id
                                and p.user_id = $1
                              limit 1) near
          join users other on other.id = near.other_user_id
          left join messages m on m.conversation_id = c.id and m.seq = c.last_seq
