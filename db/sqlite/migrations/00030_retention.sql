-- +goose Up
-- How long messages are kept, 0 for as long as the server keeps them.
ALTER TABLE conversations ADD COLUMN keep INTEGER NOT NULL DEFAULT 0; -- milliseconds
-- The messages up to this number have expired and are not here any more.
ALTER TABLE conversations ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
