-- name: NextReaction :one
-- The position of the next reaction to a message.
SELECT CAST(reacted + 1 AS BIGINT) FROM messages WHERE row_id = @row_id;

-- name: ReactionPlace :one
SELECT place FROM reactions WHERE conversation_id = @conversation_id AND seq = @seq AND emoji = @emoji LIMIT 1;

-- name: InsertReaction :execrows
INSERT INTO reactions (conversation_id, seq, emoji, user_id, place, position, reacted_at)
VALUES (@conversation_id, @seq, @emoji, @user_id, @place, @position, @reacted_at)
ON CONFLICT DO NOTHING;

-- name: DeleteReaction :execrows
DELETE FROM reactions WHERE conversation_id = @conversation_id AND seq = @seq AND emoji = @emoji AND user_id = @user_id;

-- name: CountReacted :exec
UPDATE messages SET reacted = reacted + 1 WHERE row_id = @row_id;

-- name: DeleteReactionsOfMessage :exec
DELETE FROM reactions WHERE conversation_id = @conversation_id AND seq = @seq;

-- name: ExpireReactions :exec
DELETE FROM reactions WHERE conversation_id = @conversation_id AND seq <= @seq;

-- name: Reactors :many
SELECT reactions.emoji, reactions.user_id, reactions.reacted_at, users.uid, users.name, users.display_name, users.bot
FROM reactions JOIN users ON users.id = reactions.user_id
WHERE reactions.conversation_id = @conversation_id AND reactions.seq = @seq
ORDER BY reactions.place, reactions.position;

-- name: OwnReactions :many
SELECT messages.id, conversations.uid, reactions.emoji, reactions.reacted_at
FROM reactions
JOIN messages ON messages.conversation_id = reactions.conversation_id AND messages.seq = reactions.seq
JOIN conversations ON conversations.id = reactions.conversation_id
WHERE reactions.user_id = @user_id
ORDER BY messages.row_id, reactions.position;

-- name: ReactionsOf :many
SELECT reactions.emoji, messages.row_id, messages.conversation_id, messages.seq
FROM reactions
JOIN messages ON messages.conversation_id = reactions.conversation_id AND messages.seq = reactions.seq
WHERE reactions.user_id = @user_id LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: GiveReaction :execrows
-- An account reacts to a message only once with each emoji.
UPDATE reactions SET user_id = @new_user
WHERE reactions.conversation_id = @conversation_id AND reactions.seq = @seq AND reactions.emoji = @emoji AND reactions.user_id = @old_user
    AND NOT EXISTS (
        SELECT 1 FROM reactions AS have
        WHERE have.conversation_id = @conversation_id AND have.seq = @seq AND have.emoji = @emoji AND have.user_id = @new_user
    );
