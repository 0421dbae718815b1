import { createHash, randomBytes, randomUUID } from 'node:crypto';

import argon2 from 'argon2';
import jwt from 'jsonwebtoken';

import { pool } from './database.js';
import { HttpError, invalid } from './errors.js';

const { SECRET } = process.env;
const TOKEN_LIFE_SECONDS = 3600;
const SESSION_LIFE_MS = 30 * 24 * 3600 * 1000;

export function authenticate(req, res, next) {
  const [scheme, token] = (req.headers.authorization ?? '').split(' ');
  try {
    if (scheme !== 'Bearer') throw new Error('No token');
    req.user = jwt.verify(token, SECRET);
  } catch {
    return res.status(401).json({ success: false, message: 'You are not signed in', code: 'not_signed_in' });
  }
  return next();
}

export async function login(req, res) {
  const { phone, password } = req.body ?? {};
  if (!phone || !password) throw invalid('Phone and password are required');

  const { rows: users } = await pool.query('SELECT * FROM users WHERE phone = $1', [phone]);
  const user = users[0];
  if (!user) throw wrongCredentials();
  const { rows: credentials } = await pool.query('SELECT * FROM credentials WHERE user_id = $1', [user.id]);
  const matches = credentials[0] && (await argon2.verify(credentials[0].password_hash, password));
  if (!matches) throw wrongCredentials();
  if (user.status !== 'active') throw new HttpError(403, 'This account is suspended', 'suspended');

  const now = new Date();
  const refreshToken = randomBytes(32).toString('base64url');
  const { rows: sessions } = await pool.query(
    `INSERT INTO sessions (user_id, created_at, last_used_at, expires_at, address, user_agent)
     VALUES ($1, $2, $2, $3, $4, $5) RETURNING *`,
    [user.id, now, new Date(now.getTime() + SESSION_LIFE_MS), req.ip, req.headers['user-agent']],
  );
  await pool.query('INSERT INTO refresh_tokens (token_hash, session_id, created_at) VALUES ($1, $2, $3)', [
    createHash('sha256').update(refreshToken).digest(),
    sessions[0].id,
    now,
  ]);

  const token = jwt.sign(
    { id: user.id, phone: user.phone, role: user.role, sid: sessions[0].id, jti: randomUUID(), typ: 'access' },
    SECRET,
    { expiresIn: TOKEN_LIFE_SECONDS },
  );
  res.json({ success: true, user, token, refresh_token: refreshToken, expires_in: TOKEN_LIFE_SECONDS });
}

function wrongCredentials() {
  return new HttpError(401, 'Phone, e-mail address or password is wrong', 'invalid_credentials');
}
