-- name: MessagesBefore :many
SELECT messages.*, users.name AS author_name FROM messages
JOIN users ON users.id = messages.author_id
WHERE conversation_id = ? AND seq < ?
ORDER BY seq DESC LIMIT ?;

-- name: MessagesAfter :many
SELECT messages.*, users.name AS author_name FROM messages
JOIN users ON users.id = messages.author_id
WHERE conversation_id = ? AND seq > ?
ORDER BY seq LIMIT ?;

-- name: MessageByID :one
SELECT messages.*, users.name AS author_name FROM messages
JOIN users ON users.id = messages.author_id
WHERE messages.id = ?;

-- name: NextSeq :one
SELECT last_seq + 1 FROM conversations WHERE id = ?;

-- name: InsertMessage :execrows
INSERT INTO messages (id, conversation_id, seq, author_id, body, sent_at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: SetLastSeq :exec
UPDATE conversations SET last_seq = ? WHERE id = ?;
