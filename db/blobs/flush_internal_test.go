package blobs

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// A content is flushed before it gets the name of its hash. The folder is flushed
// after that, and so is the folder above if the folder is new. So whenever the
// power fails, a file with a hash as its name has all of its content.
func TestAContentIsFlushedBeforeItIsKept(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var done []string
	kept := ""
	s.flush = func(f *os.File) error {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		switch _, missing := s.root.Lstat(kept); {
		case !info.IsDir() && info.Size() == int64(len("content")):
			done = append(done, "the content")
		case info.IsDir() && missing != nil:
			done = append(done, "the folder above")
		case info.IsDir():
			done = append(done, "the folder of "+filepath.Base(f.Name()))
		}
		return f.Sync()
	}
	b, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.WriteAt([]byte("content"), 0); err != nil {
		t.Fatal(err)
	}
	sum, _, err := b.Seal()
	if err != nil {
		t.Fatal(err)
	}
	var folder string
	folder, kept = location(sum)
	if err := s.Keep(b, sum); err != nil {
		t.Fatal(err)
	}
	want := []string{"the content", "the folder above", "the folder of " + folder}
	if runtime.GOOS == "windows" {
		want = want[:1]
	}
	if !slices.Equal(done, want) {
		t.Errorf("it flushes %q, want %q", done, want)
	}
}
