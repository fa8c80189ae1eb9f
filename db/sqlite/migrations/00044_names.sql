-- +goose Up
-- What names look like (app/lookalike.go has the same table) passes over separators
-- that are repeated or at the end: ann-- and ann. look like ann. Accounts from before
-- that look alike keep their names, and the older one has what nobody else can have.
DROP INDEX users_skeleton;
UPDATE users SET skeleton = replace(replace(name, '_', '-'), '.', '-') WHERE name NOT LIKE 'deleted:%';
UPDATE users SET skeleton =
    rtrim(replace(replace(replace(replace(replace(replace(skeleton, '--', '-'), '--', '-'), '--', '-'), '--', '-'), '--', '-'), '--', '-'), '-')
WHERE name NOT LIKE 'deleted:%';
UPDATE users SET skeleton =
    replace(replace(replace(replace(replace(replace(replace(skeleton,
        '0', 'o'), '1', 'l'), 'i', 'l'), '5', 's'), 'rn', 'm'), 'vv', 'w'), 'cl', 'd')
WHERE name NOT LIKE 'deleted:%';
UPDATE users SET skeleton = skeleton || ':' || id
WHERE name NOT LIKE 'deleted:%'
    AND EXISTS (SELECT 1 FROM users AS older WHERE older.skeleton = users.skeleton AND older.id < users.id);
CREATE UNIQUE INDEX users_skeleton ON users (skeleton);

UPDATE former_names SET skeleton = replace(replace(name, '_', '-'), '.', '-');
UPDATE former_names SET skeleton =
    rtrim(replace(replace(replace(replace(replace(replace(skeleton, '--', '-'), '--', '-'), '--', '-'), '--', '-'), '--', '-'), '--', '-'), '-');
UPDATE former_names SET skeleton =
    replace(replace(replace(replace(replace(replace(replace(skeleton,
        '0', 'o'), '1', 'l'), 'i', 'l'), '5', 's'), 'rn', 'm'), 'vv', 'w'), 'cl', 'd');

-- What a group is called is its label. Its name is a key, which is the label where the
-- group is public; a private one has its id in it, since a name that could not be had
-- would tell those who are not in the group that there is one.
ALTER TABLE conversations ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN skeleton TEXT NOT NULL DEFAULT '';
UPDATE conversations SET label = name, skeleton = replace(replace(name, '_', '-'), '.', '-');
UPDATE conversations SET skeleton =
    rtrim(replace(replace(replace(replace(replace(replace(skeleton, '--', '-'), '--', '-'), '--', '-'), '--', '-'), '--', '-'), '--', '-'), '-');
UPDATE conversations SET skeleton =
    replace(replace(replace(replace(replace(replace(replace(skeleton,
        '0', 'o'), '1', 'l'), 'i', 'l'), '5', 's'), 'rn', 'm'), 'vv', 'w'), 'cl', 'd');
UPDATE conversations SET name = label || ':' || lower(hex(uid)) WHERE kind = 'group' AND public = 0;
CREATE INDEX conversations_skeleton ON conversations (skeleton);
CREATE INDEX conversations_label ON conversations (label);
