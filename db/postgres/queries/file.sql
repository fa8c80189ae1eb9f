-- name: FilesAfter :many
SELECT sqlc.embed(files), messages.sent_at, users.name AS author_name, NOT EXISTS (
    SELECT 1 FROM files AS later
    WHERE later.conversation_id = files.conversation_id AND later.name = files.name AND later.seq > files.seq
) AS newest
FROM files
JOIN messages ON messages.conversation_id = files.conversation_id AND messages.seq = files.seq
JOIN users ON users.id = files.user_id
WHERE files.conversation_id = @conversation_id AND files.seq > @seq
ORDER BY files.seq LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: LastFileNamed :one
SELECT CAST(coalesce(max(seq), 0) AS BIGINT) FROM files WHERE conversation_id = @conversation_id AND name = @name;

-- name: BytesOf :one
SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM files WHERE user_id = @user_id;

-- name: BytesOfAll :one
SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM files;

-- name: HasContent :one
SELECT EXISTS (SELECT 1 FROM files WHERE sha256 = @sha256);

-- name: InsertFile :exec
INSERT INTO files (conversation_id, seq, user_id, name, size, sha256) VALUES (@conversation_id, @seq, @user_id, @name, @size, @sha256);

-- name: DeleteFile :exec
DELETE FROM files WHERE conversation_id = @conversation_id AND seq = @seq;
