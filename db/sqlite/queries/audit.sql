-- name: AppendAudit :exec
INSERT INTO audit_log (at, actor, action, target, detail) VALUES (?, ?, ?, ?, ?);

-- name: AuditNewest :many
SELECT * FROM audit_log ORDER BY id DESC LIMIT ?;
