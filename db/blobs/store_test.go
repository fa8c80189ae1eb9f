package blobs_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"confab/app/chat"
	"confab/db/blobs"
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

// receive receives a content in two parts, the second one first.
func receive(t *testing.T, s *blobs.Store, content string) (chat.Blob, chat.Sum) {
	t.Helper()
	b, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	half := len(content) / 2
	_, err1 := b.WriteAt([]byte(content[half:]), int64(half))
	_, err2 := b.WriteAt([]byte(content[:half]), 0)
	sum, size, err3 := b.Seal()
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if size != int64(len(content)) || sum != sha256.Sum256([]byte(content)) {
		t.Fatalf("%q has %d bytes and the hash %s", content, size, sum)
	}
	return b, sum
}

// tree is what a folder holds.
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

func TestAContentIsKeptOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	s := open(t, dir)
	for range 2 {
		b, sum := receive(t, s, "hello, files")
		if err := errors.Join(s.Keep(b, sum), b.Discard(), b.Discard()); err != nil {
			t.Fatal(err)
		}
		digits := sum.String()
		if got := tree(t, dir); len(got) != 1 || got[0] != digits[:2]+"/"+digits[2:] {
			t.Fatalf("there are %q", got)
		}
		content, err := s.Open(sum)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.NewSectionReader(content, 0, 100))
		if err := errors.Join(err, content.Close()); err != nil || string(got) != "hello, files" {
			t.Errorf("it has %q, %v", got, err)
		}
	}
	sum := chat.Sum(sha256.Sum256([]byte("hello, files")))
	if err := errors.Join(s.Remove(sum), s.Remove(sum)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(sum); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening what was removed: %v", err)
	}
}

func TestWhatIsDiscardedLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	open, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := receive(t, s, "x")
	empty, _ := receive(t, s, "")
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
	var needed chat.Sum
	for _, content := range []string{"needed", "not needed"} {
		b, sum := receive(t, s, content)
		if err := errors.Join(s.Keep(b, sum), b.Discard()); err != nil {
			t.Fatal(err)
		}
		if content == "needed" {
			needed = sum
		}
	}
	if _, err := s.Create(); err != nil { // and the process is killed
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

// What is written after a content was hashed does not get into it, and a content
// that has changed on the disk is replaced when the right one comes again, although
// it has the same size.
func TestAContentIsWhatItsNameSays(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	b, sum := receive(t, s, "genuine")
	if _, err := b.WriteAt([]byte("forged!"), 0); err == nil {
		t.Error("it takes more after it was hashed")
	}
	if err := errors.Join(s.Keep(b, sum), b.Discard()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, filepath.FromSlash(blobs.Path(sum)))
	if err := os.WriteFile(path, []byte("forged!"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, sum = receive(t, s, "genuine")
	if err := errors.Join(s.Keep(b, sum), b.Discard()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); string(got) != "genuine" || err != nil {
		t.Errorf("under its name there is %q, %v", got, err)
	}
}

// A link in the folder leads nowhere.
func TestNoPathLeavesTheFolder(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	s := open(t, dir)
	b, sum := receive(t, s, "content")
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
