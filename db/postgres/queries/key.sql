-- name: Key :one
SELECT authorized_keys.*, users.name AS user_name FROM authorized_keys
JOIN users ON users.id = authorized_keys.user_id
WHERE fingerprint = @fingerprint;

-- name: AllKeys :many
SELECT authorized_keys.*, users.name AS user_name FROM authorized_keys
JOIN users ON users.id = authorized_keys.user_id
ORDER BY users.name, added_at, fingerprint;

-- name: KeysOf :many
SELECT authorized_keys.*, users.name AS user_name FROM authorized_keys
JOIN users ON users.id = authorized_keys.user_id
WHERE users.name = @name
ORDER BY added_at, fingerprint;

-- name: InsertKey :exec
INSERT INTO authorized_keys (fingerprint, user_id, type, line, comment, added_at)
VALUES (@fingerprint, @user_id, @type, @line, @comment, @added_at);

-- name: DeleteKey :exec
DELETE FROM authorized_keys WHERE fingerprint = @fingerprint;

-- name: UseKey :exec
UPDATE authorized_keys SET last_used_at = @last_used_at WHERE fingerprint = @fingerprint;

-- name: DeleteKeysOf :exec
DELETE FROM authorized_keys WHERE user_id = @user_id;

-- name: RevokeCertificates :exec
INSERT INTO revoked_keys (fingerprint, at) VALUES (@fingerprint, @at) ON CONFLICT DO NOTHING;

-- name: TakeCertificates :exec
DELETE FROM revoked_keys WHERE fingerprint = @fingerprint;

-- name: RevokedKeys :many
SELECT * FROM revoked_keys ORDER BY at, fingerprint;

-- name: CertificatesRevoked :one
SELECT EXISTS (SELECT 1 FROM revoked_keys WHERE fingerprint = @fingerprint) AS revoked;
