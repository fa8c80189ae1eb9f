-- +goose Up
-- The member who has added the account to a group that it has not opened since. Of what is
-- here, everything counts as opened.
ALTER TABLE memberships ADD COLUMN added_by INTEGER REFERENCES users (id);
