-- migrate:up

-- The messages of a conversation were indexed twice, with and without their number. The poorer index costs every message
-- a write, and lures the planner into sorting a whole conversation for its last page; the other takes over its name.
-- squawk-ignore require-concurrent-index-deletion
drop index idx_messages_conversation_id;
-- squawk-ignore renaming-object
alter table messages rename constraint messages_numbered_in_a_conversation to idx_messages_conversation_id;

-- migrate:down
