-- +goose Up
-- Accounts of programs, which nobody waits for to read anything.
ALTER TABLE users ADD COLUMN bot INTEGER NOT NULL DEFAULT 0;
-- The message of the same conversation that one answers, NULL for none.
ALTER TABLE messages ADD COLUMN reply_to BLOB;
