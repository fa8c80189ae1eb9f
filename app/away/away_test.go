//go:build unix

package away

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tell")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// The program gets one line, whatever it contains, and no arguments.
func TestTell(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r := New(slog.New(slog.DiscardHandler))
	r.Use(script(t, `{ echo "$#"; cat; } > '`+out+`'`))
	r.Tell(t.Context(), Notice{V: 1, Type: "message", To: "bob", Text: "$(id)\n'\"; x"})
	r.Wait()
	got, err := os.ReadFile(out)
	if want := `"to":"bob"`; err != nil || !strings.HasPrefix(string(got), "0\n{") || !strings.Contains(string(got), want) || strings.Count(string(got), "\n") != 2 {
		t.Errorf("the program reads %q, %v", got, err)
	}
	if told, failed, _ := r.Counts(); told != 1 || failed != 0 {
		t.Errorf("%d told, %d failed", told, failed)
	}
}

// A failure is logged once for each cause, and a program that does not end is killed with
// everything that it has started.
func TestTellFails(t *testing.T) {
	var log bytes.Buffer
	r := New(slog.New(slog.NewTextHandler(&log, nil)))
	r.Use(script(t, "echo no mail server >&2; exit 3"))
	for range 3 {
		r.Tell(t.Context(), Notice{})
		r.Wait()
	}
	if got := log.String(); strings.Count(got, "no mail server") != 1 || strings.Count(got, "\n") != 1 {
		t.Errorf("the log has\n%s", got)
	}
	pid := filepath.Join(t.TempDir(), "pid")
	r.Use(script(t, "sleep 1000 & echo $! > '"+pid+".new'; mv '"+pid+".new' '"+pid+"'; wait"))
	r.patience = 300 * time.Millisecond
	var child []byte
	if !soon(func() bool { // a slow machine may not have started the child in that time
		r.Tell(t.Context(), Notice{})
		r.Wait()
		child, _ = os.ReadFile(pid)
		return len(child) > 0
	}) {
		t.Fatal("the program does not start")
	}
	if !soon(func() bool { return !alive(strings.TrimSpace(string(child))) }) {
		t.Error("what the program has started goes on")
	}
	r.Use("/nowhere/tell")
	r.Tell(t.Context(), Notice{})
	r.Wait()
	if got := log.String(); !strings.Contains(got, "did not end within") || !strings.Contains(got, "no such file") {
		t.Errorf("the log has\n%s", got)
	}
}

// soon waits until something is true, and reports false if that takes far too long.
func soon(is func() bool) bool {
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// alive reports whether a process runs that is no zombie.
func alive(pid string) bool {
	status, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(status), ") Z ")
}
