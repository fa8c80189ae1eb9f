-- +goose Up
-- The host changes the epoch after the database was put back to an earlier state. Servers then
-- know that what they have seen may be gone.
ALTER TABLE commit_clock ADD COLUMN epoch UUID NOT NULL DEFAULT gen_random_uuid();
