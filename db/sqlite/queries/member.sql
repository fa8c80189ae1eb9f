-- name: Membership :one
-- Also says what the account may do on the server, and whether it is silenced. Each message asks
-- for it. A bare "?" would be planned anew whenever its value changes to or from 0 or 1 (since
-- SQLite 3.54), and 1 is #general.
SELECT
    sqlc.embed(memberships), users.role AS account_role, users.name AS account_name,
    CAST(coalesce(silences.made_at, 0) AS INTEGER) AS silenced_at,
    CAST(coalesce(silences.ends_at, 0) AS INTEGER) AS silence_ends_at,
    CAST(coalesce(silences.made_by, '') AS TEXT) AS silenced_by,
    CAST(coalesce(silences.reason, '') AS TEXT) AS silence_reason
FROM memberships
JOIN users ON users.id = memberships.user_id
LEFT JOIN bans AS silences ON silences.kind = 'silence' AND silences.user_id = memberships.user_id AND silences.target = ''
WHERE memberships.conversation_id = +? AND memberships.user_id = +?;

-- name: AccountRole :one
-- The same of an account, without a membership.
SELECT
    users.role AS account_role, users.name AS account_name,
    CAST(coalesce(silences.made_at, 0) AS INTEGER) AS silenced_at,
    CAST(coalesce(silences.ends_at, 0) AS INTEGER) AS silence_ends_at,
    CAST(coalesce(silences.made_by, '') AS TEXT) AS silenced_by,
    CAST(coalesce(silences.reason, '') AS TEXT) AS silence_reason
FROM users
LEFT JOIN bans AS silences ON silences.kind = 'silence' AND silences.user_id = users.id AND silences.target = ''
WHERE users.id = ?;

-- name: LastSlowPost :one
SELECT posted_at FROM slow_posts WHERE conversation_id = ? AND user_id = ?;

-- name: NoteSlowPost :exec
INSERT INTO slow_posts (conversation_id, user_id, posted_at) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET posted_at = excluded.posted_at;

-- name: ForgetSlowPosts :exec
DELETE FROM slow_posts WHERE conversation_id = ?;

-- name: EraseSlowPosts :exec
DELETE FROM slow_posts WHERE user_id = ?;

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

-- name: DropDraft :exec
DELETE FROM drafts WHERE user_id = ? AND conversation_id = ? AND body = ?;

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

-- name: SetDraft :execrows
-- Only for members. A deleted account is still a member of its direct conversations.
INSERT INTO drafts (user_id, conversation_id, body)
SELECT memberships.user_id, memberships.conversation_id, CAST(@body AS TEXT) FROM memberships
JOIN users ON users.id = memberships.user_id
WHERE memberships.conversation_id = +@conversation_id AND memberships.user_id = +@user_id AND users.name NOT LIKE 'deleted:%'
ON CONFLICT DO UPDATE SET body = excluded.body;

-- name: SetGeneralRole :exec
UPDATE memberships SET role = ? WHERE user_id = ? AND conversation_id = (SELECT id FROM conversations WHERE name = 'general');
