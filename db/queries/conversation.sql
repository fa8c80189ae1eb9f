-- name: ConversationByName :one
SELECT * FROM conversations WHERE name = ?;

-- name: ConversationsOf :many
SELECT conversations.* FROM memberships
JOIN conversations ON conversations.id = memberships.conversation_id
WHERE memberships.user_id = ?
ORDER BY conversations.name;

-- name: InsertConversation :one
INSERT INTO conversations (uid, name, created_at) VALUES (?, ?, ?) RETURNING id;

-- name: IsMember :one
SELECT EXISTS (
    SELECT 1 FROM memberships WHERE conversation_id = ? AND user_id = ?
) AS member;

-- name: InsertMembership :exec
INSERT INTO memberships (conversation_id, user_id) VALUES (?, ?)
ON CONFLICT DO NOTHING;
