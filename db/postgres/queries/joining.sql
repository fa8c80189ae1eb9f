-- name: Setting :one
SELECT value FROM settings WHERE name = @name;

-- name: SetSetting :exec
INSERT INTO settings (name, value) VALUES (@name, @value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: JoinRequest :one
SELECT * FROM join_requests WHERE fingerprint = @fingerprint;

-- name: JoinRequestByID :one
SELECT * FROM join_requests WHERE id = @id;

-- name: PendingRequests :many
SELECT * FROM join_requests WHERE state = 'pending' ORDER BY id LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: CountRequests :one
SELECT count(*) FROM join_requests WHERE state = 'pending';

-- name: PutRequest :exec
INSERT INTO join_requests (fingerprint, key_line, name, note, address, state, asked_at)
VALUES (@fingerprint, @key_line, @name, @note, @address, @state, @asked_at)
ON CONFLICT (fingerprint) DO UPDATE SET
    name = excluded.name, note = excluded.note, address = excluded.address, state = excluded.state, asked_at = excluded.asked_at;

-- name: DeleteRequest :execrows
DELETE FROM join_requests WHERE fingerprint = @fingerprint;

-- name: PruneRequests :execrows
DELETE FROM join_requests WHERE asked_at < @asked_at;

-- name: InsertCode :exec
INSERT INTO codes (selector, hash, role, user_id, uses, expires_at, made_by)
VALUES (@selector, @hash, @role, @user_id, @uses, @expires_at, @made_by);

-- name: CodesBySelector :many
SELECT * FROM codes WHERE selector = @selector;

-- name: AllCodes :many
SELECT * FROM codes ORDER BY id;

-- name: DropCode :exec
DELETE FROM codes WHERE id = @id;

-- name: CountCodes :one
SELECT count(*) FROM codes;

-- name: DropKeyCodes :exec
DELETE FROM codes WHERE user_id = @user_id AND made_by = @made_by;

-- name: UseCode :exec
UPDATE codes SET uses = uses - 1 WHERE id = @id;

-- name: DropUsedCodes :exec
DELETE FROM codes WHERE id = @id AND uses <= 0;

-- name: PruneCodes :exec
DELETE FROM codes WHERE expires_at < @expires_at;
