-- name: MainBefore :many
SELECT * FROM message_view
WHERE conversation_id = @conversation_id AND seq > @floor AND seq < @before AND aside = 0
ORDER BY seq DESC LIMIT CAST(@page AS BIGINT);

-- name: MainAfter :many
SELECT * FROM message_view
WHERE conversation_id = @conversation_id AND seq > @after AND aside = 0
ORDER BY seq LIMIT CAST(@page AS BIGINT);

-- name: RepliesBefore :many
SELECT * FROM message_view
WHERE conversation_id = @conversation_id AND thread = @root AND thread > 0 AND seq > @floor AND seq < @before
ORDER BY seq DESC LIMIT CAST(@page AS BIGINT);

-- name: RepliesAfter :many
SELECT * FROM message_view
WHERE conversation_id = @conversation_id AND thread = @root AND thread > 0 AND seq > @after
ORDER BY seq LIMIT CAST(@page AS BIGINT);

-- name: CountReplies :exec
UPDATE messages SET
    replies = (
        SELECT count(*) FROM messages AS r
        WHERE r.conversation_id = messages.conversation_id AND r.thread = messages.seq AND r.thread > 0 AND r.deleted_at = 0
    ),
    last_reply_at = coalesce((
        SELECT r.sent_at FROM messages AS r
        WHERE r.conversation_id = messages.conversation_id AND r.thread = messages.seq AND r.thread > 0 AND r.deleted_at = 0
        ORDER BY r.seq DESC LIMIT 1
    ), 0),
    thread_version = thread_version + 1
WHERE messages.conversation_id = @conversation_id
    AND messages.seq = (SELECT o.thread FROM messages AS o WHERE o.conversation_id = @conversation_id AND o.seq = @reply AND o.thread > 0);

-- name: JoinThread :exec
INSERT INTO thread_followers (conversation_id, root, user_id, following, seen) VALUES (@conversation_id, @root, @user_id, 1, @seen)
ON CONFLICT DO NOTHING;

-- name: SetFollowing :exec
INSERT INTO thread_followers (conversation_id, root, user_id, following, seen)
VALUES (@conversation_id, @root, @user_id, @following, @seen)
ON CONFLICT (conversation_id, root, user_id) DO UPDATE SET following = excluded.following,
    seen = CASE thread_followers.following WHEN 0 THEN greatest(thread_followers.seen, excluded.seen) ELSE thread_followers.seen END;

-- name: ThreadGrew :exec
UPDATE thread_followers SET latest = @reply
WHERE conversation_id = @conversation_id AND root = @root AND user_id <> @author_id;

-- name: SetThreadSeen :execresult
UPDATE thread_followers SET seen = @seen
WHERE conversation_id = @conversation_id AND root = @root AND user_id = @user_id AND seen < @seen;

-- name: ThreadFollowers :many
SELECT user_id FROM thread_followers WHERE conversation_id = @conversation_id AND root = @root AND following = 1;

-- name: ThreadFollower :one
SELECT * FROM thread_followers WHERE conversation_id = @conversation_id AND root = @root AND user_id = @user_id;

-- name: UnreadReplies :one
SELECT count(*) FROM (
    SELECT 1 FROM messages
    WHERE conversation_id = @conversation_id AND thread = @root AND thread > 0 AND seq > @seen
        AND deleted_at = 0 AND author_id <> @user_id
    LIMIT 100
) AS counted;

-- name: ThreadsOf :many
-- The newest threads that an account follows, or those with replies that it has not seen.
SELECT thread_followers.* FROM thread_followers
WHERE user_id = @user_id AND following = 1 AND (latest > seen OR CAST(sqlc.arg('all') AS BIGINT) = 1)
ORDER BY latest DESC LIMIT CAST(@most AS BIGINT);

-- name: DropFollower :exec
DELETE FROM thread_followers WHERE conversation_id = @conversation_id AND user_id = @user_id;

-- name: ExpireThreads :exec
DELETE FROM thread_followers WHERE conversation_id = @conversation_id AND root <= @root;

-- name: GrowThread :exec
UPDATE messages SET replies = replies + 1, last_reply_at = @sent_at, thread_version = thread_version + 1
WHERE conversation_id = @conversation_id AND seq = @root;

-- name: EraseFollower :exec
DELETE FROM thread_followers WHERE user_id = @user_id;
