package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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

// served is the script command "served DIR": from here to the end of the
// script a server runs on a data folder.
func served(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: served DIR")
	}
	server := exec.Command("confab", "serve", "--data", ts.MkAbs(args[0]), "--listen", "127.0.0.1:0")
	server.Env = []string{"HOME=" + ts.Getenv("HOME"), "GORACE=" + noRaceWait, "CONFAB_TRUSTED_CA=" + ts.Getenv("CONFAB_TRUSTED_CA")}
	out, err := server.StdoutPipe()
	ts.Check(err)
	ts.Check(server.Start())
	ts.Defer(func() {
		_ = server.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		_ = server.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "confab: ready" {
			return
		}
	}
	ts.Fatalf("the server ends before it is ready")
}
