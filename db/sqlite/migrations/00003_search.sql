-- +goose Up
-- The words of the messages that people wrote, for search: rowid is that of the
-- message. Nothing of the text is kept here a second time (contentless), but a
-- message can be taken out or replaced. app.Terms splits the text, so what
-- FTS5 gets are terms between spaces, to which any character that is not ASCII
-- belongs; prefixes of two and three letters, which many words have, are
-- indexed of their own.
--
-- What is here already is filled in when the database is opened.
CREATE VIRTUAL TABLE message_search USING fts5 (
    terms,
    content = '',
    contentless_delete = 1,
    tokenize = 'ascii',
    prefix = '2 3'
);
