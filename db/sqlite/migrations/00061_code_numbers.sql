-- +goose Up
-- The number of a code is in the audit log and on the command line, so it is never given to
-- another code.
CREATE TABLE new_codes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    selector   BLOB    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    role       TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')), -- of the new account
    user_id    INTEGER NOT NULL DEFAULT 0, -- whose account gets a key, 0 for a new one
    uses       INTEGER NOT NULL, -- left
    expires_at INTEGER NOT NULL,
    made_by    TEXT    NOT NULL
) STRICT;
INSERT INTO new_codes SELECT id, selector, hash, role, user_id, uses, expires_at, made_by FROM codes;
DROP TABLE codes;
ALTER TABLE new_codes RENAME TO codes;
CREATE INDEX codes_selector ON codes (selector);
CREATE INDEX codes_expires ON codes (expires_at);
