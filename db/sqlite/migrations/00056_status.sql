-- +goose Up
-- What accounts say of themselves while they are away, '' for those who are not, and when
-- that ends by itself, 0 if it does not.
ALTER TABLE users ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN status_until INTEGER NOT NULL DEFAULT 0;
CREATE INDEX users_status_until ON users (status_until) WHERE status_until > 0;
