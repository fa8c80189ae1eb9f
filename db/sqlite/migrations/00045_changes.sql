-- +goose Up
-- What commits mean for open sessions, for the other processes that have the database
-- open; see app/change.go. The newest row is never deleted, so positions only grow.
CREATE TABLE changes (
    position INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    origin   INTEGER NOT NULL, -- of the process that made it
    kind     TEXT    NOT NULL,
    body     BLOB    NOT NULL -- JSON, without anything that somebody wrote in a message
) STRICT;
