-- +goose Up
-- Incoming webhooks. Of the token in a webhook's address there is only the hash.
CREATE TABLE hooks (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    id              BLOB    NOT NULL UNIQUE, -- the name space of the ids of its messages
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    user_id         INTEGER NOT NULL REFERENCES users (id), -- the bot that posts
    selector        BLOB    NOT NULL, -- the first bytes of the hash
    hash            BLOB    NOT NULL, -- SHA-256
    made_by         INTEGER NOT NULL, -- an account, 0 for the host
    made_at         INTEGER NOT NULL,
    used_at         INTEGER NOT NULL DEFAULT 0, -- to the minute, 0 if it has never posted
    revoked         INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX hooks_selector ON hooks (selector);
CREATE INDEX hooks_conversation ON hooks (conversation_id, user_id);
CREATE INDEX hooks_made_by ON hooks (made_by, made_at);

CREATE VIEW hook_view AS
SELECT hooks.*, conversations.label AS group_name, bots.name AS bot_name, coalesce(makers.name, '') AS maker FROM hooks
JOIN conversations ON conversations.id = hooks.conversation_id
JOIN users AS bots ON bots.id = hooks.user_id
LEFT JOIN users AS makers ON makers.id = hooks.made_by;
