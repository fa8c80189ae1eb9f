package files_test

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"confab/app/testkit"
)

// posted returns the names of the files in #general that others see.
func (h *host) posted(of account) []string {
	h.t.Helper()
	s := h.session(of)
	l, err := s.Groups().Find(testkit.AtOnce(h.t), "#general")
	if err != nil {
		h.t.Fatal(err)
	}
	list, err := s.Files().List(testkit.AtOnce(h.t), l.ID, 0, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	found := make([]string, len(list))
	for i, f := range list {
		found[i] = f.Name
	}
	slices.Sort(found)
	return found
}

// The file is sent as sshfs and rclone do.
func TestWhatIsSentCanBeAskedFor(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	conn, c := h.sftpOn(ann)
	if err := put(c, "general/a", "an older one"); err != nil {
		t.Fatal(err)
	}
	older, err := c.Open("general/a")
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Create("general/a")
	if err != nil {
		t.Fatal(err)
	}
	size := func(of string, info os.FileInfo, err error, want int64) {
		t.Helper()
		if err != nil || info.Size() != want || info.IsDir() {
			t.Errorf("%s is %+v, %v; want a size of %d", of, info, err, want)
		}
	}
	for want, part := range []string{"1", "2"} {
		info, err := f.Stat()
		size("the handle", info, err, int64(want))
		info, err = c.Stat("#general/a")
		size("the name", info, err, int64(want))
		info, err = c.Lstat("/general/a")
		size("the link", info, err, int64(want))
		if _, err := io.WriteString(f, part); err != nil {
			t.Fatal(err)
		}
	}
	info, err := older.Stat()
	size("the older one's handle", info, err, 12)
	attributes := func() error {
		return errors.Join(c.Chmod("general/a", 0o600), c.Chtimes("general/a", time.Now(), time.Now()), c.Truncate("general/a", 2))
	}
	if err := errors.Join(f.Chmod(0o600), attributes(), f.Close(), attributes()); err != nil {
		t.Error(err)
	}
	info, err = c.Stat("general/a")
	size("the name", info, err, 2)
	if err := c.Truncate("general/a", 1); err == nil {
		t.Error("what was posted is cut off")
	}
	// The file was posted under another name than the one that the client gave it.
	if err := put(c, "general/report~17", "content"); err != nil {
		t.Fatal(err)
	}
	info, err = c.Stat("general/report~17")
	size("what was sent under another name", info, err, 7)
	if want := "report~17 was posted as report-17.\n"; !strings.HasSuffix(conn.said(), want) {
		t.Errorf("the client is told %q, want %q at the end", conn.said(), want)
	}
	if got := h.posted(ann); !slices.Equal(got, []string{"a", "a", "report-17"}) {
		t.Errorf("there are %q", got)
	}
	space, err := c.StatVFS("/")
	if err != nil || space.TotalSpace() != 10*maxFile/1024*1024 || space.FreeSpace() != (10*maxFile-21)/1024*1024 {
		t.Errorf("the room is %+v, %v", space, err)
	}
	for _, extension := range []string{"posix-rename@openssh.com", "hardlink@openssh.com"} {
		if _, ok := c.HasExtension(extension); ok {
			t.Errorf("%s is announced", extension)
		}
	}
	if _, ok := c.HasExtension("statvfs@openssh.com"); !ok {
		t.Error("statvfs is not announced")
	}
}

func TestTemporaryNamesAreHeldBack(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	c := h.sftp(ann)
	rename := map[string]func(from, to string) error{"rename": c.Rename, "posix": c.PosixRename}
	for i, name := range []string{"a.filepart", "b.part", "c.1a2b3c4d.partial", "d.tmp", ".in.e", "f.TMP"} {
		path := "general/" + name
		if err := put(c, path, name); err != nil {
			t.Fatal(err)
		}
		if got := h.posted(ann); len(got) != i {
			t.Errorf("%q is posted: %q", name, got)
		}
		if info, err := c.Stat(path); err != nil || info.Size() != int64(len(name)) {
			t.Errorf("%q is %+v, %v", name, info, err)
		}
		how := rename[[]string{"rename", "posix"}[i%2]]
		if err := how(path, "general/"+string(rune('a'+i))); err != nil {
			t.Errorf("renaming %q: %v", name, err)
		}
		if got := h.posted(ann); len(got) != i+1 {
			t.Errorf("%q is not posted: %q", name, got)
		}
	}
	want := []string{"a", "b", "c", "d", "e", "f"}
	if got := h.posted(ann); !slices.Equal(got, want) {
		t.Errorf("there are %q", got)
	}
	// Files can be renamed while they are written, and removed before or after they are complete.
	f, err := c.Create("general/g.part")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "g"); err != nil {
		t.Fatal(err)
	}
	gone, err := c.Create("general/gone")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Rename("general/g.part", "general/g"), f.Close(), put(c, "general/gone.part", "x"), c.Remove("general/gone.part"),
		c.Remove("general/gone"), gone.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Stat("general/gone"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was taken back is there: %v", err)
	}
	if err := c.Rename("general/a", "general/z"); err == nil {
		t.Error("what was posted is renamed")
	}
	// At the end, a held file is posted under its temporary name, even if it was sent twice.
	if err := errors.Join(put(c, "general/h.tmp", "x"), put(c, "general/h.tmp", "whole"), c.Close()); err != nil {
		t.Fatal(err)
	}
	want = append(want, "g", "h.tmp")
	h.until("the end of the session", func() bool { return slices.Equal(h.posted(ann), want) })
	if got, err := get(h.sftp(ann), "general/h.tmp"); got != "whole" || err != nil {
		t.Errorf("it is %q, %v", got, err)
	}
	h.keeps(8)
}

