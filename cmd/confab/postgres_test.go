package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"confab/cmd/confab/datafolder"
	"confab/db/postgres/pgtest"
)

// databaseVariable is the setting --database. Servers and commands that a test runs take it
// from the environment.
const databaseVariable = "CONFAB_DATABASE"

// onPostgres makes the servers and commands of a test use a PostgreSQL database of their own,
// and returns its address.
func onPostgres(t *testing.T) string {
	t.Helper()
	address := newDatabase(t)
	t.Setenv(databaseVariable, address)
	return address
}

// newDatabase returns the address of an empty PostgreSQL database.
func newDatabase(t *testing.T) string {
	t.Helper()
	return newCluster(t).Database(t)
}

// newCluster returns a PostgreSQL cluster for several databases.
func newCluster(t *testing.T) *pgtest.Cluster {
	t.Helper()
	cluster := new(pgtest.Cluster)
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

func TestNothingIsLostByKill9OnPostgreSQL(t *testing.T) {
	address := onPostgres(t)
	endWhileSending(t, (*server).kill, func(t *testing.T, _ string) []string {
		database, err := sql.Open("pgx", address)
		if err != nil {
			t.Fatal(err)
		}
		defer database.Close()
		return bodiesIn(t, database)
	})
}

// Changes and files survive kill -9, two clients see each other's messages, and the commands
// of the host work beside the server.
func TestAServerOnPostgreSQL(t *testing.T) {
	onPostgres(t)
	nothingAcknowledgedIsLost(t)

	dir := t.TempDir()
	t.Setenv(databaseVariable, os.Getenv(databaseVariable)+"&application_name=other") // the same database
	if _, stderr, status := confab(t, "", "users", "list", "--data", dir); status != 0 {
		t.Errorf("users list: status %d, %s", status, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, datafolder.DatabaseFile)); err == nil {
		t.Error("the data folder has a database")
	}
	if out, stderr, status := confab(t, "", "db", "stats", "--data", dir); status != 0 || !strings.Contains(out, "contents in the database") || !strings.Contains(out, "audit entries") {
		t.Errorf("db stats: status %d, %s%s", status, out, stderr)
	}
	if out, stderr, status := confab(t, "", "db", "vacuum", "--data", dir); status != 0 || !strings.Contains(out, "the database had ") {
		t.Errorf("db vacuum: status %d, %s%s", status, out, stderr)
	}
	if out, stderr, status := confab(t, "", "db", "epoch", "--data", dir); status != 0 || !strings.Contains(out, "end their sessions now") {
		t.Errorf("db epoch: status %d, %s%s", status, out, stderr)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "server-id"), []byte("another\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := confab(t, "", "users", "list", "--data", other); status == 0 || !strings.Contains(stderr, "another server") {
		t.Errorf("with the folder of another server: status %d, %s", status, stderr)
	}
	if err := os.WriteFile(filepath.Join(other, datafolder.DatabaseFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := confab(t, "", "serve", "--data", other, "--listen", "127.0.0.1:0"); status == 0 || !strings.Contains(stderr, "has a database of its own") {
		t.Errorf("with a database in the folder: status %d, %s", status, stderr)
	}
}
