-- name: SearchPlaces :many
SELECT
    conversations.id,
    CAST(CASE open_history WHEN 0 THEN joined ELSE 0 END AS BIGINT) AS floor,
    CAST(coalesce((
        SELECT row_id FROM messages
        WHERE conversation_id = conversations.id AND seq <= CASE open_history WHEN 0 THEN joined ELSE 0 END
        ORDER BY seq DESC LIMIT 1
    ), 0) AS BIGINT) AS floor_row
FROM memberships
JOIN conversations ON conversations.id = memberships.conversation_id
WHERE user_id = @user_id AND conversations.id IN (CAST(@conversation_id AS BIGINT), coalesce(nullif(CAST(@conversation_id AS BIGINT), 0), conversations.id)) AND last_seq > CASE open_history WHEN 0 THEN joined ELSE 0 END
ORDER BY 3;

-- name: MessageAt :one
SELECT * FROM message_view
WHERE row_id = @row_id;

-- name: SentFrom :one
SELECT sent_at FROM messages WHERE row_id >= @row_id ORDER BY row_id LIMIT 1;
