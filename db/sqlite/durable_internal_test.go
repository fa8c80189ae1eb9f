package sqlite

import (
	"path/filepath"
	"testing"

	"confab/app/chat"
	"confab/db/sqlite/disktest"
)

// When Update returns, the data are on the disk: the write-ahead log is synced with
// each commit. With synchronous=NORMAL or OFF it would not be.
func TestEachCommitWaitsForTheDisk(t *testing.T) {
	dir := t.TempDir()
	disk := disktest.Record(dir)
	synced := func() int { return disk.LastSync("confab.db-wal", disk.Moments()) }
	s, err := Open(t.Context(), filepath.Join(dir, "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i := range 20 {
		before := disk.Moments()
		if err := s.Update(t.Context(), func(tx chat.Tx) error {
			return tx.SetSetting(t.Context(), "test", string(rune('a'+i)))
		}); err != nil {
			t.Fatal(err)
		}
		if synced() <= before {
			t.Fatalf("commit %d returned before the disk had it", i+1)
		}
	}
	before := disk.Moments()
	if _, err := s.Setting(t.Context(), "test"); err != nil || disk.Moments() != before {
		t.Errorf("reading waits for the disk: %v", err)
	}
}
