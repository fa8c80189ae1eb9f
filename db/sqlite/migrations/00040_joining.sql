-- +goose Up
-- What is set for the whole server.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who has asked to be let in: one for a key.
CREATE TABLE join_requests (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT    NOT NULL UNIQUE,
    key_line    TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    note        TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'approved', 'refused')),
    asked_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX join_requests_asked ON join_requests (asked_at);

-- Codes that let a stranger in. What is kept of one is its SHA-256: the first
-- bytes, by which it is found, and all of it, which is compared.
CREATE TABLE codes (
    id         INTEGER PRIMARY KEY,
    selector   BLOB    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    role       TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')), -- of the new account
    user_id    INTEGER NOT NULL DEFAULT 0, -- whose account gets a key, 0 for a new one
    uses       INTEGER NOT NULL, -- left
    expires_at INTEGER NOT NULL,
    made_by    TEXT    NOT NULL
) STRICT;
CREATE INDEX codes_selector ON codes (selector);
CREATE INDEX codes_expires ON codes (expires_at);

-- What handles look like (app/lookalike.go has the same table) is unique too.
-- Handles from before that look like an older one keep what nobody else can have.
ALTER TABLE users ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN skeleton TEXT NOT NULL DEFAULT '';
UPDATE users SET skeleton =
    replace(replace(replace(replace(replace(replace(replace(replace(replace(name,
        '0', 'o'), '1', 'l'), 'i', 'l'), '5', 's'), '_', '-'), '.', '-'), 'rn', 'm'), 'vv', 'w'), 'cl', 'd');
UPDATE users SET skeleton = skeleton || ':' || id
WHERE EXISTS (SELECT 1 FROM users AS older WHERE older.skeleton = users.skeleton AND older.id < users.id);
CREATE UNIQUE INDEX users_skeleton ON users (skeleton);

-- What accounts were called before.
CREATE TABLE former_names (
    id       INTEGER PRIMARY KEY,
    user_id  INTEGER NOT NULL REFERENCES users (id),
    name     TEXT    NOT NULL,
    skeleton TEXT    NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT;
CREATE INDEX former_names_user ON former_names (user_id);
CREATE INDEX former_names_skeleton ON former_names (skeleton);

ALTER TABLE authorized_keys ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;

-- Keys whose certificates are not taken any more, of users and of authorities.
CREATE TABLE revoked_keys (
    fingerprint TEXT    PRIMARY KEY,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
