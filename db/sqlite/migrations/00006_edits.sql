-- +goose Up
-- When its author last changed a message, and when it was deleted; 0 if it was
-- not. A deleted one keeps its row and its number, and nothing of what it said.
ALTER TABLE messages ADD COLUMN edited_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN deleted_at INTEGER NOT NULL DEFAULT 0;

-- Unread messages are counted from this index alone; deleted ones are not.
DROP INDEX messages_unread;
CREATE INDEX messages_unread ON messages (conversation_id, seq, author_id) WHERE change = '' AND deleted_at = 0;

-- An edit or a deletion drops whom a message named.
CREATE INDEX mentions_message ON mentions (conversation_id, seq);
