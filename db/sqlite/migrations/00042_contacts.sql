-- +goose Up
-- People whom an account wants to hear nothing from.
CREATE TABLE blocks (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    blocked_id INTEGER NOT NULL REFERENCES users (id),
    blocked_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
) STRICT, WITHOUT ROWID;

-- Groups that an account was asked to join and has not. It is not shown those that
-- are hidden: it declined them, or has blocked the one who asked. To everybody else
-- they look like the others, so that nobody learns of it.
CREATE TABLE invitations (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    inviter_id      INTEGER NOT NULL REFERENCES users (id),
    invited_at      INTEGER NOT NULL,
    hidden          INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitations_conversation ON invitations (conversation_id);
CREATE INDEX invitations_at ON invitations (invited_at);

-- Groups that an account left by itself: nobody adds it again without asking.
CREATE TABLE departures (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    left_at         INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;
INSERT INTO departures
SELECT author_id, conversation_id, max(sent_at) FROM messages
WHERE change = 'left'
    AND NOT EXISTS (
        SELECT 1 FROM memberships
        WHERE memberships.conversation_id = messages.conversation_id AND memberships.user_id = messages.author_id
    )
GROUP BY author_id, conversation_id;

-- Whether somebody else made the account a member: then it does not count for how
-- many conversations the account may be in. Of what is here, that is everything
-- that the account neither made nor joined.
ALTER TABLE memberships ADD COLUMN added INTEGER NOT NULL DEFAULT 0;
UPDATE memberships SET added = 1
WHERE conversation_id IN (SELECT id FROM conversations WHERE kind = 'group' AND name <> 'general')
    AND (conversation_id, user_id) NOT IN (
        SELECT conversation_id, author_id FROM messages WHERE change IN ('created', 'joined')
    );
