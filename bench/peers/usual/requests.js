import { Router } from 'express';

import { transaction } from './database.js';
import {
  WELCOME, applicationButtons, clock, firstOffer, flowContext, flowData, newDealData, rupees, termsOf, youReceive,
} from './deal.js';
import { HttpError, conflict, forbidden, invalid, notFound } from './errors.js';
import { insertAutomatedMessage, insertEvent, insertNotification } from './rows.js';

const router = Router();

router.post('/', async (req, res) => {
  if (req.user.role !== 'influencer') throw forbidden();
  const { campaign_id: campaignId, proposed_amount: amount } = req.body ?? {};
  if (!campaignId) throw invalid('campaign_id is required');
  if (typeof amount !== 'number' || amount <= 0) throw invalid('proposed_amount must be a positive number');

  const request = await transaction(async (client) => {
    const { rows: campaigns } = await client.query('SELECT * FROM campaigns WHERE id = $1 FOR UPDATE', [campaignId]);
    const campaign = campaigns[0];
    if (!campaign) throw notFound();
    await checkOpen(client, campaign, req.user.id);
    if (amount < 1 || amount > campaign.budget) {
      throw new HttpError(422, 'The amount is not what the campaign offers', 'amount_out_of_range');
    }
    return begin(client, campaign, req);
  });
  res.status(201).json({ success: true, request });
});

async function checkOpen(client, campaign, influencerId) {
  const isOver = campaign.ends_at && campaign.ends_at <= new Date();
  if (campaign.status !== 'open' || isOver) {
    throw conflict('This campaign takes no applications any more', 'not_open');
  }
  const { rows: live } = await client.query(
    `SELECT id FROM requests
      WHERE campaign_id = $1 AND influencer_id = $2 AND status IN ('pending', 'approved', 'in_progress')`,
    [campaign.id, influencerId],
  );
  if (live.length > 0) throw conflict('You have already applied to this campaign', 'already_applied');
}

async function begin(client, campaign, req) {
  const now = new Date();
  const { proposed_amount: amount, message } = req.body;
  const commissionBp = await readCommission(client, now);
  const terms = termsOf(campaign, commissionBp);
  const offer = firstOffer(amount, now);
  const timer = clock('offer_expired', now);

  const request = await insertRequest(client, campaign, req, now);
  const flow = flowData({
    title: campaign.title,
    offer,
    receives: youReceive(amount, commissionBp),
    agreedAmount: null,
    expiresAt: timer.endsAt,
  });
  const deal = await openConversation(client, request, flow, now);
  await insertDeal(client, deal, { terms, data: newDealData(offer, timer.reminders), timer, now });
  await insertEvent(client, deal, {
    seq: 1,
    actor_id: req.user.id,
    role: 'influencer',
    action: 'apply',
    from_state: null,
    to_state: 'initial',
    amount,
    data: { n: 1, terms, ...(message && { message }) },
    at: now,
  });
  await welcome(client, deal, { amount, terms, timer, now });
  return { ...request, conversation_id: deal.conversation_id, flow_state: 'initial' };
}

async function readCommission(client, now) {
  const { rows } = await client.query(
    `SELECT commission_bp FROM plans WHERE plan = 'basic' AND valid_from <= $1 ORDER BY valid_from DESC LIMIT 1`,
    [now],
  );
  return rows[0].commission_bp;
}

async function insertRequest(client, campaign, req, now) {
  const { proposed_amount: amount, message, portfolio_links: links } = req.body;
  const { rows } = await client.query(
    `INSERT INTO requests (campaign_id, influencer_id, brand_owner_id, proposed_amount, message, portfolio_links,
                           created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING *`,
    [campaign.id, req.user.id, campaign.created_by, amount, message, links ?? [], now],
  );
  return rows[0];
}

async function welcome(client, deal, { amount, terms, timer, now }) {
  await insertAutomatedMessage(client, deal, {
    text: WELCOME,
    actionData: applicationButtons(amount),
    context: flowContext('initial', ['negotiating', 'accepted', 'declined'], terms, timer.endsAt),
    metadata: { deal_seq: 1, action: 'apply' },
    now,
  });
  await client.query(
    'UPDATE participations SET seen_seq = 1, seen_at = $3 WHERE conversation_id = $1 AND user_id = $2',
    [deal.conversation_id, deal.influencer_id, now],
  );
  const text = `${terms.title}: there is a new application, for ${rupees(amount)}.`;
  const { request_id, conversation_id } = deal;
  const data = { text, request_id, conversation_id };
  await insertNotification(client, deal.brand_owner_id, 'application_received', data, now);
}

async function openConversation(client, request, flow, now) {
  const { rows } = await client.query(
    `INSERT INTO conversations (campaign_id, request_id, brand_owner_id, influencer_id, chat_status, flow_state,
                                awaiting_role, automation_enabled, flow_data, created_at, updated_at)
     VALUES ($1, $2, $3, $4, 'automated', 'initial', 'brand_owner', true, $5, $6, $6)
     RETURNING id`,
    [request.campaign_id, request.id, request.brand_owner_id, request.influencer_id, flow, now],
  );
  await client.query(
    'INSERT INTO participations (conversation_id, user_id, other_user_id) VALUES ($1, $2, $3), ($1, $3, $2)',
    [rows[0].id, request.brand_owner_id, request.influencer_id],
  );
  return {
    request_id: request.id,
    conversation_id: rows[0].id,
    campaign_id: request.campaign_id,
    brand_owner_id: request.brand_owner_id,
    influencer_id: request.influencer_id,
  };
}

function insertDeal(client, deal, { terms, data, timer, now }) {
  return client.query(
    `INSERT INTO deals (request_id, conversation_id, campaign_id, brand_owner_id, influencer_id, seq, state,
                        awaiting_role, terms, flow_data, deadlines, deadline_at, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, 1, 'initial', 'brand_owner', $6, $7, $8, $9, $10, $10)`,
    [
      deal.request_id, deal.conversation_id, deal.campaign_id, deal.brand_owner_id, deal.influencer_id, terms, data,
      timer.deadlines, timer.nextAt, now,
    ],
  );
}

export default router;
