-- name: Pins :many
SELECT sqlc.embed(message_view), pinners.name AS pinner, pins.pinned_at
FROM pins
JOIN message_view ON message_view.conversation_id = pins.conversation_id AND message_view.seq = pins.seq
JOIN users AS pinners ON pinners.id = pins.user_id
WHERE pins.conversation_id = @conversation_id AND pins.seq > @seq
ORDER BY pins.pinned_at DESC, pins.seq DESC;

-- name: Pinned :one
SELECT EXISTS (SELECT 1 FROM pins WHERE conversation_id = @conversation_id AND seq = @seq);

-- name: InsertPin :exec
INSERT INTO pins (conversation_id, seq, user_id, pinned_at) VALUES (@conversation_id, @seq, @user_id, @pinned_at) ON CONFLICT DO NOTHING;

-- name: DeletePin :exec
DELETE FROM pins WHERE conversation_id = @conversation_id AND seq = @seq;

-- name: ExpirePins :exec
DELETE FROM pins WHERE conversation_id = @conversation_id AND seq <= @seq;

-- name: Saved :many
SELECT sqlc.embed(message_view), saved.saved_at
FROM saved
JOIN message_view ON message_view.conversation_id = saved.conversation_id AND message_view.seq = saved.seq
JOIN conversations ON conversations.id = saved.conversation_id
JOIN memberships ON memberships.conversation_id = saved.conversation_id AND memberships.user_id = saved.user_id
WHERE saved.user_id = @user_id
    AND saved.seq > CASE conversations.open_history WHEN 0 THEN greatest(memberships.joined, conversations.expired) ELSE conversations.expired END
ORDER BY saved.saved_at DESC, message_view.row_id DESC;

-- name: IsSaved :one
SELECT EXISTS (SELECT 1 FROM saved WHERE user_id = @user_id AND conversation_id = @conversation_id AND seq = @seq);

-- name: InsertSaved :exec
INSERT INTO saved (user_id, conversation_id, seq, saved_at) VALUES (@user_id, @conversation_id, @seq, @saved_at) ON CONFLICT DO NOTHING;

-- name: DeleteSaved :exec
DELETE FROM saved WHERE user_id = @user_id AND conversation_id = @conversation_id AND seq = @seq;

-- name: DeleteSavedOfMessage :exec
DELETE FROM saved WHERE conversation_id = @conversation_id AND seq = @seq;

-- name: ExpireSaved :exec
DELETE FROM saved WHERE conversation_id = @conversation_id AND seq <= @seq;

-- name: EraseSaved :exec
DELETE FROM saved WHERE user_id = @user_id;
