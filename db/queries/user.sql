-- name: UserByKey :one
SELECT users.* FROM authorized_keys
JOIN users ON users.id = authorized_keys.user_id
WHERE authorized_keys.fingerprint = ?;

-- name: UserByName :one
SELECT * FROM users WHERE name = ?;

-- name: Owners :many
SELECT * FROM users WHERE role = 'owner' ORDER BY id;

-- name: InsertUser :one
INSERT INTO users (uid, name, role, created_at) VALUES (?, ?, ?, ?) RETURNING id;
