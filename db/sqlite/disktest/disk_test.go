package disktest_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/sqlite"
	"confab/db/sqlite/disktest"
)

const (
	database = "confab.db"
	wal      = database + "-wal"
)

// step is something that was acknowledged.
type step struct {
	does   string
	moment int // of the acknowledgment
}

// Whenever the power fails, from the first start with all migrations to the last stop, the
// database is whole afterwards, all that was acknowledged is there, and what was on its way is
// there as a whole or not at all.
func TestAPowerCutLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	disk := disktest.Record(dir)
	steps := work(t, disk, dir)
	seed := disktest.Number(t, disktest.SeedVariable, rand.Uint64())
	chance := rand.New(rand.NewPCG(seed, 0))
	t.Logf("%d steps, %d moments; %s=%d repeats this", len(steps), disk.Moments(), disktest.SeedVariable, seed)
	for range disktest.Number(t, disktest.CutsVariable, 40) {
		moment := chance.IntN(disk.Moments() + 1)
		cut := t.TempDir()
		ok(t, disk.Cut(moment, chance, cut))
		got := content(t, cut)
		last := step{does: "nothing"}
		for _, s := range steps {
			if s.moment <= moment {
				last = s
			}
		}
		// Without a power cut, all that was written is there. With one, at least what was
		// acknowledged and synced.
		may := []string{killed(t, disk, moment), killed(t, disk, last.moment)}
		if synced := disk.LastSync(wal, moment); synced >= last.moment {
			may = append(may, killed(t, disk, synced))
		}
		found := false
		for _, m := range may {
			found = found || m == got
		}
		if !found {
			t.Fatalf("after %s and a power cut at moment %d:\n%s\nwithout the cut:\n%s\nacknowledged:\n%s", last.does, moment, got, may[0], may[1])
		}
	}
}

// work is the life of a server. It returns what was acknowledged.
func work(t *testing.T, disk *disktest.Disk, dir string) (steps []step) {
	store := testkit.OpenStore(t, dir)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := testkit.Start(t, store, service.Options{Now: func() time.Time { return now }})
	did := func(format string, args ...any) {
		steps = append(steps, step{fmt.Sprintf(format, args...), disk.Moments()})
	}
	annKey, bobKey := testkit.Enrol(t, s, "ann", 1), testkit.Enrol(t, s, "bob", 2)
	did("enrolling")
	open := func(fingerprint string) *service.Session {
		session, err := s.Open(t.Context(), fingerprint)
		ok(t, err)
		return session
	}
	ann, bob := open(annKey.Fingerprint()), open(bobKey.Fingerprint())
	in := testkit.General(t, ann)
	did("opening sessions")
	var last *chat.Message
	for i := range 60 {
		last = testkit.Send(t, ann, in, fmt.Sprintf("message %d of ann %s", i, strings.Repeat("words ", 20*(i%8))))
		did("ann's message %d", i)
		if i%3 == 0 {
			testkit.Send(t, bob, in, fmt.Sprintf("message %d of bob", i))
			did("bob's message %d", i)
		}
		if i%5 == 0 {
			_, err := ann.Messages().Edit(t.Context(), in, last.Seq, fmt.Sprintf("edited %d", i))
			ok(t, err)
			did("edit %d", i)
		}
		if i%7 == 0 {
			_, err := ann.Messages().Delete(t.Context(), in, last.Seq)
			ok(t, err)
			did("deletion %d", i)
		}
	}
	now = now.Add(48 * time.Hour)
	testkit.Send(t, ann, in, "the next day")
	did("the next day")
	ok(t, s.Expire(t.Context(), 24*time.Hour))
	did("the retention")
	testkit.Send(t, bob, in, "to be purged")
	did("bob's last message")
	bob.Close()
	_, err := s.Host().DeleteUser(t.Context(), "bob", true)
	ok(t, err)
	did("the purge")
	ann.Close()
	s.Close("Bye.")
	ok(t, store.Close())
	did("the stop")
	return steps
}

// killed returns the content of the database if the process ends at a moment.
func killed(t *testing.T, disk *disktest.Disk, moment int) string {
	t.Helper()
	dir := t.TempDir()
	ok(t, disk.Kill(moment, dir))
	return content(t, dir)
}

// content opens the database in a folder as a server does, checks it, and returns the
// accounts and messages in it.
func content(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, database)
	store, err := sqlite.Open(t.Context(), path)
	ok(t, err)
	ok(t, store.Close())
	raw, err := sql.Open("sqlite", path)
	ok(t, err)
	defer raw.Close()
	read := func(query string) string {
		var all string
		ok(t, raw.QueryRowContext(t.Context(), "SELECT coalesce(group_concat(line, char(10)), '') FROM ("+query+")").Scan(&all))
		return all
	}
	if state := read("SELECT integrity_check AS line FROM pragma_integrity_check"); state != "ok" {
		t.Fatalf("the database is damaged: %s", state)
	}
	if state := read(`SELECT "table" AS line FROM pragma_foreign_key_check`); state != "" {
		t.Fatalf("references to rows that are not there: %s", state)
	}
	if gaps := read(`SELECT seq AS line FROM messages AS m JOIN conversations AS c ON c.id = m.conversation_id
		WHERE seq > c.expired + 1 AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation_id = c.id AND seq = m.seq - 1)`); gaps != "" {
		t.Fatalf("the numbers before these are missing: %s", gaps)
	}
	return read("SELECT id || ' ' || name AS line FROM users ORDER BY id") + "\n" +
		read("SELECT name || ' ' || last_seq || ' ' || expired AS line FROM conversations ORDER BY id") + "\n" +
		read("SELECT conversation_id || ' ' || seq || ' ' || hex(id) || ' ' || body || ' ' || (deleted_at > 0) AS line FROM messages ORDER BY conversation_id, seq")
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
