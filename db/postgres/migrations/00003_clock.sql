-- +goose Up
-- Where a change comes among the messages, as in db/sqlite/migrations.
ALTER TABLE changes ADD COLUMN after_message BIGINT NOT NULL DEFAULT 0;
