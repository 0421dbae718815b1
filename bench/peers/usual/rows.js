// Inserts that more than one transaction makes

import { SYSTEM_USER_ID } from './deal.js';

export function insertEvent(client, deal, event) {
  return client.query(
    `INSERT INTO deal_events (request_id, brand_owner_id, influencer_id, seq, actor_id, role, action, from_state,
                              to_state, amount, data, process_version, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12)`,
    [
      deal.request_id, deal.brand_owner_id, deal.influencer_id, event.seq, event.actor_id, event.role, event.action,
      event.from_state, event.to_state, event.amount, event.data, event.at,
    ],
  );
}

// A trigger of the table numbers the message
export function insertAutomatedMessage(client, deal, { text, actionData, context, metadata, now }) {
  return client.query(
    `INSERT INTO messages (conversation_id, sender_id, receiver_id, message, message_type, action_required,
                           action_data, action_role, flow_context, metadata, created_at)
     VALUES ($1, $2, $3, $4, 'automated', $5, $6, $7, $8, $9, $10)
     RETURNING seq`,
    [
      deal.conversation_id, SYSTEM_USER_ID, deal.brand_owner_id, text, Boolean(actionData), actionData,
      actionData ? 'brand_owner' : null, context, metadata, now,
    ],
  );
}

export function insertNotification(client, userId, kind, data, now) {
  return client.query('INSERT INTO notifications (user_id, kind, data, created_at) VALUES ($1, $2, $3, $4)', [
    userId, kind, data, now,
  ]);
}
