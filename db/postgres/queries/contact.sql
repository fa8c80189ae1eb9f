-- name: HasBlocked :one
SELECT EXISTS (SELECT 1 FROM blocks WHERE user_id = @user_id AND blocked_id = @blocked_id);

-- name: Blocks :many
SELECT sqlc.embed(users), blocks.blocked_at FROM blocks
JOIN users ON users.id = blocks.blocked_id
WHERE blocks.user_id = @user_id
ORDER BY users.name;

-- name: Outstanding :one
SELECT
    EXISTS (SELECT 1 FROM invitations WHERE invitations.user_id = @user_id AND hidden = 0) AS invitations,
    EXISTS (SELECT 1 FROM laters WHERE laters.user_id = @user_id) AS laters,
    EXISTS (SELECT 1 FROM thread_followers WHERE thread_followers.user_id = @user_id AND following = 1 AND latest > seen) AS threads,
    EXISTS (SELECT 1 FROM blocks WHERE blocks.user_id = @user_id) AS blocks;

-- name: InsertBlock :exec
INSERT INTO blocks (user_id, blocked_id, blocked_at) VALUES (@user_id, @blocked_id, @blocked_at)
ON CONFLICT DO NOTHING;

-- name: DeleteBlock :execrows
DELETE FROM blocks WHERE user_id = @user_id AND blocked_id = @blocked_id;

-- name: ShareGroup :one
SELECT EXISTS (
    SELECT 1 FROM memberships AS own
    JOIN memberships AS other ON other.conversation_id = own.conversation_id AND other.user_id = @other_id
    JOIN conversations ON conversations.id = own.conversation_id
    WHERE own.user_id = @user_id AND conversations.kind = 'group' AND conversations.name <> 'general'
);

-- name: HasWritten :one
SELECT EXISTS (
    SELECT 1 FROM messages WHERE conversation_id = @conversation_id AND author_id = @author_id AND change = '' AND deleted_at = 0
);

-- name: HasLeft :one
SELECT EXISTS (SELECT 1 FROM departures WHERE conversation_id = @conversation_id AND user_id = @user_id);

-- name: InsertDeparture :exec
INSERT INTO departures (conversation_id, user_id, left_at) VALUES (@conversation_id, @user_id, @left_at)
ON CONFLICT (user_id, conversation_id) DO UPDATE SET left_at = excluded.left_at;

-- name: DeleteDeparture :exec
DELETE FROM departures WHERE conversation_id = @conversation_id AND user_id = @user_id;

-- name: CountConversations :one
SELECT count(*) AS conversations, CAST(coalesce(sum(added), 0) AS BIGINT) AS added FROM memberships WHERE user_id = @user_id;

-- name: Invitations :many
SELECT sqlc.embed(conversations), sqlc.embed(users), invitations.invited_at, (
    SELECT count(*) FROM memberships WHERE memberships.conversation_id = invitations.conversation_id
) AS members
FROM invitations
JOIN conversations ON conversations.id = invitations.conversation_id
JOIN users ON users.id = invitations.inviter_id
WHERE invitations.user_id = @user_id AND invitations.hidden = 0 AND invitations.invited_at > @invited_at
ORDER BY invitations.invited_at DESC
LIMIT CAST(sqlc.arg('limit') AS BIGINT);

-- name: InvitationTo :one
SELECT sqlc.embed(conversations), sqlc.embed(users), invitations.invited_at, (
    SELECT count(*) FROM memberships WHERE memberships.conversation_id = invitations.conversation_id
) AS members
FROM invitations
JOIN conversations ON conversations.id = invitations.conversation_id
JOIN users ON users.id = invitations.inviter_id
WHERE invitations.user_id = @user_id AND invitations.hidden = 0 AND invitations.invited_at > @since
    AND (conversations.label = @name OR conversations.uid = @uid)
ORDER BY invitations.invited_at DESC
LIMIT 1;

-- name: CountInvitationsOf :one
SELECT count(*) FROM invitations WHERE user_id = @user_id AND hidden = 0 AND invited_at > @invited_at;

-- name: InvitedTo :many
SELECT users.* FROM invitations
JOIN users ON users.id = invitations.user_id
WHERE invitations.conversation_id = @conversation_id AND invitations.invited_at > @invited_at
ORDER BY users.name;

-- name: CountInvitations :one
SELECT count(*) FROM invitations WHERE user_id = @user_id AND inviter_id = @inviter_id AND invited_at > @invited_at;

-- name: InsertInvitation :exec
INSERT INTO invitations (user_id, conversation_id, inviter_id, invited_at, hidden) VALUES (@user_id, @conversation_id, @inviter_id, @invited_at, @hidden)
ON CONFLICT (user_id, conversation_id) DO UPDATE SET inviter_id = excluded.inviter_id, invited_at = excluded.invited_at, hidden = excluded.hidden;

-- name: HideInvitation :exec
UPDATE invitations SET hidden = 1 WHERE user_id = @user_id AND conversation_id = @conversation_id;

-- name: HideInvitationsFrom :exec
UPDATE invitations SET hidden = 1 WHERE user_id = @user_id AND inviter_id = @inviter_id;

-- name: DeleteInvitation :exec
DELETE FROM invitations WHERE user_id = @user_id AND conversation_id = @conversation_id;

-- name: DeleteInvitationsTo :exec
DELETE FROM invitations WHERE conversation_id = @conversation_id;

-- name: PruneInvitations :exec
DELETE FROM invitations WHERE invited_at < @invited_at;

-- name: EraseBlocks :exec
DELETE FROM blocks WHERE user_id = @id OR blocked_id = @id;

-- name: EraseInvitations :exec
DELETE FROM invitations WHERE user_id = @id OR inviter_id = @id;

-- name: EraseDepartures :exec
DELETE FROM departures WHERE user_id = @user_id;
