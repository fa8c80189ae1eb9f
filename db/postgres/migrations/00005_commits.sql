-- +goose Up
-- The newest transaction that each process has committed. If its connection breaks during a
-- commit, the process finds out here whether that was done.
CREATE TABLE commits (
    writer UUID PRIMARY KEY, -- a process
    number BIGINT NOT NULL, -- of the transaction
    at TIMESTAMPTZ NOT NULL -- rows of processes that have ended are deleted after a while
);
