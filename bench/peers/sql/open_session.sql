-- $1 whose, $2 the hash of its refresh token, $3 the address, $4 the browser.
  with opened as (
        insert into sessions (user_id, created_at, last_used_at, expires_at, address, user_agent)
        values ($1, now(), now(), now() + interval '30 days', $3::inet, $4)
     returning id
       )
insert into refresh_tokens (token_hash, session_id, created_at)
select $2, opened.id, now()
  from opened
returning session_id
