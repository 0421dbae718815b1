import { Router } from 'express';

import { pool } from './database.js';
import { forbidden, invalid, notFound } from './errors.js';
import { paginate, readCursor, readLimit } from './pages.js';

const router = Router();

const OPTIONAL = [
  'description', 'requirements', 'language', 'platform', 'content_type', 'category', 'starts_at', 'ends_at',
  'image_url', 'deliverables', 'min_followers', 'usage_rights', 'disclosure_required',
];

router.get('/', async (req, res) => {
  const { id, role } = req.user;
  const limit = readLimit(req.query, 20);
  const cursor = readCursor(req.query);

  const values = [id];
  const conditions = [
    role === 'influencer'
      ? `(status = 'open' OR id IN (SELECT campaign_id FROM requests WHERE influencer_id = $1))`
      : 'created_by = $1',
  ];
  if (req.query.platform) {
    values.push(req.query.platform);
    conditions.push(`LOWER(platform) = LOWER($${values.length})`);
  }
  if (cursor) {
    values.push(cursor.created_at, cursor.id);
    conditions.push(`(created_at, id) < ($${values.length - 1}, $${values.length})`);
  }
  values.push(limit + 1);
  const { rows } = await pool.query(
    `SELECT *, created_at::text AS created_at_exactly FROM campaigns WHERE ${conditions.join(' AND ')}
      ORDER BY created_at DESC, id DESC LIMIT $${values.length}`,
    values,
  );

  const { page, pagination } = paginate(rows, limit, (row) => ({ created_at: row.created_at_exactly, id: row.id }));
  const campaigns = role === 'influencer' ? await withMyRequests(page, id) : await withCounts(page);
  for (const campaign of campaigns) delete campaign.created_at_exactly;
  res.json({ success: true, campaigns, pagination });
});

router.get('/:id', async (req, res) => {
  const { id, role } = req.user;
  const { rows } = await pool.query('SELECT * FROM campaigns WHERE id = $1', [req.params.id]);
  const campaign = rows[0];
  if (!campaign) throw notFound();
  if (role !== 'influencer') {
    if (campaign.created_by !== id) throw notFound();
    const [counted] = await withCounts([campaign]);
    return res.json({ success: true, campaign: counted });
  }
  const [seen] = await withMyRequests([campaign], id);
  if (seen.status !== 'open' && !seen.my_request) throw notFound();
  return res.json({ success: true, campaign: seen });
});

router.post('/', async (req, res) => {
  if (req.user.role !== 'brand_owner') throw forbidden();
  const { title, budget } = req.body ?? {};
  if (typeof title !== 'string' || !title.trim()) throw invalid('Title is required');
  if (typeof budget !== 'number' || budget < 1) throw invalid('Budget must be at least 1');

  const given = OPTIONAL.filter((name) => req.body[name] !== undefined);
  const columns = ['title', 'budget', 'created_by', ...given];
  const values = [title, budget, req.user.id, ...given.map((name) => req.body[name])];
  const { rows } = await pool.query(
    `INSERT INTO campaigns (${columns.join(', ')}) VALUES (${values.map((_, i) => `$${i + 1}`).join(', ')})
     RETURNING *`,
    values,
  );
  res.status(201).json({ success: true, campaign: { ...rows[0], applications_count: 0 } });
});

async function withCounts(campaigns) {
  const { rows } = await pool.query(
    `SELECT campaign_id, COUNT(*) AS count FROM requests
      WHERE campaign_id = ANY($1) AND status <> 'cancelled' GROUP BY campaign_id`,
    [campaigns.map((campaign) => campaign.id)],
  );
  const counts = new Map(rows.map((row) => [row.campaign_id, row.count]));
  return campaigns.map((campaign) => ({ ...campaign, applications_count: counts.get(campaign.id) ?? 0 }));
}

async function withMyRequests(campaigns, influencerId) {
  const { rows } = await pool.query(
    `SELECT DISTINCT ON (campaign_id) campaign_id, id, status FROM requests
      WHERE influencer_id = $1 AND campaign_id = ANY($2)
      ORDER BY campaign_id, created_at DESC, id DESC`,
    [influencerId, campaigns.map((campaign) => campaign.id)],
  );
  const mine = new Map(rows.map(({ campaign_id: campaignId, ...request }) => [campaignId, request]));
  return campaigns.map((campaign) => ({ ...campaign, my_request: mine.get(campaign.id) ?? null }));
}

export default router;
