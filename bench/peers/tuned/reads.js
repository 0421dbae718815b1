// Each read is one statement, a page of messages two that do not wait for each other.

import { after, limitOf, notFound, sendJson, sendPage } from './answers.js';
import { row, rows } from './database.js';

const LARGEST_SEQ = '9223372036854775807';

export async function showCampaign(req, res) {
  const { id, role } = req.user;
  const name = role === 'influencer' ? 'campaign_for_influencer' : 'campaign_for_owner';
  const found = await row(name, req.params.id, id);
  if (!found) return notFound(res);
  return sendJson(res, 200, { success: true, campaign: found });
}

export async function listCampaigns(req, res) {
  const { id, role } = req.user;
  const name = role === 'brand_owner' ? 'campaigns_of_owner' : 'campaigns_for_influencer';
  const limit = limitOf(req.query, 20);
  const found = await rows(name, id, req.query.platform ?? null, ...after(req.query), limit + 1);
  return sendPage(res, 'campaigns', found, limit, (campaign) => [campaign.created_at, campaign.id]);
}

export async function listConversations(req, res) {
  const { id, role } = req.user;
  const limit = limitOf(req.query, 20);
  const found = await rows('conversation_page', id, role, ...after(req.query), limit + 1);
  return sendPage(res, 'conversations', found, limit, (conversation) => [conversation.updated_at, conversation.id]);
}

export async function listMessages(req, res) {
  const { id, role } = req.user;
  const limit = limitOf(req.query, 50);
  const before = req.query.before_seq ?? LARGEST_SEQ;
  const [conversation, messages] = await Promise.all([
    row('conversation_row', id, role, req.params.id),
    rows('message_page', id, role, req.params.id, before, limit),
  ]);
  if (!conversation) return notFound(res);
  messages.reverse();
  const first = messages.at(0)?.seq ?? 1;
  const hasMore = first > 1;
  const pagination = {
    limit,
    next_cursor: hasMore ? Buffer.from(`[${first},null]`).toString('base64url') : null,
    has_more: hasMore,
    before_seq: hasMore ? first : null,
    after_seq: messages.at(-1)?.seq ?? 0,
  };
  return sendJson(res, 200, { success: true, data: { messages, conversation, pagination } });
}

export async function countUnread(req, res) {
  const conversations = {};
  let total = 0;
  for (const { id, count } of await rows('unread', req.user.id)) {
    conversations[id] = count;
    total += count;
  }
  return sendJson(res, 200, { success: true, unread_count: total, conversations });
}
