-- name: MessagesBefore :many
SELECT messages.*, users.name AS author_name FROM messages
JOIN users ON users.id = messages.author_id
WHERE conversation_id = @conversation_id AND seq > @floor AND seq < @before
ORDER BY seq DESC LIMIT @page;

-- name: MessagesAfter :many
SELECT messages.*, users.name AS author_name FROM messages
JOIN users ON users.id = messages.author_id
WHERE conversation_id = ? AND seq > ?
ORDER BY seq LIMIT ?;

-- name: MessageByID :one
SELECT messages.*, users.name AS author_name FROM messages
JOIN users ON users.id = messages.author_id
WHERE messages.id = ?;

-- name: Unread :one
SELECT count(*) FROM (
    SELECT 1 FROM messages
    WHERE conversation_id = ? AND seq > ? AND change = '' AND author_id <> ?
    LIMIT 100
);

-- name: NextSeq :one
SELECT last_seq + 1 FROM conversations WHERE id = ?;

-- name: InsertMessage :one
INSERT INTO messages (id, conversation_id, seq, author_id, change, body, sent_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING
RETURNING row_id;

-- name: SetLast :exec
UPDATE conversations SET last_seq = ?, last_at = ? WHERE id = ?;
