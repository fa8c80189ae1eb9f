-- name: Later :one
SELECT * FROM laters WHERE id = ?;

-- name: Laters :many
SELECT * FROM laters WHERE user_id = ? ORDER BY at, number;

-- name: NextLater :one
SELECT CAST(coalesce(min(at), 0) AS INTEGER) FROM laters WHERE due_at = 0;

-- name: LatersUntil :many
SELECT id FROM laters WHERE due_at = 0 AND at <= ? ORDER BY at LIMIT ?;

-- name: NextLaterNumber :one
SELECT CAST(coalesce(max(number), 0) + 1 AS INTEGER) FROM laters WHERE user_id = ?;

-- name: InsertLater :exec
INSERT INTO laters (id, user_id, number, conversation_id, body, at, zone, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: SetLaterDue :exec
UPDATE laters SET due_at = ?, refused = ? WHERE id = ?;

-- name: DeleteLater :exec
DELETE FROM laters WHERE id = ?;

-- name: EraseLaters :exec
DELETE FROM laters WHERE user_id = ?;
