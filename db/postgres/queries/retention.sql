-- name: SetKeep :exec
UPDATE conversations SET keep = @keep WHERE id = @id;

-- name: Expiring :many
SELECT conversations.id, CAST(greatest(CAST(@cutoff AS BIGINT), CASE conversations.keep WHEN 0 THEN 0 ELSE CAST(@now AS BIGINT) - conversations.keep END) AS BIGINT) AS cutoff
FROM conversations
JOIN messages ON messages.conversation_id = conversations.id AND messages.seq = conversations.expired + 1
WHERE messages.sent_at < greatest(CAST(@cutoff AS BIGINT), CASE conversations.keep WHEN 0 THEN 0 ELSE CAST(@now AS BIGINT) - conversations.keep END)
ORDER BY conversations.id LIMIT 100;

-- name: OldestKept :many
SELECT messages.row_id, messages.seq, messages.sent_at, messages.change FROM messages
JOIN conversations ON conversations.id = messages.conversation_id
WHERE messages.conversation_id = @conversation_id AND messages.seq > conversations.expired
ORDER BY messages.seq LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: ContentsUpTo :many
SELECT DISTINCT sha256 FROM files WHERE conversation_id = @conversation_id AND seq <= @seq;

-- name: ExpireFiles :exec
DELETE FROM files WHERE conversation_id = @conversation_id AND seq <= @seq;

-- name: ExpireMentions :exec
DELETE FROM mentions WHERE conversation_id = @conversation_id AND seq <= @seq;

-- name: ExpireMarkerMoves :exec
DELETE FROM marker_moves WHERE conversation_id = @conversation_id AND seq <= @seq;

-- name: ExpireMessages :exec
-- Keeps the newest message of all, so that positions always grow.
DELETE FROM messages
WHERE messages.conversation_id = @conversation_id AND messages.seq <= @seq AND messages.row_id < (SELECT max(newest.row_id) FROM messages AS newest);

-- name: BlankMessages :exec
UPDATE messages SET body = '', change = 'expired', reply_to = NULL WHERE conversation_id = @conversation_id AND seq <= @seq;

-- name: SetExpired :exec
UPDATE conversations SET expired = @expired WHERE id = @id;
