-- +goose Up
-- Messages that members have pinned for everybody in the conversation.
CREATE TABLE pins (
    conversation_id INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    user_id         INTEGER NOT NULL REFERENCES users (id), -- who pinned it
    pinned_at       INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    FOREIGN KEY (conversation_id, seq) REFERENCES messages (conversation_id, seq)
) STRICT, WITHOUT ROWID;

-- Messages that accounts have saved for themselves.
CREATE TABLE saved (
    user_id         INTEGER NOT NULL REFERENCES users (id),
    conversation_id INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    saved_at        INTEGER NOT NULL,
    PRIMARY KEY (user_id, conversation_id, seq),
    FOREIGN KEY (conversation_id, seq) REFERENCES messages (conversation_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX saved_message ON saved (conversation_id, seq);
