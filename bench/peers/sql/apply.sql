-- $1 the influencer, $2 the campaign, $3 the amount, $4 the amount as it is spoken of, $5 her words, $6 her links.
-- One statement: request, conversation, deal, its first event, the first message and a notification, or nothing.
  with posting as (
        select c.id, c.title, trim_scale(c.budget) as budget, c.deliverables, c.usage_rights, c.disclosure_required,
               c.created_by, trim_scale($3::numeric) as amount, now() + interval '72 hours' as ends_at,
               c.status = 'open' and (c.ends_at is null or c.ends_at > now()) as is_open,
               $3::numeric between 1 and c.budget as is_in_range,
               (select plan.commission_bp
                  from plans plan
                 where plan.plan = 'basic'
                   and plan.valid_from <= now()
                 order by plan.valid_from desc
                 limit 1) as commission_bp
          from campaigns c
         where c.id = $2
           for share of c
       ),
       offered as (
        select jsonb_build_object(
                   'process_version', 1, 'kind', 'campaign', 'title', p.title, 'min_amount', 1, 'max_amount', p.budget,
                   'commission_bp', p.commission_bp, 'deliverables', p.deliverables, 'deliver_by', null,
                   'review_days', 14, 'usage_rights', p.usage_rights, 'disclosure_required', p.disclosure_required)
               as terms,
               jsonb_build_object('n', 1, 'by_role', 'influencer', 'amount', p.amount, 'reasoning', null,
                                  'deliver_by', null, 'at', now()) as offer,
               -- Half a paisa goes to the even side, as round() has it for double precision.
               trim_scale(p.amount - (round((p.amount * p.commission_bp / 100)::float8) / 100)::numeric)
               as you_receive
          from posting p
       ),
       request as (
        insert into requests (campaign_id, influencer_id, brand_owner_id, proposed_amount, message, portfolio_links,
                              created_at, updated_at)
        select p.id, $1, p.created_by, p.amount, $5, coalesce($6::text[], '{}'), now(), now()
          from posting p
         where p.is_open
           and p.is_in_range
            on conflict do nothing
     returning id, campaign_id, bid_id, influencer_id, brand_owner_id, status, proposed_amount, agreed_amount,
               message, portfolio_links, payment_status, paid_at, created_at, updated_at
       ),
       conversation as (
        insert into conversations (campaign_id, request_id, brand_owner_id, influencer_id, chat_status, flow_state,
                                   awaiting_role, automation_enabled, flow_data, created_at, updated_at)
        select r.campaign_id, r.id, r.brand_owner_id, r.influencer_id, 'automated', 'initial', 'brand_owner', true,
               jsonb_build_object(
                   'proposed_amount', p.amount, 'campaign_title', p.title,
                   'offers', jsonb_build_array(o.offer || jsonb_build_object('you_receive', o.you_receive)),
                   'rounds_left', 5, 'agreed_amount', null, 'influencer_confirmed', true, 'expires_at', p.ends_at),
               now(), now()
          from request r, posting p, offered o
     returning id, request_id, brand_owner_id, influencer_id
       ),
       readers as (
        insert into participations (conversation_id, user_id, other_user_id, seen_seq, seen_at)
        select c.id, c.brand_owner_id, c.influencer_id, 0, null
          from conversation c
         union all
        select c.id, c.influencer_id, c.brand_owner_id, 1, now()
          from conversation c
       ),
       deal as (
        insert into deals (request_id, conversation_id, campaign_id, brand_owner_id, influencer_id, seq, state,
                           awaiting_role, terms, flow_data, deadlines, deadline_at, created_at, updated_at)
        select c.request_id, c.id, p.id, c.brand_owner_id, c.influencer_id, 1, 'initial', 'brand_owner', o.terms,
               jsonb_build_object(
                   'opening', 'apply', 'offers', jsonb_build_array(o.offer), 'agreed_amount', null,
                   'influencer_confirmed', true, 'accepted_at', null, 'payment_asked_at', null, 'funded_at', null,
                   'paid', 0, 'released', 0, 'refunded', 0, 'work', null, 'review_since', null,
                   'changes_requested', 0, 'changes_since', null, 'delivery_delay', 'P0D', 'cancel_proposal', null,
                   'dispute', null,
                   'reminders', jsonb_build_array(
                       jsonb_build_object('timer', 'offer_expired', 'n', 1, 'at', now() + interval '36 hours'),
                       jsonb_build_object('timer', 'offer_expired', 'n', 2, 'at', now() + interval '64.8 hours'))),
               jsonb_build_object('offer_expired', p.ends_at), now() + interval '36 hours', now(), now()
          from conversation c, posting p, offered o
       ),
       event as (
        insert into deal_events (request_id, brand_owner_id, influencer_id, seq, actor_id, role, action, to_state,
                                 amount, data, process_version, at)
        select c.request_id, c.brand_owner_id, c.influencer_id, 1, $1, 'influencer', 'apply', 'initial', p.amount,
               jsonb_build_object('n', 1, 'terms', o.terms)
               || case when $5 <> '' then jsonb_build_object('message', $5) else '{}' end,
               1, now()
          from conversation c, posting p, offered o
       ),
       welcome as (
        insert into messages (conversation_id, sender_id, receiver_id, message, message_type, action_required,
                              action_data, action_role, flow_context, metadata, created_at)
        select c.id, '00000000-0000-0000-0000-000000000001', c.brand_owner_id,
               'Welcome to the automated negotiation flow!', 'automated', true,
               jsonb_build_object('buttons', jsonb_build_array(
                   jsonb_build_object('id', 'accept_proposal', 'text', 'Accept Proposal',
                                      'action', 'accept_proposal', 'style', 'success',
                                      'data', jsonb_build_object('amount', p.amount)),
                   jsonb_build_object('id', 'negotiate', 'text', 'Negotiate Amount',
                                      'action', 'negotiate_amount', 'style', 'primary'),
                   jsonb_build_object('id', 'decline', 'text', 'Decline',
                                      'action', 'decline_proposal', 'style', 'danger'))),
               'brand_owner',
               jsonb_build_object(
                   'current_state', 'initial', 'next_states', '["negotiating", "accepted", "declined"]'::jsonb,
                   'business_rules', jsonb_build_object('can_negotiate', true, 'min_amount', 1,
                                                        'max_amount', p.budget, 'rounds_left', 5,
                                                        'expires_at', p.ends_at)),
               jsonb_build_object('deal_seq', 1, 'action', 'apply'), now()
          from conversation c, posting p
       ),
       news as (
        insert into notifications (user_id, kind, data, created_at)
        select c.brand_owner_id, 'application_received',
               jsonb_build_object('text', format('%s: there is a new application, for %s.', p.title, $4::text),
                                  'conversation_id', c.id, 'request_id', c.request_id),
               now()
          from conversation c, posting p
       )
select p.is_open, p.is_in_range, made.body
  from posting p
  left join (select row_to_json((select shown
                                   from (select r.id, r.campaign_id, r.bid_id, r.influencer_id, r.brand_owner_id,
                                                c.id as conversation_id, r.status, 'initial' as flow_state,
                                                r.proposed_amount, r.agreed_amount, r.message, r.portfolio_links,
                                                r.payment_status, r.paid_at, r.created_at, r.updated_at) shown)
                               )::text as body
               from request r
               join conversation c on c.request_id = r.id) made on true
