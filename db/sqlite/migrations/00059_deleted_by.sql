-- +goose Up
-- Who deleted a message: 0 if it was not deleted, if it expired, or if that was before this
-- was stored.
ALTER TABLE messages ADD COLUMN deleted_by INTEGER NOT NULL DEFAULT 0;
DROP VIEW message_view;
CREATE VIEW message_view AS
SELECT
    messages.row_id, messages.id, messages.conversation_id, messages.seq, messages.author_id, messages.change, messages.body,
    messages.sent_at, messages.edited_at, messages.deleted_at, messages.reply_to, messages.group_mention,
    messages.thread, messages.aside, messages.replies, messages.last_reply_at, messages.thread_version,
    users.name AS author_name, users.display_name AS author_display, users.uid AS author_uid, users.bot AS author_bot,
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
    ), '') END AS TEXT) AS reactions,
    -- The name of the account that deleted it. Most messages cost nothing here, either.
    messages.deleted_by,
    CAST(CASE messages.deleted_by WHEN 0 THEN '' ELSE coalesce((
        SELECT deleter.name FROM users AS deleter WHERE deleter.id = messages.deleted_by
    ), '') END AS TEXT) AS deleter
FROM messages
JOIN users ON users.id = messages.author_id
LEFT JOIN messages AS quoted ON quoted.id = messages.reply_to
LEFT JOIN users AS quoted_author ON quoted_author.id = quoted.author_id
LEFT JOIN files ON files.conversation_id = messages.conversation_id AND files.seq = messages.seq;