// A file that ends with a whole block may have been interrupted.
func TestATorsoCanBeTakenBack(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	c := h.sftp(ann)
	block := strings.Repeat("x", 32<<10)
	if err := errors.Join(put(c, "general/a", block), c.Remove("general/a")); err != nil {
		t.Fatal(err)
	}
	h.keeps(0)
	// The client sends the whole file again.
	if err := errors.Join(put(c, "general/a", block), put(c, "general/a", block+"y")); err != nil {
		t.Fatal(err)
	}
	if got := h.posted(ann); !slices.Equal(got, []string{"a"}) {
		t.Errorf("there are %q", got)
	}
	// A complete file is posted when its client goes on to another file, after a moment, or
	// at the end.
	if err := errors.Join(put(c, "general/b", block), put(c, "general/c", "c")); err != nil {
		t.Fatal(err)
	}
	if got := h.posted(ann); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("there are %q", got)
	}
	if err := put(c, "general/d", block); err != nil {
		t.Fatal(err)
	}
	h.until("the moment to pass", func() bool { return len(h.posted(ann)) == 4 })
	if err := c.Remove("general/d"); err == nil {
		t.Error("what was posted is removed")
	}
	if err := errors.Join(put(c, "general/e", block), c.Close()); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the session", func() bool { return len(h.posted(ann)) == 5 })
}

// After an error, nothing of a file is posted, whatever the client sends afterwards.
func TestAfterAnErrorNothingIsPosted(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	c := h.sftp(ann)
	for name, spoil := range map[string]func(f *sftp.File) error{
		"truncate":  func(f *sftp.File) error { return f.Truncate(2) },
		"seek back": func(f *sftp.File) error { _, err := f.WriteAt([]byte("x"), 1); return err },
		"too large": func(f *sftp.File) error { return f.Truncate(maxFile + 1) },
		"too far":   func(f *sftp.File) error { _, err := f.WriteAt([]byte("x"), maxFile); return err },
	} {
		f, err := c.Create("general/x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "content"); err != nil {
			t.Fatal(err)
		}
		if err := spoil(f); err == nil {
			t.Errorf("%s is no error", name)
		}
		if err := f.Close(); err == nil {
			t.Errorf("after %s it is posted", name)
		}
	}
	f, err := c.Create("general/x")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(10); err != nil {
		t.Errorf("announcing a size: %v", err)
	}
	if _, err := io.WriteString(f, "content"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "Only 7 B of 10 B arrived") {
		t.Errorf("a part of what was announced: %v", err)
	}
	if got := h.posted(ann); len(got) != 0 {
		t.Errorf("there are %q", got)
	}
	h.keeps(0)
}
