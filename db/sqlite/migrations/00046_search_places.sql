-- +goose Up
-- Each word is indexed together with its conversation (see db/search.go), so that a
-- search reads nothing of where the asker is not: how long it takes would tell
-- what is said there. The two characters of the conversation come first, so prefixes
-- of two and three letters are of four and five characters.
--
-- The index is filled in again when the database is opened.
DROP TABLE message_search;
CREATE VIRTUAL TABLE message_search USING fts5 (
    terms,
    content = '',
    contentless_delete = 1,
    tokenize = 'ascii',
    prefix = '4 5'
);
-- The server merges the parts of the index while it runs: two are enough to begin.
INSERT INTO message_search (message_search, rank) VALUES ('usermerge', 2);
