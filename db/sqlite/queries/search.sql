-- name: SearchPlaces :many
SELECT
    conversations.id,
    CAST(CASE open_history WHEN 0 THEN joined ELSE 0 END AS INTEGER) AS floor,
    CAST(coalesce((
        SELECT row_id FROM messages
        WHERE conversation_id = conversations.id AND seq <= CASE open_history WHEN 0 THEN joined ELSE 0 END
        ORDER BY seq DESC LIMIT 1
    ), 0) AS INTEGER) AS floor_row
FROM memberships
JOIN conversations ON conversations.id = memberships.conversation_id
WHERE user_id = @user_id AND conversations.id IN (@conversation_id, coalesce(nullif(@conversation_id, 0), conversations.id)) AND last_seq > CASE open_history WHEN 0 THEN joined ELSE 0 END
ORDER BY 3;

-- name: MessageAt :one
SELECT * FROM message_view
WHERE row_id = ?;

-- name: SentFrom :one
SELECT sent_at FROM messages WHERE row_id >= ? ORDER BY row_id LIMIT 1;

-- name: MessagesToIndex :many
SELECT row_id, conversation_id, author_id, body, EXISTS (
    SELECT 1 FROM files WHERE files.conversation_id = messages.conversation_id AND files.seq = messages.seq
) AS has_file
FROM messages
WHERE row_id > ? AND change = '' AND deleted_at = 0
ORDER BY row_id LIMIT ?;
