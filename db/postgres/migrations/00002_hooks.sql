-- +goose Up
-- Incoming webhooks, as in db/sqlite/migrations.
CREATE TABLE hooks (
    number          BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id              BYTEA  NOT NULL UNIQUE, -- the name space of the ids of its messages
    conversation_id BIGINT NOT NULL REFERENCES conversations (id),
    user_id         BIGINT NOT NULL REFERENCES users (id), -- the bot that posts
    selector        BYTEA  NOT NULL, -- the first bytes of the hash
    hash            BYTEA  NOT NULL, -- SHA-256
    made_by         BIGINT NOT NULL, -- an account, 0 for the host
    made_at         BIGINT NOT NULL,
    used_at         BIGINT NOT NULL DEFAULT 0, -- to the minute, 0 if it has never posted
    revoked         BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX hooks_selector ON hooks (selector);
CREATE INDEX hooks_conversation ON hooks (conversation_id, user_id);
CREATE INDEX hooks_made_by ON hooks (made_by, made_at);

CREATE VIEW hook_view AS
SELECT hooks.*, conversations.label AS group_name, bots.name AS bot_name, coalesce(makers.name, '') AS maker FROM hooks
JOIN conversations ON conversations.id = hooks.conversation_id
JOIN users AS bots ON bots.id = hooks.user_id
LEFT JOIN users AS makers ON makers.id = hooks.made_by;
