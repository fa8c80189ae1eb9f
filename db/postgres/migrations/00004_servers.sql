-- +goose Up
-- The servers that use the database, and who is connected to each. A server has another id after
-- each start. It is unlogged because nothing here outlasts the servers: they write it again within
-- seconds.
CREATE UNLOGGED TABLE servers (
    id UUID PRIMARY KEY,
    lease TIMESTAMPTZ NOT NULL, -- the server has ended if it did not renew this
    version BIGINT NOT NULL, -- grows when the people change
    people TEXT NOT NULL -- JSON: the presence of each user
);
