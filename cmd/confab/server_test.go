package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"confab/app/testkit"
	"confab/cmd/confab/console"
)

// TestMain lets the test binary act as confab: in scripts, and as the server
// process of the end-to-end tests.
func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"confab": main, "confab-on-machine": confabOnMachine})
}

type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	// Most of these tests wait for a second to pass on a screen, and not for a
	// processor.
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		if err := parallel.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	status := m.M.Run()
	if status != 0 {
		return status
	}
	if err := testkit.Leaks(); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// server is a confab process.
type server struct {
	t      testing.TB
	dir    string // the data folder
	addr   string // host:port
	said   string // its output until it was ready
	exited chan error
	cmd    *exec.Cmd
	log    testkit.Log
}

// startServer runs "confab serve" on a data folder and a free loopback port,
// and waits until it is ready. Its home is empty.
func startServer(t testing.TB, dir string, args ...string) *server {
	t.Helper()
	return startServerAt(t, t.TempDir(), dir, args...)
}

// startServerAt is startServer with a home folder.
func startServerAt(t testing.TB, home, dir string, args ...string) *server {
	t.Helper()
	s := &server{t: t, dir: dir, exited: make(chan error, 1)}
	confab := filepath.Join(t.TempDir(), "confab")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, confab); err != nil {
		t.Fatal(err)
	}
	// Tests type faster than people, and a busy machine ends sessions slowly. Tests of the
	// limits set their own.
	unlimited := []string{"--max-messages=0", "--max-bytes=0", "--ending-time=1m"}
	s.cmd = exec.Command(confab, slices.Concat([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, unlimited, args)...)
	s.cmd.Env = append(os.Environ(), "HOME="+home, "TZ=UTC", "GORACE="+noRaceWait)
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		for _, bad := range []string{"DATA RACE", "panic"} {
			if strings.Contains(s.log.String(), bad) {
				t.Errorf("the server's log tells of a %s", bad)
			}
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log.String())
		}
	})
	ready := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			line := lines.Text()
			if addr, ok := strings.CutPrefix(line, "confab listens on "); ok {
				s.addr = addr
			}
			if line == "confab: ready" {
				close(ready)
				continue
			}
			s.said += line + "\n"
		}
		s.exited <- s.cmd.Wait()
	}()
	select {
	case <-ready:
	case err := <-s.exited:
		s.exited <- err
		t.Fatalf("the server ended before it was ready: %v\n%s", err, s.log.String())
	case <-time.After(testkit.Patience):
		t.Fatal("the server is not ready in time")
	}
	return s
}

// logs waits until the log has a text. A server's log lines may come a little later than
// the effects that its clients see.
func (s *server) logs(text string) {
	s.t.Helper()
	if !testkit.Soon(func() bool { return strings.Contains(s.log.String(), text) }) {
		s.t.Errorf("the log has no %s:\n%s", text, s.log.String())
	}
}

// kill is kill -9. A server that has already ended is not an error.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	s.exited <- <-s.exited
}

// stop sends SIGTERM and returns the exit status.
func (s *server) stop() int {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	return s.exitStatus()
}

func (s *server) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// exitStatus waits for the end.
func (s *server) exitStatus() int {
	s.t.Helper()
	select {
	case err := <-s.exited:
		s.exited <- err
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(testkit.Patience):
		s.t.Fatal("the server does not stop")
		return -1
	}
}

// confab runs another command on a data folder, in this process.
func confab(t testing.TB, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	defer cancel()
	var out, err bytes.Buffer
	status = run(ctx, args, console.Streams{In: strings.NewReader(stdin), Out: &out, Err: &err})
	return out.String(), err.String(), status
}
