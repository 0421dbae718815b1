-- $1 the campaign, $2 an influencer. She sees what is open, and what she once applied to.
select c.id, c.title, c.description, c.status, c.requirements, c.language, c.platform, c.content_type, c.category,
       c.starts_at, c.ends_at, c.image_url, c.deliverables, c.min_followers, c.usage_rights, c.disclosure_required,
       c.created_by, c.created_at, c.updated_at, c.budget, mine.my_request
  from campaigns c
  left join lateral (select json_build_object('id', r.id, 'status', r.status) as my_request
                       from requests r
                      where r.campaign_id = c.id
                        and r.influencer_id = $2
                      order by r.created_at desc, r.id desc
                      limit 1) mine on true
 where c.id = $1
   and (c.status = 'open' or mine.my_request is not null)
