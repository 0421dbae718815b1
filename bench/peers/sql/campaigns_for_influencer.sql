-- $1 an influencer, $2 a platform or null, $3 and $4 the row after which the page begins, $5 rows.
-- The page is cut first, so that requests are looked up for its rows only.
  with page as (
        select c.id, c.title, c.description, c.status, c.requirements, c.language, c.platform, c.content_type,
               c.category, c.starts_at, c.ends_at, c.image_url, c.deliverables, c.min_followers, c.usage_rights,
               c.disclosure_required, c.created_by, c.created_at, c.updated_at, c.budget
          from campaigns c
         where (c.status = 'open'
                or (select true
                      from requests r
                     where r.campaign_id = c.id
                       and r.influencer_id = $1
                     limit 1))
           and ($2::text is null or lower(c.platform) = lower($2))
           and (c.created_at, c.id) < ($3::text::timestamptz, $4::uuid)
         order by c.created_at desc, c.id desc
         limit $5
       )
select page.*,
       (select json_build_object('id', r.id, 'status', r.status)
          from requests r
         where r.campaign_id = page.id
           and r.influencer_id = $1
         order by r.created_at desc, r.id desc
         limit 1) as my_request
  from page
 order by page.created_at desc, page.id desc
