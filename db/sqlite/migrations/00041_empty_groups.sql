-- +goose Up
-- A group closes with its last member (closeEmpty in app/groups.go). Before,
-- public ones stayed open, and whoever joined next became their owner.
UPDATE conversations SET name = '@left:' || id, public = 0
WHERE kind = 'group' AND name <> 'general'
    AND NOT EXISTS (SELECT 1 FROM memberships WHERE conversation_id = conversations.id);
