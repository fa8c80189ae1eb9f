-- name: Clock :one
-- A standby that was promoted has another timeline, and a table that was restored from a dump has
-- another number.
SELECT messages, changes, CAST(concat(
    epoch, ' ', CAST(CAST('commit_clock' AS REGCLASS) AS OID), ' ', left(pg_walfile_name(pg_current_wal_lsn()), 8)
) AS TEXT) AS epoch FROM commit_clock;

-- name: ChangesAfter :many
SELECT * FROM changes WHERE position > @position ORDER BY position LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: AppendChange :one
WITH clock AS (UPDATE commit_clock SET changes = commit_clock.changes + 1 RETURNING commit_clock.changes, commit_clock.messages)
INSERT INTO changes (position, at, origin, kind, body, after_message)
SELECT clock.changes, @at, @origin, @kind, @body, CAST(clock.messages - CAST(@ahead AS BIGINT) AS BIGINT) FROM clock RETURNING position;

-- name: PruneChanges :exec
-- Keeps the newest change of all, so that positions always grow.
DELETE FROM changes
WHERE changes.at < @before AND changes.position <= @up_to AND changes.position < (SELECT max(newest.position) FROM changes AS newest);
