-- The small named world of the demo and of the tests. Everybody's password is stoory-demo-1.

insert into users (id, name, phone, email, role, bio, phone_verified, languages, categories, social_platforms,
                   created_at, updated_at)
values ('a5000000-0000-4000-8000-000000000001', 'Asha', '+919800000001', 'asha@example.org', 'brand_owner',
        'Handmade summer clothes from Jaipur', true, '{English,Hindi}', '{fashion}', '[]',
        '2026-01-10T09:00:00Z', '2026-01-10T09:00:00Z'),
       ('a5000000-0000-4000-8000-000000000002', 'Ravi', '+919800000002', 'ravi@example.org', 'influencer',
        'Short videos about everyday style', true, '{English,Hindi}', '{fashion,marketing}',
        '[{"platform": "Instagram", "profile_link": "https://example.org/ravi", "followers_count": 48000, "engagement_rate": 4.2}]',
        '2026-01-11T09:00:00Z', '2026-01-11T09:00:00Z'),
       ('a5000000-0000-4000-8000-000000000003', 'Meera', '+919800000003', 'meera@example.org', 'influencer',
        'Food, travel and the odd dance', true, '{English,Tamil}', '{food,travel}',
        '[{"platform": "TikTok", "profile_link": "https://example.org/meera", "followers_count": 120000, "engagement_rate": 6.1}]',
        '2026-01-12T09:00:00Z', '2026-01-12T09:00:00Z'),
       ('a5000000-0000-4000-8000-000000000004', 'Kabir', '+919800000004', 'kabir@example.org', 'brand_owner',
        'Coffee, roasted in Coorg', true, '{English}', '{food}', '[]',
        '2026-01-13T09:00:00Z', '2026-01-13T09:00:00Z'),
       ('a5000000-0000-4000-8000-000000000005', 'Om', '+919800000005', 'om@example.org', 'admin',
        null, true, '{English}', '{}', '[]',
        '2026-01-09T09:00:00Z', '2026-01-09T09:00:00Z');

insert into credentials (user_id, password_hash, changed_at)
select id, '$argon2id$v=19$m=19456,t=2,p=1$dQFIksQxTbbjtLypIhzzdQ$TyTyWzHaCZ+Z1FYNA+xWpaFrYKwHq9O5CtLAzpJvVwo',
       created_at
  from users
 where role <> 'system';

insert into bids (id, title, description, min_budget, max_budget, requirements, language, platform, content_type,
                  category, created_by, created_at, updated_at)
values ('b1d00000-0000-4000-8000-000000000001', 'Quick Video Promotion', 'Create short promotional videos', 3000, 8000,
        '15-30 second videos', 'English', 'TikTok', 'videos', 'marketing', 'a5000000-0000-4000-8000-000000000001',
        '2026-01-15T10:30:00Z', '2026-01-15T10:30:00Z'),
       ('b1d00000-0000-4000-8000-000000000002', 'Coffee at Home', 'Show how you brew our coffee', 1500, 4000,
        'One reel, one story', 'English', 'Instagram', 'reels', 'food', 'a5000000-0000-4000-8000-000000000004',
        '2026-01-16T10:30:00Z', '2026-01-16T10:30:00Z');

insert into campaigns (id, title, description, budget, requirements, language, platform, content_type, category,
                       created_by, created_at, updated_at)
values ('ca000000-0000-4000-8000-000000000001', 'Summer Campaign 2024', 'Promote our summer collection', 10000,
        'Instagram posts, Stories', 'English', 'Instagram', 'posts', 'fashion',
        'a5000000-0000-4000-8000-000000000001', '2026-01-15T10:30:00Z', '2026-01-15T10:30:00Z');
