-- $1 the conversation of a fresh application that is held, $2 the brand owner, $3 the amount, $4 and $5 what is said
-- in the chat, $6 the notification. One statement: the deal, its event, whatever shows it; nothing without budget.
  with room as (
        select d.request_id, d.influencer_id, d.terms, now() + interval '72 hours' as ends_at
          from deals d
          join campaigns p on p.id = d.campaign_id
         where d.conversation_id = $1
           and p.budget >= $3::numeric
                           + (select coalesce(sum((other.flow_data ->> 'agreed_amount')::numeric), 0)
                                from deals other
                               where other.campaign_id = d.campaign_id
                                 and other.request_id <> d.request_id
                                 and other.state not in ('initial', 'negotiating', 'declined', 'withdrawn', 'expired',
                                                         'cancelled'))
       ),
       deal as (
        update deals
           set seq = 2, state = 'accepted', awaiting_role = 'brand_owner',
               flow_data = flow_data || jsonb_build_object(
                   'agreed_amount', $3::numeric, 'accepted_at', now(),
                   'reminders', jsonb_build_array(
                       jsonb_build_object('timer', 'payment_expired', 'n', 1, 'at', now() + interval '36 hours'),
                       jsonb_build_object('timer', 'payment_expired', 'n', 2, 'at', now() + interval '64.8 hours'))),
               deadlines = jsonb_build_object('payment_expired', room.ends_at),
               deadline_at = now() + interval '36 hours',
               updated_at = now()
          from room
         where deals.request_id = room.request_id
       ),
       event as (
        insert into deal_events (request_id, brand_owner_id, influencer_id, seq, actor_id, role, action, from_state,
                                 to_state, amount, data, process_version, at)
        select room.request_id, $2, room.influencer_id, 2, $2, 'brand_owner', 'accept_proposal', 'initial',
               'accepted', $3::numeric, '{}', 1, now()
          from room
       ),
       request as (
        update requests
           set status = 'approved', agreed_amount = $3::numeric, updated_at = now()
          from room
         where id = room.request_id
       ),
       conversation as (
        update conversations
           set flow_state = 'accepted', awaiting_role = 'brand_owner', payment_required = true,
               flow_data = flow_data || jsonb_build_object('agreed_amount', $3::numeric, 'expires_at', room.ends_at),
               updated_at = greatest(updated_at, now())
          from room
         where id = $1
     returning id, room.ends_at, trim_scale((room.terms ->> 'max_amount')::numeric) as max_amount
       ),
       answered as (
        update messages
           set action_required = false,
               action_data = coalesce(action_data, '{}') || jsonb_build_object('answered', jsonb_build_object(
                   'action', 'accept_proposal', 'by_role', 'brand_owner', 'at', now()))
          from room
         where conversation_id = $1
           and action_required
     returning conversation_id
       ),
       -- Read from what was updated, so that the trigger that numbers messages finds it done.
       said as (
        insert into messages (conversation_id, sender_id, receiver_id, message, message_type, action_required,
                              action_data, action_role, flow_context, metadata, created_at)
        select c.id, '00000000-0000-0000-0000-000000000001', $2, line.message, 'automated',
               line.action_data is not null, line.action_data,
               case when line.action_data is not null then 'brand_owner' end,
               jsonb_build_object(
                   'current_state', 'accepted', 'next_states', '["payment_pending"]'::jsonb,
                   'business_rules', jsonb_build_object('can_negotiate', false, 'min_amount', 1,
                                                        'max_amount', c.max_amount, 'rounds_left', 5,
                                                        'expires_at', c.ends_at)),
               jsonb_build_object('deal_seq', 2, 'action', 'accept_proposal'), now()
          from conversation c
          join answered on answered.conversation_id = c.id
         cross join (values (1, $4::text, null::jsonb),
                            (2, $5::text, '{"buttons": [{"id": "proceed_to_payment", "text": "Proceed to Payment",
                                                         "action": "proceed_to_payment", "style": "primary"}]}')
                    ) line (n, message, action_data)
         order by line.n
     returning seq
       ),
       read as (
        update participations
           set seen_seq = (select max(seq) from said), seen_at = now()
          from room
         where conversation_id = $1
           and user_id = $2
       ),
       news as (
        insert into notifications (user_id, kind, data, created_at)
        select room.influencer_id, 'proposal_accepted',
               jsonb_build_object('text', $6::text, 'conversation_id', $1::uuid, 'request_id', room.request_id), now()
          from room
       )
select count(*) as rooms
  from room
