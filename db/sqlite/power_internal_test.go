package sqlite

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"confab/db/sqlite/disktest"
)

// Whenever the power fails while a new version upgrades a database, the next start finishes
// the upgrade, and nothing is lost.
func TestAPowerCutDuringAnUpgrade(t *testing.T) {
	const name = "confab.db"
	dir := t.TempDir()
	disk := disktest.Record(dir)
	firstVersion(t, filepath.Join(dir, name))
	before := disk.Moments()
	goesOn(t, filepath.Join(dir, name))
	if disk.Moments() == before {
		t.Fatal("the upgrade has written nothing")
	}
	seed := disktest.Number(t, disktest.SeedVariable, rand.Uint64())
	chance := rand.New(rand.NewPCG(seed, 0))
	t.Logf("%d moments; %s=%d repeats this", disk.Moments()-before, disktest.SeedVariable, seed)
	for range disktest.Number(t, disktest.CutsVariable, 15) {
		moment := before + chance.IntN(disk.Moments()-before+1)
		cut := t.TempDir()
		if err := disk.Cut(moment, chance, cut); err != nil {
			t.Fatal(err)
		}
		t.Logf("power cut at moment %d", moment)
		goesOn(t, filepath.Join(cut, name))
		db, err := Open(t.Context(), filepath.Join(cut, name))
		if err != nil {
			t.Fatal(err)
		}
		var state string
		err = db.writeDB.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&state)
		if err != nil || state != "ok" {
			t.Errorf("the database is damaged: %s, %v", state, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// firstVersion creates a database of the first version, with two members and 120 messages.
func firstVersion(t *testing.T, path string) {
	t.Helper()
	old := upTo(t, path, 1)
	id := func() []byte { u := uuid.New(); return u[:] }
	exec(t, old, "INSERT INTO conversations (id, uid, name, last_seq, created_at) VALUES (1, ?, 'general', 120, 1000)", id())
	for i, name := range []string{"ann", "bob"} {
		role := []string{"owner", "member"}[i]
		exec(t, old, "INSERT INTO users (id, uid, name, role, created_at) VALUES (?, ?, ?, ?, 1000)", i+1, id(), name, role)
		exec(t, old, "INSERT INTO authorized_keys VALUES (?, ?, 'ssh-ed25519', 'line', 'laptop', 1000)", "SHA256:"+name, i+1)
		exec(t, old, "INSERT INTO memberships VALUES (1, ?)", i+1)
	}
	for seq := 1; seq <= 120; seq++ {
		exec(t, old, "INSERT INTO messages (id, conversation_id, seq, author_id, body, sent_at) VALUES (?, 1, ?, ?, 'hello', ?)", id(), seq, seq%2+1, 1000+seq)
	}
	exec(t, old, "INSERT INTO audit_log (at, actor, action, target, detail) VALUES (1, 'host', 'user.add', 'ann', '')")
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
}
