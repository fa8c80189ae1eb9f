-- +goose Up
CREATE TABLE users (
    id         INTEGER PRIMARY KEY,
    uid        BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL UNIQUE,
    role       TEXT    NOT NULL CHECK (role IN ('owner', 'member')),
    created_at INTEGER NOT NULL -- Unix milliseconds, as are all times
) STRICT;

CREATE TABLE authorized_keys (
    fingerprint TEXT    PRIMARY KEY,
    user_id     INTEGER NOT NULL REFERENCES users (id),
    type        TEXT    NOT NULL,
    line        TEXT    NOT NULL,
    comment     TEXT    NOT NULL,
    added_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX authorized_keys_user ON authorized_keys (user_id);

CREATE TABLE conversations (
    id         INTEGER PRIMARY KEY,
    uid        BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL UNIQUE,
    last_seq   INTEGER NOT NULL DEFAULT 0, -- of its newest message
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    user_id         INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_user ON memberships (user_id);

-- Bodies are up to 16 KiB, so the rows are kept by rowid (in order of arrival)
-- and not inside the index by conversation.
CREATE TABLE messages (
    row_id          INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL UNIQUE, -- UUIDv7, made by the sender
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    seq             INTEGER NOT NULL, -- 1, 2, 3… in its conversation
    author_id       INTEGER NOT NULL REFERENCES users (id),
    body            TEXT    NOT NULL,
    sent_at         INTEGER NOT NULL,
    UNIQUE (conversation_id, seq)
) STRICT;

CREATE TABLE audit_log (
    id     INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: servers read on from the last they saw
    at     INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    action TEXT    NOT NULL,
    target TEXT    NOT NULL,
    detail TEXT    NOT NULL
) STRICT;
