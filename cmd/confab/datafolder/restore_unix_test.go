//go:build !windows

package datafolder

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"confab/app/service"
	"confab/cmd/confab/console"
)

// root restores into the folder of the user that runs the server. Everything there then
// belongs to that user, so that the server starts.
func TestARestoreTakesTheOwnerOfItsFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	from, to, file := t.TempDir(), t.TempDir(), console.Path(filepath.Join(t.TempDir(), "b.tar"))
	_, closeAll, err := OpenDatabase(t.Context(), from, service.Options{})
	if err == nil {
		err = closeAll()
	}
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	out := console.Streams{In: strings.NewReader(""), Out: &said, Err: &said}
	if err := (&writeCmd{Flag: Flag{Data: console.Path(from)}, File: file}).Run(t.Context(), out); err != nil {
		t.Fatal(err, said.String())
	}
	const somebody, group = 12345, 23456
	if err := os.Chown(to, somebody, group); err != nil {
		t.Fatal(err)
	}
	if err := (&RestoreCmd{Flag: Flag{Data: console.Path(to)}, File: file}).Run(t.Context(), out); err != nil {
		t.Fatal(err, said.String())
	}
	seen := 0
	err = filepath.WalkDir(to, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		seen++
		if s := info.Sys().(*syscall.Stat_t); s.Uid != somebody || s.Gid != group {
			t.Errorf("%s belongs to %d:%d, want %d:%d", path, s.Uid, s.Gid, somebody, group)
		}
		return nil
	})
	if err != nil || seen < 4 {
		t.Errorf("the restored folder has %d files, %v", seen, err)
	}
}
