package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// noRaceWait keeps the race detector from waiting for a second at the end of
// each process.
const noRaceWait = "atexit_sleep_ms=0"

// TestScripts runs the command line as people and their scripts do.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("GORACE", noRaceWait)
			return os.MkdirAll(home, 0o700)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"served": served},
	})
}

// served is the script command "served DIR [FLAG…]": from here to the end of
// the script a server runs on a data folder. The stock ssh and its like find it
// as "host" with -F $SSH_CONFIG, and only get in with the key that -i names.
func served(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: served DIR [FLAG...]")
	}
	server := exec.Command("confab", append([]string{"serve", "--data", ts.MkAbs(args[0]), "--listen", "127.0.0.1:0"}, args[1:]...)...)
	server.Env = []string{"HOME=" + ts.Getenv("HOME"), "GORACE=" + noRaceWait}
	out, err := server.StdoutPipe()
	ts.Check(err)
	ts.Check(server.Start())
	ts.Defer(func() {
		_ = server.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		_ = server.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if addr, ok := strings.CutPrefix(lines.Text(), "confab listens on "); ok {
			ts.Check(writeSSHConfig(ts, addr))
		}
		if lines.Text() == "confab: ready" {
			return
		}
	}
	ts.Fatalf("the server ends before it is ready")
}

// writeSSHConfig makes $SSH_CONFIG.
func writeSSHConfig(ts *testscript.TestScript, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	file := ts.MkAbs("ssh_config")
	ts.Setenv("SSH_CONFIG", file)
	return os.WriteFile(file, []byte(fmt.Sprintf(`Host host
  HostName %s
  Port %s
  User nobody
  BatchMode yes
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
`, host, port)), 0o600)
}
