export function readLimit(query, defaultLimit) {
  const limit = Number(query.limit ?? defaultLimit);
  return Number.isInteger(limit) ? Math.min(Math.max(limit, 1), 100) : defaultLimit;
}

export function readCursor(query) {
  return query.cursor ? JSON.parse(Buffer.from(query.cursor, 'base64url')) : null;
}

// One row more than the limit was read, to know whether there is another page
export function paginate(rows, limit, keyOf) {
  const hasMore = rows.length > limit;
  const page = rows.slice(0, limit);
  const key = hasMore ? JSON.stringify(keyOf(page[page.length - 1])) : null;
  return {
    page,
    pagination: {
      limit,
      next_cursor: key ? Buffer.from(key).toString('base64url') : null,
      has_more: hasMore,
    },
  };
}
