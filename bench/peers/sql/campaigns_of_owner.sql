-- $1 the owner, $2 a platform or null, $3 and $4 the row after which the page begins, $5 rows.
select c.id, c.title, c.description, c.status, c.requirements, c.language, c.platform, c.content_type, c.category,
       c.starts_at, c.ends_at, c.image_url, c.deliverables, c.min_followers, c.usage_rights, c.disclosure_required,
       c.created_by, c.created_at, c.updated_at, c.budget, counted.applications_count
  from campaigns c
 cross join lateral (select count(*) as applications_count
                       from requests r
                      where r.campaign_id = c.id
                        and r.status <> 'cancelled') counted
 where c.created_by = $1
   and ($2::text is null or lower(c.platform) = lower($2))
   and (c.created_at, c.id) < ($3::text::timestamptz, $4::uuid)
 order by c.created_at desc, c.id desc
 limit $5
