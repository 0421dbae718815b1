-- $1 the campaign, $2 its owner.
select c.id, c.title, c.description, c.status, c.requirements, c.language, c.platform, c.content_type, c.category,
       c.starts_at, c.ends_at, c.image_url, c.deliverables, c.min_followers, c.usage_rights, c.disclosure_required,
       c.created_by, c.created_at, c.updated_at, c.budget,
       (select count(*)
          from requests r
         where r.campaign_id = c.id
           and r.status <> 'cancelled') as applications_count
  from campaigns c
 where c.id = $1
   and c.created_by = $2
