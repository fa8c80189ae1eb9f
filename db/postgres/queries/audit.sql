-- name: AppendAudit :exec
INSERT INTO audit_log (at, actor, action, target, detail) VALUES (@at, @actor, @action, @target, @detail);

-- name: AuditNewest :many
SELECT * FROM audit_log ORDER BY id DESC LIMIT CAST(sqlc.arg('limit') AS BIGINT);
