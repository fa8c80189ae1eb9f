-- name: MessagesBefore :many
SELECT * FROM message_view
WHERE conversation_id = @conversation_id AND seq > @floor AND seq < @before
ORDER BY seq DESC LIMIT @page;

-- name: MessagesAfter :many
SELECT * FROM message_view
WHERE conversation_id = ? AND seq > ?
ORDER BY seq LIMIT ?;

-- name: MessageByID :one
SELECT * FROM message_view
WHERE id = ?;

-- name: Unread :one
SELECT count(*) FROM (
    SELECT 1 FROM messages
    WHERE conversation_id = ? AND seq > ? AND change = '' AND deleted_at = 0 AND aside = 0 AND author_id <> ?
    LIMIT 100
);

-- name: NextSeq :one
SELECT last_seq + 1 FROM conversations WHERE id = ?;

-- name: InsertMessage :execresult
INSERT INTO messages (id, conversation_id, seq, author_id, change, body, sent_at, reply_to, group_mention, thread, aside)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: LastPosition :one
SELECT CAST(coalesce(max(row_id), 0) AS INTEGER) AS position FROM messages;

-- name: MessagesAtPositions :many
SELECT * FROM message_view WHERE row_id > @after AND row_id <= @up_to ORDER BY row_id LIMIT CAST(sqlc.arg('limit') AS INTEGER);

-- name: SeqAt :one
-- Starts at the newest message, so the cost depends only on later messages.
SELECT seq FROM messages WHERE conversation_id = ? AND row_id <= ? ORDER BY seq DESC LIMIT 1;

-- name: SetLast :exec
UPDATE conversations SET last_seq = ?, last_at = ? WHERE id = ?;

-- name: EditMessage :exec
UPDATE messages SET body = ?, edited_at = ?, group_mention = ? WHERE row_id = ?;

-- name: DeleteMessage :exec
UPDATE messages SET body = '', deleted_at = ?, deleted_by = ?, group_mention = '' WHERE row_id = ?;

-- name: MessagesToGive :many
SELECT messages.*, CAST(EXISTS (
    SELECT 1 FROM files WHERE files.conversation_id = messages.conversation_id AND files.seq = messages.seq
) AS INTEGER) AS has_file FROM messages
WHERE messages.row_id > ? AND messages.author_id = ?
ORDER BY messages.row_id LIMIT ?;

-- name: GiveMessage :exec
UPDATE messages SET author_id = ? WHERE row_id = ?;

-- name: GiveFile :exec
UPDATE files SET user_id = ? WHERE conversation_id = ? AND seq = ?;
