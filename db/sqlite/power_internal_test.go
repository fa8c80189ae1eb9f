package sqlite

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

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
