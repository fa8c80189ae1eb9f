-- name: AuditAfter :many
SELECT * FROM audit_log WHERE id > ? ORDER BY id LIMIT ?;

-- name: LastAudit :one
SELECT CAST(coalesce(max(id), 0) AS INTEGER) AS id FROM audit_log;

-- name: AppendAudit :exec
INSERT INTO audit_log (at, actor, action, target, detail) VALUES (?, ?, ?, ?, ?);

-- name: AuditNewest :many
SELECT * FROM audit_log ORDER BY id DESC LIMIT ?;
