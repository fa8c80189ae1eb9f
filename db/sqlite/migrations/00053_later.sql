-- +goose Up
-- What accounts have put off: reminders, and messages that are to be posted at a time. The
-- id of a message is fixed here, so that it is posted once.
CREATE TABLE laters (
    id              BLOB NOT NULL PRIMARY KEY,
    user_id         INTEGER NOT NULL REFERENCES users (id),
    number          INTEGER NOT NULL, -- 1, 2, 3… of each account
    conversation_id INTEGER REFERENCES conversations (id), -- NULL for a reminder
    body            TEXT NOT NULL,
    at              INTEGER NOT NULL,
    zone            TEXT NOT NULL, -- in which the user gave the time
    made_at         INTEGER NOT NULL,
    due_at          INTEGER NOT NULL DEFAULT 0, -- 0 while it waits
    refused         TEXT NOT NULL DEFAULT '', -- why the message was not posted
    UNIQUE (user_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX laters_waiting ON laters (at) WHERE due_at = 0;
