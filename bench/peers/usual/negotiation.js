import { Router } from 'express';

import { present } from './conversations.js';
import { pool, transaction } from './database.js';
import { ACCEPTED, NEXT_STEPS, PAY_NEXT, clock, flowContext, paymentButtons, rupees } from './deal.js';
import { conflict, invalid, notFound } from './errors.js';
import { insertAutomatedMessage, insertEvent, insertNotification } from './rows.js';

const router = Router();

// Of the moves of a deal only the first one a brand owner can make: to accept a fresh application
router.post('/conversations/:id/button-click', async (req, res) => {
  if (req.body?.action !== 'accept_proposal') throw invalid('There is no such action');
  await transaction((client) => accept(client, req.params.id, req.user));

  const { rows } = await pool.query('SELECT * FROM conversations WHERE id = $1', [req.params.id]);
  const [conversation] = await present(rows, req.user);
  res.json({
    success: true,
    message: 'Action processed successfully',
    next_flow_state: 'accepted',
    automated_response: { message: ACCEPTED, action_required: false, next_steps: NEXT_STEPS },
    conversation,
  });
});

async function accept(client, conversationId, user) {
  const now = new Date();
  const { rows: conversations } = await client.query(
    'SELECT * FROM conversations WHERE id = $1 AND brand_owner_id = $2 FOR UPDATE',
    [conversationId, user.id],
  );
  if (!conversations[0]) throw notFound();
  const { rows: deals } = await client.query('SELECT * FROM deals WHERE conversation_id = $1', [conversationId]);
  const deal = deals[0];
  if (deal?.state !== 'initial') throw conflict('This application can not be accepted any more', 'invalid_action');
  const amount = deal.flow_data.offers[0].amount;
  await checkRoom(client, deal, amount);

  const timer = clock('payment_expired', now);
  await saveAccepted(client, conversations[0], { deal, amount, timer, now });
  await insertEvent(client, deal, {
    seq: 2,
    actor_id: user.id,
    role: 'brand_owner',
    action: 'accept_proposal',
    from_state: 'initial',
    to_state: 'accepted',
    amount,
    data: {},
    at: now,
  });
  await say(client, deal, { amount, timer, now });
  const text = `${deal.terms.title}: the brand has accepted ${rupees(amount)}. ${PAY_NEXT}`;
  const { request_id, conversation_id } = deal;
  const data = { text, request_id, conversation_id };
  await insertNotification(client, deal.influencer_id, 'proposal_accepted', data, now);
}

async function checkRoom(client, deal, amount) {
  const { rows: campaigns } = await client.query('SELECT * FROM campaigns WHERE id = $1 FOR UPDATE', [
    deal.campaign_id,
  ]);
  if (campaigns[0]?.status !== 'open') throw conflict('This campaign is not open any more', 'not_open');
  const { rows: sums } = await client.query(
    `SELECT COALESCE(SUM((flow_data ->> 'agreed_amount')::numeric), 0) AS taken FROM deals
      WHERE campaign_id = $1 AND request_id <> $2
        AND state NOT IN ('initial', 'negotiating', 'declined', 'withdrawn', 'expired', 'cancelled')`,
    [deal.campaign_id, deal.request_id],
  );
  if (sums[0].taken + amount > campaigns[0].budget) {
    throw conflict('The budget of the campaign is exhausted', 'budget_exhausted');
  }
}

async function saveAccepted(client, conversation, { deal, amount, timer, now }) {
  const data = { ...deal.flow_data, agreed_amount: amount, accepted_at: now, reminders: timer.reminders };
  await client.query(
    `UPDATE deals SET seq = 2, state = 'accepted', awaiting_role = 'brand_owner', flow_data = $2, deadlines = $3,
                      deadline_at = $4, updated_at = $5
      WHERE request_id = $1`,
    [deal.request_id, data, timer.deadlines, timer.nextAt, now],
  );
  await client.query(
    `UPDATE conversations SET flow_state = 'accepted', awaiting_role = 'brand_owner', payment_required = true,
                              flow_data = $2, updated_at = GREATEST(updated_at, $3)
      WHERE id = $1`,
    [conversation.id, { ...conversation.flow_data, agreed_amount: amount, expires_at: timer.endsAt }, now],
  );
  await client.query("UPDATE requests SET status = 'approved', agreed_amount = $2, updated_at = $3 WHERE id = $1", [
    deal.request_id,
    amount,
    now,
  ]);
}

async function say(client, deal, { amount, timer, now }) {
  const answered = { action: 'accept_proposal', by_role: 'brand_owner', at: now };
  await client.query(
    `UPDATE messages SET action_required = false, action_data = COALESCE(action_data, '{}') || $2
      WHERE conversation_id = $1 AND action_required`,
    [deal.conversation_id, { answered }],
  );
  const context = flowContext('accepted', ['payment_pending'], deal.terms, timer.endsAt);
  const said = { context, metadata: { deal_seq: 2, action: 'accept_proposal' }, now };
  await insertAutomatedMessage(client, deal, { ...said, text: ACCEPTED });
  const { rows } = await insertAutomatedMessage(client, deal, {
    ...said,
    text: `The amount is agreed: ${rupees(amount)}. ${PAY_NEXT}`,
    actionData: paymentButtons(),
  });
  await client.query(
    'UPDATE participations SET seen_seq = $3, seen_at = $4 WHERE conversation_id = $1 AND user_id = $2',
    [deal.conversation_id, deal.brand_owner_id, rows[0].seq, now],
  );
}

export default router;
