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
WHERE messages.row_id = ?;

-- name: SentFrom :one
SELECT sent_at FROM messages WHERE row_id >= ? ORDER BY row_id LIMIT 1;

-- name: MessagesToIndex :many
SELECT row_id, conversation_id, author_id, body FROM messages
WHERE row_id > ? AND change = '' AND deleted_at = 0
ORDER BY row_id LIMIT ?;
