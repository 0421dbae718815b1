// Each read is one statement.

import { after, limitOf, notFound, send, sendPage } from './answers.js';
import { row, rows } from './database.js';

const LARGEST_SEQ = '9223372036854775807';

export async function showCampaign(req, res) {
  const { id, role } = req.user;
  const name = role === 'influencer' ? 'campaign_for_influencer' : 'campaign_for_owner';
  const found = await row(name, req.params.id, id);
  if (!found) return notFound(res);
  return send(res, 200, `{"success":true,"campaign":${found.body}}`);
}

export async function listCampaigns(req, res) {
  const { id, role } = req.user;
  const name = role === 'brand_owner' ? 'campaigns_of_owner' : 'campaigns_for_influencer';
  const limit = limitOf(req.query, 20);
  const found = await rows(name, id, req.query.platform ?? null, ...after(req.query), limit + 1);
  return sendPage(res, 'campaigns', found, limit);
}

export async function listConversations(req, res) {
  const { id, role } = req.user;
  const limit = limitOf(req.query, 20);
  const found = await rows('conversation_page', id, role, ...after(req.query), limit + 1);
  return sendPage(res, 'conversations', found, limit);
}

export async function listMessages(req, res) {
  const { id, role } = req.user;
  const limit = limitOf(req.query, 50);
  const before = req.query.before_seq ?? LARGEST_SEQ;
  const found = await row('message_page', id, role, req.params.id, before, limit);
  if (!found) return notFound(res);
  const first = Number(found.first_seq ?? 1);
  const hasMore = first > 1;
  const pagination = JSON.stringify({
    limit,
    next_cursor: hasMore ? Buffer.from(`[${first},null]`).toString('base64url') : null,
    has_more: hasMore,
    before_seq: hasMore ? first : null,
    after_seq: Number(found.last_seq ?? 0),
  });
  const { messages, conversation } = found;
  const data = `{"messages":${messages},"conversation":${conversation},"pagination":${pagination}}`;
  return send(res, 200, `{"success":true,"data":${data}}`);
}

export async function countUnread(req, res) {
  const { unread_count: count, conversations } = await row('unread', req.user.id);
  return send(res, 200, `{"success":true,"unread_count":${count},"conversations":${conversations}}`);
}
