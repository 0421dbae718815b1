import { createHash, randomBytes, randomUUID } from 'node:crypto';

import argon2 from 'argon2';
import jwt from 'jsonwebtoken';

import { invalid, refuse, send } from './answers.js';
import { key } from './authenticate.js';
import { row } from './database.js';

const TOKEN_LIFE_SECONDS = 3600;

/** Opens a session and answers its tokens; argon2 works in a thread beside the loop. */
export async function login(req, res) {
  const { phone, password } = req.body ?? {};
  if (typeof phone !== 'string' || typeof password !== 'string') return invalid(res, 'Send phone and password.');
  const person = await row('credentials', phone);
  if (!person || !(await argon2.verify(person.password_hash, password))) {
    return refuse(res, 401, 'Phone, e-mail address or password is wrong.', 'invalid_credentials');
  }
  if (person.status !== 'active') return refuse(res, 403, 'This account is suspended.', 'suspended');
  const refreshToken = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(refreshToken).digest();
  const agent = req.headers['user-agent']?.slice(0, 255);
  const { session_id: sid } = await row('open_session', person.id, hash, req.ip, agent);
  const claims = { id: person.id, phone, role: person.role, sid, jti: randomUUID(), typ: 'access' };
  const token = jwt.sign(claims, key, { expiresIn: TOKEN_LIFE_SECONDS });
  const tokens = `"token":"${token}","refresh_token":"${refreshToken}","expires_in":${TOKEN_LIFE_SECONDS}`;
  return send(res, 200, `{"success":true,"user":${person.body},${tokens}}`);
}
