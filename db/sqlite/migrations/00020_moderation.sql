-- +goose Up
-- A role more; a CHECK cannot be changed, so the column is made anew.
ALTER TABLE users ADD COLUMN server_role TEXT NOT NULL DEFAULT 'member' CHECK (server_role IN ('owner', 'admin', 'member'));
UPDATE users SET server_role = role;
ALTER TABLE users DROP COLUMN role;
ALTER TABLE users RENAME COLUMN server_role TO role;
ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;

CREATE TABLE bans (
    id        INTEGER PRIMARY KEY,
    kind      TEXT    NOT NULL CHECK (kind IN ('account', 'key', 'network')),
    user_id   INTEGER NOT NULL, -- of an account, else 0
    target    TEXT    NOT NULL, -- a fingerprint or a CIDR, '' for an account
    made_at   INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL, -- 0 if it does not by itself
    made_by   TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    UNIQUE (kind, user_id, target)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_log_grows BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
-- +goose StatementEnd
