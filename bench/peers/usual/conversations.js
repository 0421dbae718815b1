import { Router } from 'express';

import { pool } from './database.js';
import { paginate, readCursor, readLimit } from './pages.js';
import { showConversation } from './shown.js';

const router = Router();

router.get('/conversations', async (req, res) => {
  const limit = readLimit(req.query, 20);
  const cursor = readCursor(req.query);
  const values = [req.user.id, limit + 1];
  if (cursor) values.push(cursor.updated_at, cursor.id);
  const { rows } = await pool.query(
    `SELECT *, updated_at::text AS updated_at_exactly FROM conversations
      WHERE (brand_owner_id = $1 OR influencer_id = $1) ${cursor ? 'AND (updated_at, id) < ($3, $4)' : ''}
      ORDER BY updated_at DESC, id DESC LIMIT $2`,
    values,
  );
  const { page, pagination } = paginate(rows, limit, (row) => ({ updated_at: row.updated_at_exactly, id: row.id }));
  res.json({ success: true, conversations: await present(page, req.user), pagination });
});

router.get('/unread-count', async (req, res) => {
  const { rows } = await pool.query(
    `SELECT p.conversation_id, c.last_seq - p.seen_seq AS count
       FROM participations p JOIN conversations c ON c.id = p.conversation_id
      WHERE p.user_id = $1 AND c.last_seq > p.seen_seq`,
    [req.user.id],
  );
  res.json({
    success: true,
    unread_count: rows.reduce((sum, row) => sum + row.count, 0),
    conversations: Object.fromEntries(rows.map((row) => [row.conversation_id, row.count])),
  });
});

// Adds to rows of conversations the other person, the last message and what is unread
export async function present(conversations, user) {
  const ids = conversations.map((conversation) => conversation.id);
  const [reading, last] = await Promise.all([
    pool.query('SELECT * FROM participations WHERE user_id = $1 AND conversation_id = ANY($2)', [user.id, ids]),
    pool.query(
      `SELECT m.* FROM conversations c JOIN messages m ON m.conversation_id = c.id AND m.seq = c.last_seq
        WHERE c.id = ANY($1)`,
      [ids],
    ),
  ]);
  const others = reading.rows.map((row) => row.other_user_id);
  const { rows: people } = await pool.query(
    'SELECT id, name, role, profile_image_url FROM users WHERE id = ANY($1)',
    [others],
  );

  const readingIn = new Map(reading.rows.map((row) => [row.conversation_id, row]));
  const lastIn = new Map(last.rows.map((row) => [row.conversation_id, row]));
  const person = new Map(people.map((row) => [row.id, row]));
  return conversations.map((conversation) => {
    const read = readingIn.get(conversation.id);
    return showConversation(conversation, user.role, {
      lastMessage: lastIn.get(conversation.id),
      otherUser: person.get(read.other_user_id),
      seenSeq: read.seen_seq,
    });
  });
}

export default router;
