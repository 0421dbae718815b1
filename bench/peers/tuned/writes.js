// Each write is one statement, and so a transaction of its own.

import { forbidden, invalid, notFound, refuse, send } from './answers.js';
import { row } from './database.js';
import { isAmount, rupees } from './rupees.js';

export async function postCampaign(req, res) {
  const { id, role } = req.user;
  const { title, budget, ...said } = req.body ?? {};
  if (role !== 'brand_owner') return forbidden(res);
  if (typeof title !== 'string' || !title.trim() || title.length > 255 || !isAmount(budget)) {
    return invalid(res, 'A campaign needs a title and a budget.');
  }
  const posted = await row(
    'post_campaign', id, title, said.description, budget, said.requirements, said.language, said.platform,
    said.content_type, said.category, said.starts_at, said.ends_at, said.image_url, said.deliverables,
    said.min_followers, said.usage_rights, said.disclosure_required,
  );
  return send(res, 201, `{"success":true,"campaign":${posted.body}}`);
}

/** Request, conversation and deal begin together. */
export async function applyToCampaign(req, res) {
  const { id, role } = req.user;
  const { campaign_id: campaignId, proposed_amount: amount, message, portfolio_links: links } = req.body ?? {};
  if (role !== 'influencer') return forbidden(res);
  if (typeof campaignId !== 'string' || !isAmount(amount)) {
    return invalid(res, 'An application needs a campaign and an amount.');
  }
  const applied = await row('apply', id, campaignId, amount, rupees(amount), message, links);
  if (!applied) return notFound(res);
  if (applied.body) return send(res, 201, `{"success":true,"request":${applied.body}}`);
  if (!applied.is_open) return refuse(res, 409, 'This campaign takes no applications any more.', 'not_open');
  if (!applied.is_in_range) {
    return refuse(res, 422, 'The amount is not what the campaign offers.', 'amount_out_of_range');
  }
  return refuse(res, 409, 'There already is a live request for this posting.', 'already_applied');
}

/** The message, once for each client_msg_id. */
export async function sendMessage(req, res) {
  const stored = await storeMessage(req.user.id, req.body);
  if (stored.refused) return refuse(res, ...stored.refused);
  return send(res, stored.isNew ? 201 : 200, `{"success":true,"data":{"message":${stored.body}}}`);
}

/** Stores a message of somebody, whichever way it came: `{ body, isNew }`, or as `refused` what `refuse` takes. */
export async function storeMessage(id, said) {
  const { conversation_id: conversationId, message, media_url: link, client_msg_id: ownId } = said ?? {};
  const text = typeof message === 'string' ? message.trim() : '';
  if (typeof conversationId !== 'string' || !text || text.length > 4000) {
    return { refused: [422, 'A message has a conversation and 1 to 4000 characters.', 'invalid'] };
  }
  const sent = await row('send_message', id, conversationId, text, link, ownId);
  if (sent) return { body: sent.body, isNew: true };
  const before = await row('message_sent_as', id, ownId, conversationId, text, link);
  if (!before) return { refused: [404, 'Not found.', 'not_found'] };
  if (!before.is_the_same) {
    return { refused: [409, 'This client_msg_id belongs to another message.', 'client_msg_id_reused'] };
  }
  return { body: before.body, isNew: false };
}
