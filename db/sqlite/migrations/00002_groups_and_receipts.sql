-- +goose Up
ALTER TABLE users ADD COLUMN receipts_off INTEGER NOT NULL DEFAULT 0;

-- The name of a direct conversation is a key made of its two members, so that
-- there is one of each pair.
ALTER TABLE conversations ADD COLUMN kind TEXT NOT NULL DEFAULT 'group' CHECK (kind IN ('direct', 'group'));
ALTER TABLE conversations ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN public INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN members_add INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN open_history INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN last_at INTEGER NOT NULL DEFAULT 0; -- of its newest message
UPDATE conversations SET
    public = 1,
    open_history = 1,
    last_at = coalesce((SELECT sent_at FROM messages WHERE conversation_id = conversations.id AND seq = conversations.last_seq), 0);

-- The markers of a member are numbers of messages.
ALTER TABLE memberships ADD COLUMN role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member'));
ALTER TABLE memberships ADD COLUMN joined INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN read INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN read_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN receipts_off INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0;
-- What was said before there were receipts is neither unread nor waits for any.
UPDATE memberships SET
    role = (SELECT role FROM users WHERE id = user_id),
    joined = (SELECT last_seq FROM conversations WHERE id = conversation_id),
    delivered = (SELECT last_seq FROM conversations WHERE id = conversation_id),
    seen = (SELECT last_seq FROM conversations WHERE id = conversation_id);

-- What a system line tells, '' for a message that someone wrote.
ALTER TABLE messages ADD COLUMN change TEXT NOT NULL DEFAULT '';
-- Unread messages are counted from this index alone.
CREATE INDEX messages_unread ON messages (conversation_id, seq, author_id) WHERE change = '';

CREATE TABLE mentions (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    seq             INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id, seq)
) STRICT, WITHOUT ROWID;

-- When markers came where: a row stands for the messages past one, up to another.
-- What was delivered as it was sent has none.
CREATE TABLE marker_moves (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    user_id         INTEGER NOT NULL REFERENCES users (id),
    marker          TEXT    NOT NULL CHECK (marker IN ('delivered', 'read')),
    past            INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id, marker, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX marker_moves_at ON marker_moves (at);

CREATE TABLE drafts (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    body            TEXT    NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;

-- What an account has set for its screens.
CREATE TABLE preferences (
    user_id INTEGER NOT NULL REFERENCES users (id),
    name    TEXT    NOT NULL,
    value   TEXT    NOT NULL,
    PRIMARY KEY (user_id, name)
) STRICT, WITHOUT ROWID;
