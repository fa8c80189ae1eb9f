-- +goose Up
-- When the user was there last, 0 if that is not known. It is kept only of accounts that
-- share it, to the minute.
ALTER TABLE users ADD COLUMN last_seen INTEGER NOT NULL DEFAULT 0;
