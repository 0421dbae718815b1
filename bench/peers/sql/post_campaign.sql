-- $1 the owner, $2 to $16 what was said of it.
  with posted as (
        insert into campaigns (created_by, title, description, budget, requirements, language, platform,
                               content_type, category, starts_at, ends_at, image_url, deliverables, min_followers,
                               usage_rights, disclosure_required, created_at, updated_at)
        values ($1, $2, $3, $4::numeric, $5, $6, $7, $8, $9, $10, $11, $12, coalesce($13::text[], '{}'), $14, $15,
                coalesce($16::boolean, true), now(), now())
     returning id, title, description, status, requirements, language, platform, content_type, category, starts_at,
               ends_at, image_url, deliverables, min_followers, usage_rights, disclosure_required, created_by,
               created_at, updated_at, budget, 0 as applications_count
       )
select row_to_json(posted)::text as body
  from posted
