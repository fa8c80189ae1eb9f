-- +goose Up
-- text.Terms splits letters from digits and knows emoji, and messages are also indexed
-- under what they have: a file, a link. The index is filled in again when the database is
-- opened.
INSERT INTO message_search (message_search) VALUES ('delete-all');
