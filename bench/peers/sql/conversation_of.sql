-- $1 who looks, $2 the role, $3 the conversation.
select row_to_json(shown)::text as body
  from (
\ir conversation.sql
         where c.id = $3) shown
