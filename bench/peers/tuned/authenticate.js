import { createSecretKey } from 'node:crypto';

import jwt from 'jsonwebtoken';

import { refuse } from './answers.js';

// A key object: jsonwebtoken would make one of a string again at every request.
export const key = createSecretKey(Buffer.from(process.env.SECRET));
const OPTIONS = { algorithms: ['HS256'] };

/** Returns the claims of a token; throws when it is none of ours, or too old. */
export const verified = (token) => jwt.verify(token, key, OPTIONS);

export function authenticate(req, res, next) {
  const { authorization } = req.headers;
  if (!authorization?.startsWith('Bearer ')) return unauthorized(res);
  try {
    req.user = verified(authorization.slice(7));
  } catch {
    return unauthorized(res);
  }
  return next();
}

function unauthorized(res) {
  return refuse(res, 401, 'You are not signed in.', 'not_signed_in');
}
