-- name: InsertMention :exec
INSERT INTO mentions (user_id, conversation_id, seq) VALUES (@user_id, @conversation_id, @seq)
ON CONFLICT DO NOTHING;

-- name: InsertMentions :exec
INSERT INTO mentions (user_id, conversation_id, seq)
SELECT memberships.user_id, memberships.conversation_id, CAST(@seq AS BIGINT) FROM memberships
WHERE memberships.conversation_id = @conversation_id AND memberships.user_id <> @author_id
    AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocks.user_id = memberships.user_id AND blocks.blocked_id = @author_id)
ON CONFLICT DO NOTHING;

-- name: DeleteMentionsOfMessage :exec
DELETE FROM mentions WHERE conversation_id = @conversation_id AND seq = @seq;

-- name: CountMentions :one
SELECT count(*) FROM (
    SELECT 1 FROM mentions
    WHERE user_id = @user_id AND conversation_id = @conversation_id AND seq > @seq AND done = 0
    LIMIT 100
) AS counted;

-- name: ReadMention :exec
UPDATE mentions SET done = 1 WHERE user_id = @user_id AND conversation_id = @conversation_id AND seq = @seq;

-- name: UnreadMentions :exec
UPDATE mentions SET done = 0 WHERE user_id = @user_id AND conversation_id = @conversation_id AND seq > @seq AND done = 1;

-- name: MentionsOf :many
SELECT sqlc.embed(message_view), sqlc.embed(conversations), sqlc.embed(memberships), mentions.done FROM mentions
JOIN memberships ON memberships.conversation_id = mentions.conversation_id AND memberships.user_id = mentions.user_id
JOIN conversations ON conversations.id = mentions.conversation_id
JOIN message_view ON message_view.conversation_id = mentions.conversation_id AND message_view.seq = mentions.seq
WHERE mentions.user_id = @user_id AND mentions.seq > greatest(conversations.expired, CASE conversations.open_history WHEN 0 THEN memberships.joined ELSE 0 END)
ORDER BY message_view.row_id DESC LIMIT CAST(sqlc.arg('limit') AS BIGINT);
