-- +goose Up
-- Files that were posted, each the attachment of one message, whose body is the
-- file's name. The contents are outside the database, by their SHA-256.
CREATE TABLE files (
    conversation_id INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    user_id         INTEGER NOT NULL REFERENCES users (id), -- whose limit it counts for
    name            TEXT    NOT NULL,
    size            INTEGER NOT NULL,
    sha256          BLOB    NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (conversation_id, seq),
    FOREIGN KEY (conversation_id, seq) REFERENCES messages (conversation_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX files_name ON files (conversation_id, name, seq);
CREATE INDEX files_user ON files (user_id, size);
CREATE INDEX files_sha256 ON files (sha256);
