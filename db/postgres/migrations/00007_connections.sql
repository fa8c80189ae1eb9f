-- +goose Up
-- How many connections accounts have to a server, as JSON. An account that is not in it has one if
-- it is among the people, and none otherwise. A server of an earlier version writes nothing here.
ALTER TABLE servers ADD COLUMN connections TEXT NOT NULL DEFAULT '{}';
