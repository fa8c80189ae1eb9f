-- name: LastChange :one
SELECT CAST(coalesce(max(position), 0) AS INTEGER) AS position FROM changes;

-- name: ChangesAfter :many
SELECT * FROM changes WHERE position > ? ORDER BY position LIMIT ?;

-- name: AppendChange :one
INSERT INTO changes (at, origin, kind, body) VALUES (?, ?, ?, ?) RETURNING position;

-- name: PruneChanges :exec
-- Keeps the newest change of all, so that positions always grow.
DELETE FROM changes
WHERE changes.at < @before AND changes.position <= @up_to AND changes.position < (SELECT max(newest.position) FROM changes AS newest);
