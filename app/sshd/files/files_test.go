package files_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"confab/app/testkit"
)

// contents returns the names of the contents that the server keeps or receives.
func (h *host) contents() []string {
	h.t.Helper()
	var found []string
	err := filepath.WalkDir(filepath.Join(h.dir, "files"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, d.Name())
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return found
}

// keeps waits until the server keeps so many contents, and receives none.
func (h *host) keeps(n int) {
	h.t.Helper()
	h.until("contents of the right number", func() bool {
		found := h.contents()
		return len(found) == n && !slices.ContainsFunc(found, receiving)
	})
}

func receiving(name string) bool { return strings.HasPrefix(name, "incoming-") }

func (h *host) until(what string, ok func() bool) {
	h.t.Helper()
	if !testkit.Soon(ok) {
		h.t.Fatalf("waited in vain for %s; there are %q", what, h.contents())
	}
}

func put(c *sftp.Client, path, content string) error {
	f, err := c.Create(path)
	if err != nil {
		return err
	}
	_, err = f.ReadFrom(strings.NewReader(content))
	return errors.Join(err, f.Close())
}

func get(c *sftp.Client, path string) (string, error) {
	f, err := c.Open(path)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	_, err = f.WriteTo(&b)
	return b.String(), errors.Join(err, f.Close())
}

func names(t *testing.T, c *sftp.Client, path string) []string {
	t.Helper()
	list, err := c.ReadDir(path)
	if err != nil {
		t.Fatalf("listing %s: %v", path, err)
	}
	found := make([]string, len(list))
	for i, f := range list {
		found[i] = f.Name()
	}
	slices.Sort(found)
	return found
}

// However a path is written, it stands for a file of a conversation or for nothing.
func TestNoPathLeavesItsFolder(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann, bob := h.member("ann"), h.member("bob")
	if _, err := h.session(bob).Groups().NewGroup(testkit.AtOnce(t), "private", false, nil); err != nil {
		t.Fatal(err)
	}
	b := h.sftp(bob)
	if err := put(b, "#private/secret", "secret"); err != nil {
		t.Fatal(err)
	}
	c := h.sftp(ann)
	if err := put(c, "#general/mine", "mine"); err != nil {
		t.Fatal(err)
	}
	sum := h.contents()
	for _, path := range []string{
		"/etc/passwd", "../../../../etc/passwd", "#general/../../etc/passwd", "#general/../#private/secret", "#private/secret",
		"#general/../../confab.db", "#general/../confab.db", "confab.db", "files/" + sum[0], "#general/" + sum[0], "#general/mine/x",
		"#general/mine/../../#private/secret", "#general\x00/mine", "@1:2/secret", "#@1:2/x", "/#private/~1", "//#private//secret",
		"#general/..", "#general/.", "", ".", "..", "/", "~/x", "#general/~99", "\\..\\..\\etc\\passwd", "#general\\mine",
	} {
		if got, err := get(c, path); err == nil {
			t.Errorf("%q can be read: %q", path, got)
		}
		if _, err := c.ReadLink(path); err == nil {
			t.Errorf("%q is a link", path)
		}
		before := len(h.contents())
		if err := put(c, path, "planted "+path); err == nil {
			// The path may be a cleaned name in the folder.
			if !strings.HasPrefix(path, "#general/") || strings.Contains(path, "..") || len(h.contents()) != before+1 {
				t.Errorf("%q can be written", path)
			}
		}
	}
	for _, path := range []string{"#general/a/b", "#private", "#private/x", "#nope/x", "/x", "/@nobody/x"} {
		if err := put(c, path, "x"); err == nil {
			t.Errorf("%q can be written", path)
		}
	}
	if got := names(t, c, "/"); !slices.Equal(got, []string{"general"}) {
		t.Errorf("ann sees %q", got)
	}
	for _, path := range []string{"#private", "/#private/", "#general/../#private", "/..//etc", "#general/mine", "@bob/x"} {
		if list, err := c.ReadDir(path); err == nil {
			t.Errorf("%q can be listed: %v", path, list)
		}
	}
	for _, name := range names(t, c, "#general") {
		if strings.ContainsAny(name, "/\\\x00") || strings.HasPrefix(name, ".") {
			t.Errorf("there is a file %q", name)
		}
	}
	if list, err := os.ReadDir(h.dir); err != nil || len(list) > 4 { // the database's three and the folder of files
		t.Errorf("the server's folder has %v, %v", list, err)
	}
}

func TestNothingCanBeChanged(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	c := h.sftp(ann)
	if err := put(c, "#general/a", "content"); err != nil {
		t.Fatal(err)
	}
	c = h.sftp(ann) // a new client, because one can change files that it has sent itself
	for name, err := range map[string]error{
		"rename":       c.Rename("#general/a", "#general/b"),
		"posix rename": c.PosixRename("#general/a", "#general/b"),
		"remove":       c.Remove("#general/a"),
		"rmdir":        c.RemoveDirectory("#general"),
		"mkdir":        c.Mkdir("#new"),
		"symlink":      c.Symlink("/etc/passwd", "#general/b"),
		"link":         c.Link("#general/a", "#general/b"),
		"chmod":        c.Chmod("#general/a", 0o777),
		"chown":        c.Chown("#general/a", 1, 1),
		"chtimes":      c.Chtimes("#general/a", time.Now(), time.Now()),
		"truncate":     c.Truncate("#general/a", 0),
	} {
		if err == nil || !strings.Contains(err.Error(), "here") && !errors.Is(err, os.ErrPermission) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for flags, text := range map[int]string{
		os.O_WRONLY:                                      "A posted file cannot be changed or continued. Send the whole file.",
		os.O_RDWR:                                        "A posted file cannot be changed or continued. Send the whole file.",
		os.O_WRONLY | os.O_TRUNC:                         "A posted file cannot be changed or continued. Send the whole file.",
		os.O_WRONLY | os.O_APPEND:                        "A posted file cannot be changed or continued. Send the whole file.",
		os.O_WRONLY | os.O_CREATE | os.O_APPEND:          "An upload cannot be continued. Send the whole file.",
		os.O_WRONLY | os.O_CREATE | os.O_EXCL:            "A file with this name is here already.",
		os.O_RDWR | os.O_CREATE | os.O_EXCL | os.O_TRUNC: "A file with this name is here already.",
	} {
		if _, err := c.OpenFile("#general/a", flags); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("opening it with %x: %v", flags, err)
		}
	}
	// The client tries to continue a file that it believes to be there, and to set its times.
	for _, content := range []string{"", "cont", "more content"} {
		f, err := c.OpenFile("#general/a", os.O_WRONLY|os.O_CREATE)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err == nil || !strings.Contains(err.Error(), "A posted file cannot be changed or continued.") {
			t.Errorf("continuing: %v", err)
		}
	}
	if got, err := get(c, "#general/a"); got != "content" || err != nil {
		t.Errorf("it is %q now, %v", got, err)
	}
	if got := names(t, c, "#general"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("there are %q", got)
	}
	h.keeps(1)
}

func TestListingsHaveEverything(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	h.member("bob")
	c := h.sftp(ann)
	for range 120 { // more than a page
		if err := put(c, "general/same", "x"); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, c, "#general"); len(got) != 120 || got[0] != "same" || got[1] != "same~1" {
		t.Errorf("there are %d: %q…", len(got), got[:2])
	}
	// A direct conversation begins with its first file.
	if got := names(t, c, "@bob"); len(got) != 0 {
		t.Errorf("there are %q", got)
	}
	if got := names(t, c, "/"); !slices.Equal(got, []string{"general"}) {
		t.Errorf("there are %q", got)
	}
	if err := put(c, "@Bob/y", "y"); err != nil {
		t.Fatal(err)
	}
	if got := names(t, c, "/"); !slices.Equal(got, []string{"@bob", "general"}) {
		t.Errorf("there are %q", got)
	}
	info, err := c.Stat("@bob/y")
	if err != nil || info.Size() != 1 || info.IsDir() || time.Since(info.ModTime()) > time.Hour {
		t.Errorf("it is %+v, %v", info, err)
	}
}

func TestTooLargeIsRefusedWhileItComes(t *testing.T) {
	t.Parallel()
	h := serve(t)
	c := h.sftp(h.member("ann"))
	if err := put(c, "#general/most", strings.Repeat("x", maxFile)); err != nil {
		t.Error(err)
	}
	f, err := c.Create("#general/more")
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.ReadFrom(endless{})
	if err == nil || !strings.Contains(err.Error(), "The file is too large: the limit is 97.7 KiB.") {
		t.Errorf("%d bytes are taken: %v", n, err)
	}
	if err := f.Close(); err == nil {
		t.Error("it is posted")
	}
	h.keeps(1)
	// The number of open files is bounded too.
	var opened int
	for range 200 {
		if _, err = c.Open("#general/most"); err != nil {
			break
		}
		opened++
	}
	if opened > 64 || err == nil {
		t.Errorf("%d files are open, %v", opened, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestACutConnectionLeavesNothing(t *testing.T) {
	t.Parallel()
	h := serve(t)
	ann := h.member("ann")
	receives := func() {
		t.Helper()
		h.until("a file to come", func() bool { return slices.ContainsFunc(h.contents(), receiving) })
	}
	part := strings.Repeat("x", maxFile/2)

	conn, c := h.sftpOn(ann)
	f, err := c.Create("#general/cut")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, part); err != nil {
		t.Fatal(err)
	}
	receives()
	conn.cut()
	h.keeps(0)

	// Only the channel ends, with the client's end of file.
	c = h.sftp(ann)
	if f, err = c.Create("#general/cut"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, part); err != nil {
		t.Fatal(err)
	}
	receives()
	_ = c.Close()
	h.keeps(0)

	for _, cut := range []string{"", part, strings.Repeat("x", maxFile)} { // without the byte that ends a file
		s := h.scp(ann, "scp -t '#general'")
		s.expect("\x00")
		s.send("C0644 100000 cut\n")
		s.expect("\x00")
		s.send(cut)
		if cut != "" { // nothing is open before the first byte arrives
			receives()
		}
		_ = s.in.Close()
		if status := s.status(t); status != 1 {
			t.Errorf("a file that is cut short ends with %d", status)
		}
		h.keeps(0)
	}

	// The server stops while a file arrives.
	s := h.scp(ann, "scp -t '#general'")
	s.expect("\x00")
	s.send("C0644 100000 cut\n")
	s.expect("\x00")
	s.send("x")
	receives()
	if _, err := h.service.Accounts().RevokeKey(testkit.AtOnce(t), string(ann)); err != nil {
		t.Fatal(err)
	}
}
