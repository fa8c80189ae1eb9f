-- +goose Up
-- Where a change comes among the messages: after the newest message at that time. Servers that
-- share a database apply both in one order.
ALTER TABLE changes ADD COLUMN after_message INTEGER NOT NULL DEFAULT 0;
