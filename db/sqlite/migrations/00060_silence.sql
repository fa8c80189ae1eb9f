-- +goose Up
-- A silence is a ban from writing only, so it is among the bans.
CREATE TABLE new_bans (
    id        INTEGER PRIMARY KEY,
    kind      TEXT    NOT NULL CHECK (kind IN ('account', 'key', 'network', 'silence')),
    user_id   INTEGER NOT NULL, -- of an account or a silence, else 0
    target    TEXT    NOT NULL, -- a fingerprint or a CIDR, '' for the others
    made_at   INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL, -- 0 if it does not by itself
    made_by   TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    UNIQUE (kind, user_id, target)
) STRICT;
INSERT INTO new_bans SELECT id, kind, user_id, target, made_at, ends_at, made_by, reason FROM bans;
DROP TABLE bans;
ALTER TABLE new_bans RENAME TO bans;

-- Whether only owners and admins post in a group, and the milliseconds between two messages
-- of a member, 0 for none.
ALTER TABLE conversations ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;

-- When somebody last posted in a group in slow mode. It outlasts the membership, so that
-- leaving and joining again does not shorten the wait.
CREATE TABLE slow_posts (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    user_id         INTEGER NOT NULL REFERENCES users (id),
    posted_at       INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;
