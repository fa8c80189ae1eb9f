-- name: MessagesBefore :many
SELECT * FROM message_view
WHERE conversation_id = @conversation_id AND seq > @floor AND seq < @before
ORDER BY seq DESC LIMIT CAST(@page AS BIGINT);

-- name: MessagesAfter :many
SELECT * FROM message_view
WHERE conversation_id = @conversation_id AND seq > @seq
ORDER BY seq LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: MessageByID :one
SELECT * FROM message_view
WHERE id = @id;

-- name: Unread :one
SELECT count(*) FROM (
    SELECT 1 FROM messages
    WHERE conversation_id = @conversation_id AND seq > @seq AND change = '' AND deleted_at = 0 AND aside = 0 AND author_id <> @author_id
    LIMIT 100
) AS counted;

-- name: LastPosition :one
SELECT CAST(coalesce(max(row_id), 0) AS BIGINT) AS position FROM messages;

-- name: MessagesAtPositions :many
SELECT * FROM message_view WHERE row_id > @after AND row_id <= @up_to ORDER BY row_id LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: SeqAt :one
-- Starts at the newest message, so the cost depends only on later messages.
SELECT seq FROM messages WHERE conversation_id = @conversation_id AND row_id <= @row_id ORDER BY seq DESC LIMIT 1;

-- name: EditMessage :exec
UPDATE messages SET body = @body, edited_at = @edited_at, group_mention = @group_mention WHERE row_id = @row_id;

-- name: DeleteMessage :exec
UPDATE messages SET body = '', deleted_at = @deleted_at, deleted_by = @deleted_by, group_mention = '' WHERE row_id = @row_id;

-- name: MessagesToGive :many
SELECT messages.*, CAST(CASE WHEN EXISTS (
    SELECT 1 FROM files WHERE files.conversation_id = messages.conversation_id AND files.seq = messages.seq
) THEN 1 ELSE 0 END AS BIGINT) AS has_file FROM messages
WHERE messages.row_id > @row_id AND messages.author_id = @author_id
ORDER BY messages.row_id LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: GiveMessage :exec
UPDATE messages SET author_id = @author_id WHERE row_id = @row_id;

-- name: GiveFile :exec
UPDATE files SET user_id = @user_id WHERE conversation_id = @conversation_id AND seq = @seq;
