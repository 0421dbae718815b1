// One pool, and every statement prepared once a connection under the name of its file in ../sql.

import { readFileSync, readdirSync } from 'node:fs';

import pg from 'pg';

const { INT8, NUMERIC, TIMESTAMPTZ } = pg.types.builtins;
pg.types.setTypeParser(INT8, Number);
pg.types.setTypeParser(NUMERIC, Number);
pg.types.setTypeParser(TIMESTAMPTZ, (text) => `${text.slice(0, 10)}T${text.slice(11, -3)}Z`); // the session is in UTC

const FOLDER = new URL('../sql/', import.meta.url);

export const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.DB_POOL),
  options: '-c timezone=UTC -c jit=off -c plan_cache_mode=force_generic_plan',
  idleTimeoutMillis: 0, // a connection knows the prepared statements, a new one does not
  pipeline: true, // what a transaction sends at once does not wait for one answer after the other
});

const statements = Object.fromEntries(
  readdirSync(FOLDER).map((file) => [file.replace('.sql', ''), read(file)]),
);

/** Returns a statement with its parameters, for `pool.query` or the `query` of a client. */
export function prepared(name, ...values) {
  return { name, text: statements[name], values };
}

export async function rows(name, ...values) {
  const result = await pool.query(prepared(name, ...values));
  return result.rows;
}

export async function row(name, ...values) {
  const result = await pool.query(prepared(name, ...values));
  return result.rows[0];
}

/** Opens every connection there will be, so that no request waits for one. */
export async function warmUp() {
  const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
  clients.forEach((client) => client.release());
}

/** Reads a statement; as in psql, a line `\ir other.sql` stands for that file. */
function read(file) {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  return text.replace(/^\\ir (\w+\.sql)$/gm, (_, other) => read(other));
}
