-- name: AdvanceMarkers :exec
UPDATE memberships SET
    delivered = greatest(delivered, CAST(@delivered AS BIGINT)),
    read = CASE
        WHEN receipts_off <> 0 OR EXISTS (SELECT 1 FROM users WHERE users.id = memberships.user_id AND users.receipts_off <> 0) THEN read
        ELSE greatest(read, CAST(@read AS BIGINT))
    END,
    read_from = greatest(read_from, CAST(@read_from AS BIGINT)),
    seen = greatest(seen, CAST(@seen AS BIGINT))
WHERE conversation_id = @conversation_id AND user_id IN (SELECT CAST(listed AS BIGINT) FROM jsonb_array_elements_text(CAST(CAST(@users AS TEXT) AS JSONB)) AS listed);

-- name: SetSeen :exec
UPDATE memberships SET seen = @seen WHERE conversation_id = @conversation_id AND user_id = @user_id;

-- name: Undelivered :many
SELECT memberships.conversation_id, conversations.last_seq FROM memberships
JOIN conversations ON conversations.id = memberships.conversation_id
WHERE memberships.user_id = @user_id AND memberships.delivered < conversations.last_seq;

-- name: WithdrawRead :exec
UPDATE memberships SET read = 0, receipts_off = @receipts_off, read_from = greatest(read_from, seen)
WHERE conversation_id = @conversation_id AND user_id = @user_id;

-- name: WithdrawAllReads :exec
UPDATE memberships SET read = 0, read_from = greatest(read_from, seen) WHERE user_id = @user_id;

-- name: SetReceiptsOff :exec
UPDATE users SET receipts_off = @receipts_off WHERE id = @id;

-- name: InsertDelivery :exec
INSERT INTO marker_moves (conversation_id, user_id, marker, past, seq, at)
SELECT memberships.conversation_id, memberships.user_id, 'delivered', memberships.delivered, CAST(@seq AS BIGINT), CAST(@at AS BIGINT)
FROM memberships
WHERE memberships.conversation_id = @conversation_id AND memberships.user_id = @user_id AND memberships.delivered < @seq
ON CONFLICT DO NOTHING;

-- name: InsertRead :exec
INSERT INTO marker_moves (conversation_id, user_id, marker, past, seq, at)
SELECT memberships.conversation_id, memberships.user_id, 'read', greatest(memberships.read, memberships.read_from), CAST(@seq AS BIGINT), CAST(@at AS BIGINT)
FROM memberships
WHERE memberships.conversation_id = @conversation_id AND memberships.user_id = @user_id AND memberships.read < @seq
ON CONFLICT DO NOTHING;

-- name: MarkerTimes :many
SELECT user_id, marker, at FROM marker_moves
WHERE conversation_id = @conversation_id AND past < @message AND seq >= @message;

-- name: ForgetReads :exec
DELETE FROM marker_moves WHERE conversation_id = @conversation_id AND user_id = @user_id AND marker = 'read';

-- name: ForgetAllReads :exec
DELETE FROM marker_moves WHERE marker = 'read' AND marker_moves.user_id = @user_id
    AND conversation_id IN (SELECT memberships.conversation_id FROM memberships WHERE memberships.user_id = @user_id);

-- name: PruneMarkerMoves :exec
DELETE FROM marker_moves WHERE at < @at;
