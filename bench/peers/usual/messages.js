import { Router } from 'express';

import { present } from './conversations.js';
import { pool, transaction } from './database.js';
import { conflict, invalid, notFound } from './errors.js';
import { readLimit } from './pages.js';
import { showMessage } from './shown.js';

const router = Router();

router.get('/conversations/:id/messages', async (req, res) => {
  const { id } = req.params;
  const limit = readLimit(req.query, 50);
  const { rows: conversations } = await pool.query(
    'SELECT * FROM conversations WHERE id = $1 AND (brand_owner_id = $2 OR influencer_id = $2)',
    [id, req.user.id],
  );
  if (!conversations[0]) throw notFound();

  const values = [id, limit];
  if (req.query.before_seq) values.push(req.query.before_seq);
  const { rows } = await pool.query(
    `SELECT * FROM messages WHERE conversation_id = $1 ${req.query.before_seq ? 'AND seq < $3' : ''}
      ORDER BY seq DESC LIMIT $2`,
    values,
  );
  const { rows: participations } = await pool.query('SELECT * FROM participations WHERE conversation_id = $1', [id]);
  const [conversation] = await present(conversations, req.user);

  const messages = rows.reverse().map((row) => showMessage(row, req.user, participations));
  res.json({ success: true, data: { messages, conversation, pagination: pagination(messages, limit) } });
});

router.post('/', async (req, res) => {
  const { conversation_id: conversationId, media_url: mediaUrl, client_msg_id: clientMsgId } = req.body ?? {};
  const text = String(req.body?.message ?? '').trim();
  if (!conversationId) throw invalid('conversation_id is required');
  if (!text || text.length > 4000) throw invalid('A message has 1 to 4000 characters');

  const sent = await transaction(async (client) => {
    const { rows } = await client.query(
      'SELECT * FROM participations WHERE conversation_id = $1 AND user_id = $2',
      [conversationId, req.user.id],
    );
    if (!rows[0]) throw notFound();
    if (clientMsgId) {
      const before = await sentBefore(client, req.user.id, clientMsgId);
      if (before) return { message: before, isNew: false };
    }
    // A trigger of the table locks the conversation, numbers the message and moves the sender's cursor
    const inserted = await client.query(
      `INSERT INTO messages (conversation_id, sender_id, receiver_id, message, media_url, client_msg_id)
       VALUES ($1, $2, $3, $4, $5, $6) RETURNING *`,
      [conversationId, req.user.id, rows[0].other_user_id, text, mediaUrl, clientMsgId],
    );
    if (inserted.rows[0]) return { message: inserted.rows[0], isNew: true };
    return { message: await sentBefore(client, req.user.id, clientMsgId), isNew: false };
  });

  if (sent.message.message !== text || sent.message.conversation_id !== conversationId) {
    throw conflict('This client_msg_id belongs to another message', 'client_msg_id_reused');
  }
  const message = showMessage(sent.message, req.user, []);
  res.status(sent.isNew ? 201 : 200).json({ success: true, data: { message } });
});

async function sentBefore(client, senderId, clientMsgId) {
  const { rows } = await client.query('SELECT * FROM messages WHERE sender_id = $1 AND client_msg_id = $2', [
    senderId,
    clientMsgId,
  ]);
  return rows[0];
}

function pagination(messages, limit) {
  const first = messages[0]?.seq ?? 1;
  const hasMore = first > 1;
  return {
    limit,
    next_cursor: hasMore ? Buffer.from(JSON.stringify([first, null])).toString('base64url') : null,
    has_more: hasMore,
    before_seq: hasMore ? first : null,
    after_seq: messages.at(-1)?.seq ?? 0,
  };
}

export default router;
