-- name: Membership :one
SELECT * FROM memberships WHERE conversation_id = ? AND user_id = ?;

-- name: Members :many
SELECT sqlc.embed(memberships), users.name, users.display_name, users.uid, users.bot, users.disabled, users.receipts_off AS account_receipts_off, users.status, users.status_until FROM memberships
JOIN users ON users.id = memberships.user_id
WHERE memberships.conversation_id = ?
ORDER BY memberships.user_id;

-- name: CountMembers :one
SELECT count(*) AS members, CAST(coalesce(sum(role = 'owner'), 0) AS INTEGER) AS owners FROM memberships
WHERE conversation_id = ?;

-- name: InsertMembership :exec
INSERT INTO memberships (conversation_id, user_id, role, joined, delivered, read, read_from, seen, added, added_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING;

-- name: DeleteMembership :exec
DELETE FROM memberships WHERE conversation_id = ? AND user_id = ?;

-- name: DeleteMentions :exec
DELETE FROM mentions WHERE user_id = ? AND conversation_id = ?;

-- name: DeleteDraft :exec
DELETE FROM drafts WHERE user_id = ? AND conversation_id = ?;

-- name: DeleteMarkerMoves :exec
DELETE FROM marker_moves WHERE conversation_id = ? AND user_id = ?;

-- name: SetMemberRole :exec
UPDATE memberships SET role = ? WHERE conversation_id = ? AND user_id = ?;

-- name: SetMemberPinned :exec
UPDATE memberships SET pinned = ? WHERE conversation_id = ? AND user_id = ?;

-- name: SetMemberMuted :exec
UPDATE memberships SET muted_until = ? WHERE conversation_id = ? AND user_id = ?;

-- name: SetOpened :exec
UPDATE memberships SET added_by = NULL WHERE conversation_id = ? AND user_id = ?;

-- name: SetDraft :exec
INSERT INTO drafts (user_id, conversation_id, body) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET body = excluded.body;

-- name: SetGeneralRole :exec
UPDATE memberships SET role = ? WHERE user_id = ? AND conversation_id = (SELECT id FROM conversations WHERE name = 'general');
