-- $1 who looks, $2 the role, $3 and $4 the row after which the page begins, $5 rows. Newest activity first.
  with page as (
        select c.id
          from conversations c
         where (c.brand_owner_id = $1 or c.influencer_id = $1)
           and (c.updated_at, c.id) < ($3::text::timestamptz, $4::uuid)
         order by c.updated_at desc, c.id desc
         limit $5
       )
select shown.updated_at::text as cursor_time, shown.id as cursor_id, row_to_json(shown)::text as body
  from (
\ir conversation.sql
         where c.id in (select id from page)) shown
 order by shown.updated_at desc, shown.id desc
