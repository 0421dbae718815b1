// Rows become JSON here. What a write answers is one row, and PostgreSQL has made its JSON already.

export function send(res, status, body) {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  res.end(body);
}

export function sendJson(res, status, body) {
  res.status(status).json(body);
}

export function refuse(res, status, message, code) {
  send(res, status, JSON.stringify({ success: false, message, code }));
}

export function notFound(res) {
  refuse(res, 404, 'Not found.', 'not_found');
}

export function invalid(res, message) {
  refuse(res, 422, message, 'invalid');
}

export function forbidden(res) {
  refuse(res, 403, 'Your role may not do this.', 'forbidden');
}

// The key before every row of a list whose newest comes first.
const FIRST = ['infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];

/** Returns the key after which a page begins. */
export function after(query) {
  return query.cursor ? Buffer.from(query.cursor, 'base64url').toString().split('~') : FIRST;
}

/** Returns how many rows are asked for, from 1 to 100. */
export function limitOf(query, usual) {
  const limit = query.limit === undefined ? usual : Number(query.limit);
  return Number.isInteger(limit) ? Math.min(Math.max(limit, 1), 100) : usual;
}

/** Sends a page of rows; one row more than the limit says that there is more, `key` what the next page begins after. */
export function sendPage(res, name, rows, limit, key) {
  const hasMore = rows.length > limit;
  const shown = hasMore ? rows.slice(0, limit) : rows;
  const pagination = { limit, next_cursor: hasMore ? cursor(key(shown.at(-1))) : null, has_more: hasMore };
  sendJson(res, 200, { success: true, [name]: shown, pagination });
}

function cursor([time, id]) {
  return Buffer.from(`${time}~${id}`).toString('base64url');
}
