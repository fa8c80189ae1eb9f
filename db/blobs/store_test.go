package blobs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"confab/app/chat"
	"confab/db/blobs"
	"confab/db/storetest"
)

func open(t *testing.T, dir string) *blobs.Store {
	t.Helper()
	s, err := blobs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Package storetest is the contract of every such store.
func TestContract(t *testing.T) {
	storetest.RunBlobs(t, func(t *testing.T) chat.Blobs { return open(t, filepath.Join(t.TempDir(), "files")) })
}

// tree lists the contents of a folder.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %o", p, info.Mode())
		}
		rel, _ := filepath.Rel(dir, p)
		found = append(found, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAContentIsOneFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	s := open(t, dir)
	for range 2 {
		digits := storetest.Keep(t, s, "hello, files").String()
		if got := tree(t, dir); len(got) != 1 || got[0] != digits[:2]+"/"+digits[2:] {
			t.Fatalf("there are %q", got)
		}
	}
}

func TestWhatIsDiscardedLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	open, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := storetest.Receive(t, s, "x")
	empty, _ := storetest.Receive(t, s, "")
	if err := errors.Join(open.Discard(), open.Discard(), sealed.Discard(), empty.Discard()); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 0 {
		t.Errorf("there are %q", got)
	}
}

func TestSweepLeavesWhatIsNeeded(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	needed := storetest.Keep(t, s, "needed")
	storetest.Keep(t, s, "not needed")
	if _, err := s.Create(); err != nil { // the process is killed
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "README"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if err := errors.Join(s.Clear(), s.Each(func(sum chat.Sum) error {
		if sum == needed {
			return nil
		}
		return s.Remove(sum)
	})); err != nil {
		t.Fatal(err)
	}
	digits := needed.String()
	want := []string{digits[:2] + "/" + digits[2:], "README"}
	got := tree(t, dir)
	if len(got) != 2 || !strings.Contains(strings.Join(got, " "), want[0]) || !strings.Contains(strings.Join(got, " "), want[1]) {
		t.Errorf("there are %q, want %q", got, want)
	}
	if err := s.Each(func(chat.Sum) error { return fs.ErrClosed }); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a sweep that cannot ask: %v", err)
	}
	if got := tree(t, dir); len(got) != 2 {
		t.Errorf("there are %q after a sweep that could not ask", got)
	}
}

// If a content on the disk has changed, it is replaced when the right one arrives
// again, even if the two have the same size.
func TestAContentIsWhatItsNameSays(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	path := filepath.Join(dir, filepath.FromSlash(blobs.Path(storetest.Keep(t, s, "genuine"))))
	if err := os.WriteFile(path, []byte("forged!"), 0o600); err != nil {
		t.Fatal(err)
	}
	storetest.Keep(t, s, "genuine")
	if got, err := os.ReadFile(path); string(got) != "genuine" || err != nil {
		t.Errorf("under its name there is %q, %v", got, err)
	}
}

// A link in the folder leads nowhere.
func TestNoPathLeavesTheFolder(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	s := open(t, dir)
	b, sum := storetest.Receive(t, s, "content")
	if err := os.Symlink(outside, filepath.Join(dir, sum.String()[:2])); err != nil {
		t.Skip(err)
	}
	if err := s.Keep(b, sum); err == nil {
		t.Error("it is kept")
	}
	if err := b.Discard(); err != nil {
		t.Error(err)
	}
	if got := tree(t, outside); len(got) != 0 {
		t.Errorf("outside there are %q", got)
	}
}
