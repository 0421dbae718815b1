-- $1 who looks, $2 the role, $3 the conversation: as a row, where conversation_of.sql makes the text of an answer.
\ir conversation.sql
         where c.id = $3
