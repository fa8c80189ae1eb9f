-- name: Clock :one
SELECT
    CAST(coalesce(max(row_id), 0) AS INTEGER) AS messages,
    CAST(coalesce((SELECT max(position) FROM changes), 0) AS INTEGER) AS changes,
    CAST('' AS TEXT) AS epoch
FROM messages;

-- name: ChangesAfter :many
SELECT * FROM changes WHERE position > ? ORDER BY position LIMIT ?;

-- name: AppendChange :one
INSERT INTO changes (at, origin, kind, body, after_message)
SELECT @at, @origin, @kind, @body, CAST(coalesce((SELECT max(row_id) FROM messages), 0) - CAST(@ahead AS INTEGER) AS INTEGER) RETURNING position;

-- name: PruneChanges :exec
-- Keeps the newest change of all, so that positions always grow.
DELETE FROM changes
WHERE changes.at < @before AND changes.position <= @up_to AND changes.position < (SELECT max(newest.position) FROM changes AS newest);
