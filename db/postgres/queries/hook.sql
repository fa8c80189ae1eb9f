-- name: Hook :one
SELECT * FROM hook_view WHERE number = @number;

-- name: Hooks :many
SELECT * FROM hook_view WHERE revoked = 0 AND conversation_id = @conversation_id ORDER BY number;

-- name: AllHooks :many
SELECT * FROM hook_view WHERE revoked = 0 ORDER BY number;

-- name: HooksBySelector :many
SELECT * FROM hook_view WHERE selector = @selector;

-- name: CountHooksMade :one
SELECT count(*) FROM hooks WHERE made_by = @made_by AND made_at >= @made_at;

-- name: InsertHook :one
INSERT INTO hooks (id, conversation_id, user_id, selector, hash, made_by, made_at) VALUES (@id, @conversation_id, @user_id, @selector, @hash, @made_by, @made_at) RETURNING number;

-- name: RevokeHook :exec
UPDATE hooks SET revoked = 1 WHERE number = @number;

-- name: RevokeHooksOf :exec
UPDATE hooks SET revoked = 1 WHERE conversation_id = @conversation_id AND user_id = @user_id;

-- name: UseHook :exec
UPDATE hooks SET used_at = @used_at WHERE number = @number;
