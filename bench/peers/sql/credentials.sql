-- $1 a phone number.
select u.id, u.role, u.status, c.password_hash,
       row_to_json((select shown
                      from (select u.id, u.name, u.phone, u.phone_verified, u.email, u.email_verified, u.role,
                                   u.status, u.profile_image_url, u.bio, u.languages, u.categories,
                                   u.social_platforms, u.locale, u.created_at, u.updated_at) shown)
                  )::text as body
  from users u
  join credentials c on c.user_id = u.id
 where u.phone = $1
