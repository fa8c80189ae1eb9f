-- name: LastChange :one
SELECT CAST(coalesce(max(position), 0) AS BIGINT) AS position FROM changes;

-- name: ChangesAfter :many
SELECT * FROM changes WHERE position > @position ORDER BY position LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: AppendChange :one
WITH clock AS (UPDATE commit_clock SET changes = commit_clock.changes + 1 RETURNING commit_clock.changes)
INSERT INTO changes (position, at, origin, kind, body)
SELECT clock.changes, @at, @origin, @kind, @body FROM clock RETURNING position;

-- name: PruneChanges :exec
-- Keeps the newest change of all, so that positions always grow.
DELETE FROM changes
WHERE changes.at < @before AND changes.position <= @up_to AND changes.position < (SELECT max(newest.position) FROM changes AS newest);
