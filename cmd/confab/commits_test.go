package main

import (
	"bytes"
	"database/sql"
	"sync/atomic"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
	"confab/db/postgres/pgtest"
)

// While the outcome of a commit is unknown, a message has neither a tick nor an error. The
// server finds the outcome out by itself, so nothing is posted twice, and nobody reads that
// something failed which others see.
func TestACommitWhoseOutcomeIsUnknown(t *testing.T) {
	direct := onPostgres(t)
	p, through := pgtest.Through(t, direct)
	first := t.TempDir()
	keys := []gossh.Signer{enrol(t, first, "ann"), enrol(t, first, "bob")}
	t.Setenv(databaseVariable, through)
	s := startServer(t, first)
	ann := s.connect(keys[0])

	// afterText calls a function when a commit is under way after a piece with a text.
	afterText := func(text string, pass func() bool) {
		var seen, done atomic.Bool
		p.Watch(func(piece []byte) bool {
			if bytes.Contains(piece, []byte(text)) {
				seen.Store(true)
			}
			if seen.Load() && bytes.Contains(piece, []byte("commit\x00")) && done.CompareAndSwap(false, true) {
				return pass()
			}
			return true
		})
	}
	noAnswer := func() bool {
		p.Down.Set(false)
		return true
	}
	goOn := func() {
		p.Sever()
		p.Down.Set(true)
	}
	database, err := sql.Open("pgx", direct)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	has := func(query string) {
		t.Helper()
		testkit.Eventually(t, query, func() bool {
			var n int
			if err := database.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n == 1
		})
	}

	afterText("the answer is lost", noAnswer)
	ann.say("the answer is lost")
	has("SELECT count(*) FROM messages WHERE body = 'the answer is lost'")
	ann.edge("the answer is lost", "…")
	goOn()
	ann.showsSent("the answer is lost")

	afterText("the commit is lost", func() bool { return false })
	ann.say("the commit is lost")
	ann.showsSent("the commit is lost")

	afterText("👍", noAnswer)
	ann.say("/react 👍")
	has("SELECT count(*) FROM reactions")
	goOn()
	ann.shows("👍 1")

	afterText("zebra", noAnswer)
	ann.say("/new zebra")
	has("SELECT count(*) FROM conversations WHERE label = 'zebra'")
	goOn()
	ann.isIn("#zebra")

	ann.hasNotShown("Not sent")
	for _, body := range []string{"the answer is lost", "the commit is lost"} {
		has("SELECT count(*) FROM messages WHERE body = '" + body + "'")
	}
	// Others learn of all of it, also from another server.
	second := t.TempDir()
	copyHostKey(t, first, second)
	bob := startServer(t, second).connect(keys[1])
	bob.shows("the commit is lost")
	bob.shows("👍 1")
}
