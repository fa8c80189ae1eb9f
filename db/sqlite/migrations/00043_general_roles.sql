-- +goose Up
-- In #general everybody has the role that they have on the server. It was copied when
-- an account was made, and stayed when the account's role changed.
UPDATE memberships SET role = (SELECT role FROM users WHERE users.id = memberships.user_id)
WHERE conversation_id = (SELECT id FROM conversations WHERE name = 'general');
