//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/cmd/confab/datafolder"
)

// nobody is the number of the user that has no files.
const nobody = 65534

// openTempDir returns a temporary folder that every user can look into, other than that of
// t.TempDir.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "confab")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// asNobody returns a function that runs confab as a user who may not read what has the mode
// 0. root may read everything, so another user runs it for root.
func asNobody(t *testing.T) func(args ...string) (said string, status int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	confab := filepath.Join(openTempDir(t), "confab") // nobody may not look into the folder of the test binary
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	// A program that another test starts meanwhile would have the copy open for a moment, and
	// Linux runs no file that is being written.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	to, err := os.OpenFile(confab, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil {
		t.Fatal(err)
	}
	home := openTempDir(t)
	return func(args ...string) (string, int) {
		t.Helper()
		var said bytes.Buffer
		c := exec.CommandContext(t.Context(), confab, args...)
		c.Env, c.Dir, c.Stdout, c.Stderr = []string{"HOME=" + home, "GORACE=" + noRaceWait}, home, &said, &said
		if os.Geteuid() == 0 {
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
		if err := c.Run(); c.ProcessState == nil {
			t.Fatalf("confab does not run: %v", err)
		}
		return said.String(), c.ProcessState.ExitCode()
	}
}

// A user who may not read a part of the data folder learns that, and not that the part is
// damaged. All parts here are whole.
func TestTheDoctorTellsPermissionsFromDamage(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openTempDir(t), "data")
	s := startServer(t, dir)
	c := s.ssh(options{keys: []gossh.Signer{enrol(t, dir, "ann")}, noPTY: true, exec: "scp -t '#general'"})
	c.press("C0644 5 note.txt\n", "hello\x00")
	_ = c.in.Close()
	if status := c.status(); status != 0 {
		t.Fatalf("scp: status %d", status)
	}
	s.stop()
	contents, err := filepath.Glob(filepath.Join(dir, datafolder.FilesFolder, "*", "*"))
	if err != nil || len(contents) != 1 {
		t.Fatalf("the contents are %v, %v", contents, err)
	}
	opened := func(path string) { // for everybody
		t.Helper()
		err := filepath.WalkDir(path, func(path string, e os.DirEntry, err error) error {
			if err == nil && e.IsDir() {
				return os.Chmod(path, 0o755)
			}
			return errors.Join(err, os.Chmod(path, 0o644))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { opened(dir) }) // or it could not be deleted
	doctor := asNobody(t)
	for _, test := range []struct {
		hidden string // from the user
		says   string
	}{
		{dir, "confab: this user may not read " + dir + ": run the command as the user that runs the server"},
		{filepath.Join(dir, datafolder.DatabaseFile), "confab: this user may not read " + dir + ": run the command as the user that runs the server"},
		{filepath.Join(dir, datafolder.HostKeyFile), "WRONG  host key   this user may not read " + filepath.Join(dir, datafolder.HostKeyFile) + ", so it was not checked"},
		{filepath.Join(dir, datafolder.FilesFolder), "confab: this user may not read " + dir + ": run the command as the user that runs the server"},
		{contents[0], "WRONG  files      this user may not read " + contents[0] + ", so it was not checked"},
	} {
		opened(dir)
		if err := os.Chmod(test.hidden, 0); err != nil {
			t.Fatal(err)
		}
		said, status := doctor("doctor", "--deep", "--data", dir, "--listen", "127.0.0.1:0")
		if status != exitRefused || !strings.Contains(said, test.says) || strings.Contains(said, "damaged:") || strings.Contains(said, "missing") {
			t.Errorf("without permission for %s, the doctor says, with status %d:\n%s\nwant: %s", test.hidden, status, said, test.says)
		}
		if err := os.Chmod(test.hidden, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// Loose permissions are a warning. The host key with them cannot be used.
	opened(dir)
	if err := os.Chmod(filepath.Join(dir, datafolder.HostKeyFile), 0o600); err != nil {
		t.Fatal(err)
	}
	said, _, status := confab(t, "", "doctor", "--data", dir, "--listen", "127.0.0.1:0")
	if want := "warn   data       other users can read " + dir + ": fix it with chmod go= " + dir + "\n"; status != exitDone || !strings.Contains(said, want) {
		t.Errorf("of loose permissions, the doctor says, with status %d:\n%s\nwant: %s", status, said, want)
	}
}

// The doctor can check a folder that it may not write to, such as a snapshot of a disk: after a
// stop, after a kill, and a copy without the index of the log. It changes nothing there.
func TestTheDoctorOfAFolderThatIsReadOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openTempDir(t), "data")
	s := startServer(t, dir)
	enrol(t, dir, "ann")
	s.kill()
	doctor := asNobody(t)
	shm := filepath.Join(dir, datafolder.DatabaseFile+"-shm")
	check := func(what string) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if err := os.Chmod(path, 0o555); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.Chmod(dir, 0o755) }()
		before := names(t, dir)
		said, _ := doctor("doctor", "--data", dir, "--listen", "127.0.0.1:0")
		for _, want := range []string{"this user cannot write here", "ok     schema ", "ok     database   undamaged\n", "ok     files "} {
			if !strings.Contains(said, want) {
				t.Errorf("%s, the doctor does not say %q:\n%s", what, want, said)
			}
		}
		if after := names(t, dir); after != before {
			t.Errorf("%s, the doctor leaves %s, and before there were %s", what, after, before)
		}
	}
	check("after a kill")
	if err := os.Remove(shm); err != nil {
		t.Fatal(err)
	}
	check("without the index of the log")
}

// names lists the files in a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return strings.Join(found, " ")
}
