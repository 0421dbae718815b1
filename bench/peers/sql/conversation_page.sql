-- $1 who looks, $2 the role, $3 and $4 the row after which the page begins, $5 rows. Newest activity first.
  with page as (
        select c.id
          from conversations c
         where (c.brand_owner_id = $1 or c.influencer_id = $1)
           and (c.updated_at, c.id) < ($3::text::timestamptz, $4::uuid)
         order by c.updated_at desc, c.id desc
         limit $5
       )
\ir conversation.sql
         where c.id in (select id from page)
         order by c.updated_at desc, c.id desc
