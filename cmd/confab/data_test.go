package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/cmd/confab/datafolder"
	"confab/db/sqlite"
)

// line returns a key's line in a .pub file.
func line(key gossh.Signer) string { return string(gossh.MarshalAuthorizedKey(key.PublicKey())) }

// foundServer creates the database of a new server, if the folder has none.
func foundServer(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, datafolder.DatabaseFile)); err == nil || os.Getenv(databaseVariable) != "" {
		return nil
	}
	_, closeAll, err := datafolder.OpenDatabase(ctx, dir, service.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return closeAll()
}

// enrol creates an account with a key, as the host does. If there is no server yet, it
// creates one.
func enrol(t testing.TB, dir, name string) gossh.Signer {
	t.Helper()
	if err := foundServer(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	key := testkit.Signer(t)
	if _, stderr, status := confab(t, line(key), "keys", "add", "--data", dir, name); status != 0 {
		t.Fatalf("keys add: status %d, %s", status, stderr)
	}
	return key
}

// revoke revokes a key, as the host does.
func revoke(t testing.TB, dir string, key gossh.Signer) {
	t.Helper()
	fingerprint := gossh.FingerprintSHA256(key.PublicKey())
	if _, stderr, status := confab(t, "", "keys", "revoke", "--data", dir, fingerprint); status != 0 {
		t.Fatalf("keys revoke: status %d, %s", status, stderr)
	}
}

// writeFile creates a file in a new folder and returns its path.
func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// post posts messages of one account to #general in a folder whose server is not
// running. It skips the cleaning of text.
func post(t testing.TB, dir, name string, bodies ...string) {
	t.Helper()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(dir, datafolder.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	err = store.Update(ctx, func(tx chat.Tx) error {
		author, err := tx.UserByName(ctx, name)
		if err != nil {
			return err
		}
		general, err := tx.ConversationByName(ctx, chat.GeneralName)
		if err != nil {
			return err
		}
		for _, body := range bodies {
			m := &chat.Message{ID: uuid.New(), Conversation: general.ID, Author: author.ID, Body: body, SentAt: time.Now()}
			if _, err := tx.InsertMessage(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// readByAll has every member read all messages in a folder whose server is not
// running.
func readByAll(t testing.TB, dir string) {
	t.Helper()
	_, err := openSQL(t, dir).Exec("UPDATE memberships SET (delivered, read, seen) = (SELECT last_seq, last_seq, last_seq FROM conversations WHERE id = conversation_id)")
	if err != nil {
		t.Fatal(err)
	}
}

// openSQL opens a data folder's database beside the server. Transactions take the
// write lock when they begin.
func openSQL(t testing.TB, dir string) *sql.DB {
	t.Helper()
	database, err := sql.Open("sqlite", "file:"+filepath.Join(dir, datafolder.DatabaseFile)+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(); err != nil {
			t.Error(err)
		}
	})
	return database
}

// whileLocked keeps the database of a server locked while do runs. It returns false if that took
// so long that the server may have stopped waiting for the database, as on a very busy machine.
func whileLocked(t *testing.T, dir string, do func()) bool {
	t.Helper()
	const waits = 4 * time.Second // a little less than the server
	lock, err := openSQL(t, dir).Begin()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	do()
	took := time.Since(begun)
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	return took < waits
}

// stored returns the texts of all messages in order. It also checks the database
// and the numbers, and that each message is indexed for search.
func stored(t *testing.T, dir string) []string {
	t.Helper()
	database := openSQL(t, dir)
	var integrity string
	if err := database.QueryRow("PRAGMA integrity_check").Scan(&integrity); err != nil || integrity != "ok" {
		t.Errorf("integrity_check: %s, %v", integrity, err)
	}
	var missing int
	if err := database.QueryRow("SELECT count(*) FROM messages WHERE (change = '') <> (row_id IN (SELECT id FROM message_search_docsize))").Scan(&missing); err != nil || missing > 0 {
		t.Errorf("%d messages are not in step with the index, %v", missing, err)
	}
	return bodiesIn(t, database)
}

// bodiesIn returns the texts of the only conversation with messages in a database, and checks
// their numbers.
func bodiesIn(t testing.TB, database *sql.DB) []string {
	t.Helper()
	rows, err := database.Query("SELECT seq, body FROM messages ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var bodies []string
	for rows.Next() {
		var seq int
		var body string
		if err := rows.Scan(&seq, &body); err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
		if seq != len(bodies) {
			t.Errorf("message %d of the conversation has the number %d", len(bodies), seq)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return bodies
}

// placeOnDisk waits until a user's last place is stored. The server stores it after the
// drafts, and on a slow disk after the session has ended.
func placeOnDisk(t *testing.T, dir, name, group string) {
	t.Helper()
	database := openSQL(t, dir)
	testkit.Eventually(t, "the place of "+name+" to be in #"+group, func() bool {
		there := 0
		err := database.QueryRow(`SELECT count(*) FROM preferences p JOIN users u ON u.id = p.user_id JOIN conversations c
			ON lower(hex(c.uid)) = replace(substr(p.value, 1, 36), '-', '') WHERE p.name = 'place' AND u.name = ? AND c.name || ':' LIKE ? || ':%'`, name, group).Scan(&there)
		if err != nil {
			t.Fatal(err)
		}
		return there > 0
	})
}

// toldOnDisk waits until it is stored that a user was shown a text of the host. The server
// stores it while the user reads on, or at the end of the session.
func toldOnDisk(t *testing.T, dir, name string, kind chat.WordKind) {
	t.Helper()
	database := openSQL(t, dir)
	testkit.Eventually(t, "it to be stored that "+name+" knows the "+string(kind), func() bool {
		there := 0
		err := database.QueryRow("SELECT count(*) FROM preferences p JOIN users u ON u.id = p.user_id WHERE p.name = ? AND u.name = ?", "told."+string(kind), name).Scan(&there)
		if err != nil {
			t.Fatal(err)
		}
		return there > 0
	})
}

// numbered returns the texts "prefix 001" and so on.
func numbered(prefix string, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("%s %03d", prefix, i+1)
	}
	return texts
}

// inOrder returns the texts that are on a screen, in the order of their rows.
func inOrder(screen string, texts []string) []string {
	var found []string
	for row := range strings.SplitSeq(screen, "\n") {
		for _, text := range texts {
			if strings.Contains(row, text) && !strings.Contains(row, "› ") {
				found = append(found, text)
			}
		}
	}
	return found
}
