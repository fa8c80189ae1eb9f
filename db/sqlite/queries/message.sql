-- name: MessagesBefore :many
SELECT
    messages.*, users.name AS author_name, users.uid AS author_uid, users.bot AS author_bot,
    CAST(coalesce(quoted.seq, 0) AS INTEGER) AS quoted_seq,
    CAST(coalesce(substr(quoted.body, 1, 200), '') AS TEXT) AS quoted_body,
    CAST(coalesce(quoted_author.name, '') AS TEXT) AS quoted_author,
    CAST(coalesce(files.name, '') AS TEXT) AS file_name,
    CAST(coalesce(files.size, 0) AS INTEGER) AS file_size,
    CAST(coalesce(files.sha256, x'') AS BLOB) AS file_sha256
FROM messages
JOIN users ON users.id = messages.author_id
LEFT JOIN messages AS quoted ON quoted.id = messages.reply_to
LEFT JOIN users AS quoted_author ON quoted_author.id = quoted.author_id
LEFT JOIN files ON files.conversation_id = messages.conversation_id AND files.seq = messages.seq
WHERE messages.conversation_id = @conversation_id AND messages.seq > @floor AND messages.seq < @before
ORDER BY messages.seq DESC LIMIT @page;

-- name: MessagesAfter :many
SELECT
    messages.*, users.name AS author_name, users.uid AS author_uid, users.bot AS author_bot,
    CAST(coalesce(quoted.seq, 0) AS INTEGER) AS quoted_seq,
    CAST(coalesce(substr(quoted.body, 1, 200), '') AS TEXT) AS quoted_body,
    CAST(coalesce(quoted_author.name, '') AS TEXT) AS quoted_author,
    CAST(coalesce(files.name, '') AS TEXT) AS file_name,
    CAST(coalesce(files.size, 0) AS INTEGER) AS file_size,
    CAST(coalesce(files.sha256, x'') AS BLOB) AS file_sha256
FROM messages
JOIN users ON users.id = messages.author_id
LEFT JOIN messages AS quoted ON quoted.id = messages.reply_to
LEFT JOIN users AS quoted_author ON quoted_author.id = quoted.author_id
LEFT JOIN files ON files.conversation_id = messages.conversation_id AND files.seq = messages.seq
WHERE messages.conversation_id = ? AND messages.seq > ?
ORDER BY messages.seq LIMIT ?;

-- name: MessageByID :one
SELECT
    messages.*, users.name AS author_name, users.uid AS author_uid, users.bot AS author_bot,
    CAST(coalesce(quoted.seq, 0) AS INTEGER) AS quoted_seq,
    CAST(coalesce(substr(quoted.body, 1, 200), '') AS TEXT) AS quoted_body,
    CAST(coalesce(quoted_author.name, '') AS TEXT) AS quoted_author,
    CAST(coalesce(files.name, '') AS TEXT) AS file_name,
    CAST(coalesce(files.size, 0) AS INTEGER) AS file_size,
    CAST(coalesce(files.sha256, x'') AS BLOB) AS file_sha256
FROM messages
JOIN users ON users.id = messages.author_id
LEFT JOIN messages AS quoted ON quoted.id = messages.reply_to
LEFT JOIN users AS quoted_author ON quoted_author.id = quoted.author_id
LEFT JOIN files ON files.conversation_id = messages.conversation_id AND files.seq = messages.seq
WHERE messages.id = ?;

-- name: Unread :one
SELECT count(*) FROM (
    SELECT 1 FROM messages
    WHERE conversation_id = ? AND seq > ? AND change = '' AND deleted_at = 0 AND author_id <> ?
    LIMIT 100
);

-- name: NextSeq :one
SELECT last_seq + 1 FROM conversations WHERE id = ?;

-- name: InsertMessage :execresult
INSERT INTO messages (id, conversation_id, seq, author_id, change, body, sent_at, reply_to)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: LastPosition :one
SELECT CAST(coalesce(max(row_id), 0) AS INTEGER) AS position FROM messages;

-- name: SeqAt :one
-- From the newest back, so it costs what has been said since.
SELECT seq FROM messages WHERE conversation_id = ? AND row_id <= ? ORDER BY seq DESC LIMIT 1;

-- name: SetLast :exec
UPDATE conversations SET last_seq = ?, last_at = ? WHERE id = ?;

-- name: EditMessage :exec
UPDATE messages SET body = ?, edited_at = ? WHERE row_id = ?;

-- name: DeleteMessage :exec
UPDATE messages SET body = '', deleted_at = ? WHERE row_id = ?;
