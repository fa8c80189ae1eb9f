-- name: ConversationByName :one
SELECT * FROM conversations WHERE name = @name;

-- name: GroupsNamed :many
SELECT conversations.* FROM conversations
JOIN memberships ON memberships.conversation_id = conversations.id AND memberships.user_id = @user_id
WHERE conversations.label = @label AND conversations.kind = 'group'
ORDER BY conversations.id;

-- name: GroupsLike :many
-- Only groups that the account may know of: public ones, and those that it is in.
SELECT * FROM conversations
WHERE conversations.skeleton = @skeleton AND conversations.kind = 'group' AND (conversations.public = 1 OR EXISTS (
    SELECT 1 FROM memberships WHERE memberships.conversation_id = conversations.id AND memberships.user_id = @user_id
))
ORDER BY conversations.id;

-- name: Conversation :one
SELECT * FROM conversations WHERE id = @id;

-- name: ConversationByUID :one
SELECT * FROM conversations WHERE uid = @uid;

-- name: ListOf :many
SELECT
    sqlc.embed(conversations),
    sqlc.embed(memberships),
    (
        SELECT count(*) FROM (
            SELECT 1 FROM messages
            WHERE messages.conversation_id = memberships.conversation_id
                AND messages.seq > memberships.seen
                AND messages.change = '' AND messages.deleted_at = 0 AND messages.aside = 0
                AND messages.author_id <> memberships.user_id
            LIMIT 100
        ) AS counted
    ) AS unread,
    (
        SELECT count(*) FROM (
            SELECT 1 FROM mentions
            WHERE mentions.user_id = memberships.user_id
                AND mentions.conversation_id = memberships.conversation_id
                AND mentions.seq > memberships.seen
                AND mentions.done = 0
            LIMIT 100
        ) AS counted
    ) AS mentions,
    CAST(coalesce((
        SELECT drafts.body FROM drafts
        WHERE drafts.user_id = memberships.user_id AND drafts.conversation_id = memberships.conversation_id
    ), '') AS TEXT) AS draft,
    CAST(coalesce((SELECT users.name FROM users WHERE users.id = memberships.added_by), '') AS TEXT) AS adder
FROM memberships
JOIN conversations ON conversations.id = memberships.conversation_id
WHERE memberships.user_id = @user_id
ORDER BY conversations.last_at DESC, conversations.id;

-- name: OthersOf :many
-- The other members of a user's direct conversations. Of its notes, that is the user itself.
SELECT other.conversation_id, sqlc.embed(users) FROM memberships AS own
JOIN conversations ON conversations.id = own.conversation_id AND conversations.kind = 'direct'
JOIN memberships AS other ON other.conversation_id = own.conversation_id
    AND (other.user_id <> own.user_id OR conversations.name = '@' || own.user_id || ':' || own.user_id)
JOIN users ON users.id = other.user_id
WHERE own.user_id = @user_id;

-- name: IDsOf :many
SELECT conversations.id, conversations.kind FROM memberships
JOIN conversations ON conversations.id = memberships.conversation_id
WHERE memberships.user_id = @user_id;

-- name: PublicGroups :many
SELECT sqlc.embed(conversations), (
    SELECT count(*) FROM memberships WHERE memberships.conversation_id = conversations.id
) AS members
FROM conversations
WHERE conversations.public = 1 AND conversations.kind = 'group'
ORDER BY conversations.label;

-- name: Groups :many
-- Without groups that all members have left, see chat.LeftName.
SELECT sqlc.embed(conversations), (
    SELECT count(*) FROM memberships WHERE memberships.conversation_id = conversations.id
) AS members, CAST(coalesce((
    SELECT string_agg(users.name, ' ') FROM memberships
    JOIN users ON users.id = memberships.user_id
    WHERE memberships.conversation_id = conversations.id AND memberships.role = 'owner' AND conversations.name <> 'general'
), '') AS TEXT) AS owners
FROM conversations
WHERE conversations.kind = 'group' AND conversations.name NOT LIKE '@left:%'
ORDER BY conversations.label, conversations.id;

-- name: InsertConversation :one
INSERT INTO conversations (uid, kind, name, label, skeleton, topic, public, members_add, open_history, mention_all, read_only, slow, created_at)
VALUES (@uid, @kind, @name, @label, @skeleton, @topic, @public, @members_add, @open_history, @mention_all, @read_only, @slow, @created_at) RETURNING id;

-- name: UpdateConversation :exec
UPDATE conversations SET name = @name, label = @label, skeleton = @skeleton, topic = @topic, public = @public, members_add = @members_add, open_history = @open_history, mention_all = @mention_all, read_only = @read_only, slow = @slow WHERE id = @id;

-- name: MakeGroup :exec
UPDATE conversations SET kind = 'group' WHERE id = @id;
