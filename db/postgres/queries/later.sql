-- name: Later :one
SELECT * FROM laters WHERE id = @id;

-- name: Laters :many
SELECT * FROM laters WHERE user_id = @user_id ORDER BY at, number;

-- name: NextLater :one
SELECT CAST(coalesce(min(at), 0) AS BIGINT) FROM laters WHERE due_at = 0;

-- name: LatersUntil :many
SELECT id FROM laters WHERE due_at = 0 AND at <= @at ORDER BY at LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: NextLaterNumber :one
SELECT CAST(coalesce(max(number), 0) + 1 AS BIGINT) FROM laters WHERE user_id = @user_id;

-- name: InsertLater :exec
INSERT INTO laters (id, user_id, number, conversation_id, body, at, zone, made_at) VALUES (@id, @user_id, @number, @conversation_id, @body, @at, @zone, @made_at);

-- name: SetLaterDue :exec
UPDATE laters SET due_at = @due_at, refused = @refused WHERE id = @id;

-- name: DeleteLater :exec
DELETE FROM laters WHERE id = @id;

-- name: EraseLaters :exec
DELETE FROM laters WHERE user_id = @user_id;
