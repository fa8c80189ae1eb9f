-- +goose Up
-- A reply in a thread has the number of the message that began the thread, and is a
-- message of the same conversation. One that stands aside is shown only in its thread.
ALTER TABLE messages ADD COLUMN thread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN aside INTEGER NOT NULL DEFAULT 0;
-- The message that began a thread says how many replies there are and when the last one
-- was sent. Its version grows with each change of these.
ALTER TABLE messages ADD COLUMN replies INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN last_reply_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN thread_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_thread ON messages (conversation_id, thread, seq) WHERE thread > 0;

-- Unread messages of the conversation itself are counted from this index alone. SQLite
-- takes the three columns from the index only if the condition is nested to the right.
DROP INDEX messages_unread;
CREATE INDEX messages_unread ON messages (conversation_id, seq, author_id) WHERE change = '' AND (deleted_at = 0 AND aside = 0);

-- Members who follow a thread, or have said that they do not, with what they have seen of
-- it and the newest reply of somebody else.
CREATE TABLE thread_followers (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    root            INTEGER NOT NULL,
    user_id         INTEGER NOT NULL REFERENCES users (id),
    following       INTEGER NOT NULL,
    seen            INTEGER NOT NULL,
    latest          INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation_id, root, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_followers_user ON thread_followers (user_id, latest) WHERE following = 1;

DROP VIEW message_view;
CREATE VIEW message_view AS
SELECT
    messages.row_id, messages.id, messages.conversation_id, messages.seq, messages.author_id, messages.change, messages.body,
    messages.sent_at, messages.edited_at, messages.deleted_at, messages.reply_to, messages.group_mention,
    messages.thread, messages.aside, messages.replies, messages.last_reply_at, messages.thread_version,
    users.name AS author_name, users.uid AS author_uid, users.bot AS author_bot,
    CAST(coalesce(quoted.seq, 0) AS INTEGER) AS quoted_seq,
    CAST(coalesce(substr(quoted.body, 1, 200), '') AS TEXT) AS quoted_body,
    CAST(coalesce(quoted.author_id, 0) AS INTEGER) AS quoted_author_id,
    CAST(coalesce(quoted_author.name, '') AS TEXT) AS quoted_author,
    CAST(coalesce(files.name, '') AS TEXT) AS file_name,
    CAST(coalesce(files.size, 0) AS INTEGER) AS file_size,
    CAST(coalesce(files.sha256, x'') AS BLOB) AS file_sha256,
    messages.reacted,
    -- One line for each reaction: place, position, account and emoji. Reading them with the
    -- message makes both of one moment. Most messages have none, and cost nothing.
    CAST(CASE messages.reacted WHEN 0 THEN '' ELSE coalesce((
        SELECT group_concat(reactions.place || ' ' || reactions.position || ' ' || reactions.user_id || ' ' || reactions.emoji, char(10))
        FROM reactions WHERE reactions.conversation_id = messages.conversation_id AND reactions.seq = messages.seq
    ), '') END AS TEXT) AS reactions
FROM messages
JOIN users ON users.id = messages.author_id
LEFT JOIN messages AS quoted ON quoted.id = messages.reply_to
LEFT JOIN users AS quoted_author ON quoted_author.id = quoted.author_id
LEFT JOIN files ON files.conversation_id = messages.conversation_id AND files.seq = messages.seq;
