package main

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"confab/app/testkit"
)

// systemd can pass several sockets. The server serves all of them, and in its folder are all
// of their addresses.
func TestTheServerServesAllSocketsOfSystemd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	var files []*os.File
	var addrs []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, l.Addr().String())
		files = append(files, fileOf(t, l.(*net.TCPListener)))
	}
	// Headers of a load balancer are read on all of them.
	said, c := startPassed(t, dir, "inside:outside", files, "--proxy-protocol", "192.0.2.0/24")
	for _, addr := range addrs {
		if !strings.Contains(said, "confab listens on "+addr+"\n") {
			t.Errorf("the server does not say that it listens on %s: %s", addr, said)
		}
		if err := whoami(addr, key); err != nil {
			t.Errorf("on %s: %v", addr, err)
		}
	}
	out, _, _ := confab(t, "", "doctor", "--data", dir)
	if want := "ok     port       this server answers on " + addrs[0] + " and " + addrs[1] + "\n"; !strings.Contains(out, want) {
		t.Errorf("the doctor says:\n%swant: %s", out, want)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("the server ends: %v", err)
	}
	for _, addr := range addrs {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			t.Errorf("after the end of the server, %s is still open", addr)
		}
	}
}

// A socket that is not for TCP has no addresses to limit and to ban.
func TestTheServerTakesOnlyTCPSockets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "confab") // short enough for the address of a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	local, err := net.Listen("unix", filepath.Join(folder, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	said, c := startPassed(t, dir, "inside:outside", []*os.File{fileOf(t, inside.(*net.TCPListener)), fileOf(t, local.(*net.UnixListener))})
	if err := c.Wait(); err == nil {
		t.Error("the server starts")
	}
	if want := "systemd passes the socket outside, which has the address " + local.Addr().String() + " and is not a TCP socket"; !strings.Contains(said, want) {
		t.Errorf("the server says %q, want %q", said, want)
	}
}

// fileOf returns the file of a listener, whose own copy is closed.
func fileOf(t *testing.T, l interface {
	File() (*os.File, error)
	Close() error
}) *os.File {
	t.Helper()
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return f
}

// startPassed starts a server with sockets as systemd passes them. It returns what the server
// says until it is ready, or until it ends.
func startPassed(t *testing.T, dir, names string, sockets []*os.File, flags ...string) (said string, c *exec.Cmd) {
	t.Helper()
	confab := filepath.Join(t.TempDir(), "confab")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, confab); err != nil {
		t.Fatal(err)
	}
	c = exec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" serve --data "$@"`, confab, dir}, flags...)...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir(), "LISTEN_FDS=2", "LISTEN_FDNAMES="+names, "GORACE="+noRaceWait)
	c.ExtraFiles = sockets
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	for _, f := range sockets {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	late := time.AfterFunc(testkit.Patience, func() { _ = c.Process.Kill() }) // ends what it says
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said += lines.Text() + "\n"
		if lines.Text() == "confab: ready" {
			break
		}
	}
	return said, c
}
