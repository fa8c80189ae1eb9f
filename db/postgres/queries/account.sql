-- name: UserByKey :one
SELECT users.* FROM authorized_keys
JOIN users ON users.id = authorized_keys.user_id
WHERE authorized_keys.fingerprint = @fingerprint;

-- name: UserByName :one
SELECT * FROM users WHERE name = @name;

-- name: UserByID :one
SELECT * FROM users WHERE id = @id;

-- name: Users :many
SELECT * FROM users WHERE name NOT LIKE 'deleted:%' ORDER BY name;

-- name: DeletedUsers :many
-- The last row of an account's former names is the handle with which it was deleted.
SELECT users.id, CAST(coalesce(last.name, '') AS TEXT) AS name, CAST(coalesce(last.ended_at, 0) AS BIGINT) AS ended_at FROM users
LEFT JOIN former_names AS last ON last.id = (SELECT max(former_names.id) FROM former_names WHERE former_names.user_id = users.id)
WHERE users.name LIKE 'deleted:%'
ORDER BY coalesce(last.ended_at, 0) DESC, users.id DESC;

-- name: Owners :many
SELECT * FROM users WHERE role = 'owner' ORDER BY id;

-- name: InsertUser :one
INSERT INTO users (uid, name, skeleton, role, bot, created_at) VALUES (@uid, @name, @skeleton, @role, @bot, @created_at) RETURNING id;

-- name: Preferences :many
SELECT name, value FROM preferences WHERE user_id = @user_id ORDER BY name;

-- name: SetPreference :exec
INSERT INTO preferences (user_id, name, value) VALUES (@user_id, @name, @value)
ON CONFLICT (user_id, name) DO UPDATE SET value = excluded.value;

-- name: DeletePreference :exec
DELETE FROM preferences WHERE user_id = @user_id AND name = @name;

-- name: SetUserRole :exec
UPDATE users SET role = @role WHERE id = @id;

-- name: SetUserDisabled :exec
UPDATE users SET disabled = @disabled WHERE id = @id;

-- name: Staff :many
SELECT * FROM users WHERE role IN ('owner', 'admin') ORDER BY id;

-- name: UserBySkeleton :one
SELECT * FROM users WHERE skeleton = @skeleton;

-- name: SetUserName :exec
UPDATE users SET name = @name, skeleton = @skeleton WHERE id = @id;

-- name: RenameCodes :exec
UPDATE codes SET made_by = @name WHERE made_by = (SELECT users.name FROM users WHERE users.id = @id);

-- name: SetDisplayName :exec
UPDATE users SET display_name = @display_name WHERE id = @id;

-- name: SetStatus :exec
UPDATE users SET status = @status, status_until = @status_until WHERE id = @id;

-- name: LastSeen :one
SELECT users.last_seen, CAST(CASE WHEN EXISTS (
    SELECT 1 FROM preferences WHERE preferences.user_id = users.id AND preferences.name = @preference AND preferences.value = 'on'
) THEN 1 ELSE 0 END AS BIGINT) AS shared
FROM users WHERE users.id = @id;

-- name: SetLastSeen :exec
UPDATE users SET last_seen = @at
WHERE users.id = @id AND users.last_seen + 60000 <= @at AND EXISTS (
    SELECT 1 FROM preferences WHERE preferences.user_id = users.id AND preferences.name = @preference AND preferences.value = 'on'
);

-- name: ForgetLastSeen :exec
UPDATE users SET last_seen = 0 WHERE id = @id;

-- name: NextStatusEnd :one
SELECT CAST(coalesce(min(status_until), 0) AS BIGINT) AS at FROM users WHERE status_until > 0;

-- name: StatusesUntil :many
SELECT * FROM users WHERE status_until > 0 AND status_until <= @status_until ORDER BY status_until LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: InsertFormerName :exec
INSERT INTO former_names (user_id, name, skeleton, ended_at) VALUES (@user_id, @name, @skeleton, @ended_at);

-- name: FormerNames :many
SELECT * FROM former_names WHERE user_id = @user_id ORDER BY id;

-- name: NamesKeptBack :many
SELECT * FROM former_names WHERE skeleton = @skeleton AND ended_at > @ended_at ORDER BY ended_at DESC;

-- name: EraseUser :exec
-- Also disables the account, so that it does not count in receipts.
UPDATE users SET name = 'deleted:' || id, skeleton = ':' || id, display_name = '', role = 'member', disabled = 1, status = '', status_until = 0, last_seen = 0 WHERE id = @id;

-- name: ErasePreferences :exec
DELETE FROM preferences WHERE user_id = @user_id;

-- name: EraseDrafts :exec
DELETE FROM drafts WHERE user_id = @user_id;

-- name: EraseCodes :exec
-- Codes for the account, and codes that it has made.
DELETE FROM codes WHERE user_id = @id OR made_by = (SELECT name FROM users WHERE users.id = @id);

-- name: PruneErasedNames :exec
DELETE FROM former_names WHERE ended_at < @ended_at AND user_id IN (SELECT id FROM users WHERE name LIKE 'deleted:%');

-- name: OwnMessages :many
SELECT messages.*, conversations.uid AS conversation_uid FROM messages
JOIN conversations ON conversations.id = messages.conversation_id
WHERE messages.row_id > @row_id AND messages.author_id = @author_id AND messages.change = '' AND messages.deleted_at = 0
ORDER BY messages.row_id LIMIT CAST(sqlc.arg('limit') AS BIGINT);
