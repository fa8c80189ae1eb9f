-- name: ContentSize :one
SELECT size FROM contents WHERE sha256 = @sha256 AND trashed_at = 0;

-- name: InsertContent :exec
-- Content in the trash comes back from it.
INSERT INTO contents (sha256, size) VALUES (@sha256, 0)
ON CONFLICT (sha256) DO UPDATE SET trashed_at = 0;

-- name: SetContentSize :exec
UPDATE contents SET size = @size WHERE sha256 = @sha256;

-- name: HasContentRows :one
SELECT EXISTS (SELECT 1 FROM content_parts WHERE sha256 = @sha256);

-- name: InsertPart :exec
INSERT INTO content_parts (sha256, number, data) VALUES (@sha256, @number, @data);

-- name: ReadPart :one
-- Some bytes of a part, which begin at 1.
SELECT CAST(substring(data FROM CAST(@first AS INTEGER) FOR CAST(@count AS INTEGER)) AS BYTEA) AS bytes FROM content_parts
WHERE sha256 = @sha256 AND number = @number;

-- name: DeleteContent :exec
DELETE FROM contents WHERE sha256 = @sha256 AND (trashed_at > 0) = CAST(@trashed AS BOOLEAN);

-- name: TrashContent :execrows
UPDATE contents SET trashed_at = @at WHERE sha256 = @sha256 AND trashed_at = 0;

-- name: UntrashContent :execrows
UPDATE contents SET trashed_at = 0 WHERE sha256 = @sha256 AND trashed_at > 0;

-- name: ContentsAfter :many
-- A page of the contents that are in the trash, or of those that are not.
SELECT sha256, trashed_at FROM contents
WHERE sha256 > @sha256 AND (trashed_at > 0) = CAST(@trashed AS BOOLEAN)
ORDER BY sha256 LIMIT 500;
