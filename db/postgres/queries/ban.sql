-- name: Bans :many
SELECT bans.*, coalesce(users.name, '') AS user_name FROM bans
LEFT JOIN users ON users.id = bans.user_id
ORDER BY bans.id;

-- name: InsertBan :exec
INSERT INTO bans (kind, user_id, target, made_at, ends_at, made_by, reason)
VALUES (@kind, @user_id, @target, @made_at, @ends_at, @made_by, @reason)
ON CONFLICT (kind, user_id, target) DO UPDATE SET
    made_at = excluded.made_at, ends_at = excluded.ends_at, made_by = excluded.made_by, reason = excluded.reason;

-- name: DeleteBan :execrows
DELETE FROM bans WHERE kind = @kind AND user_id = @user_id AND target = @target;

-- name: BansOf :many
SELECT bans.*, coalesce(users.name, '') AS user_name FROM bans
LEFT JOIN users ON users.id = bans.user_id
WHERE bans.kind = 'account' AND bans.user_id = @user_id OR bans.kind = 'key' AND bans.target = @fingerprint
ORDER BY bans.id;
