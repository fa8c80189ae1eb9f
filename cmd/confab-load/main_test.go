package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/app/testkit"
	"confab/cmd/confab-load/testbed"
	"confab/db/postgres/pgtest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// testTime bounds one run of the tool. The tool gives up earlier if nothing
// happens.
const testTime = 5 * time.Minute

// TestWithServer runs the tool with a server that is built once.
func TestWithServer(t *testing.T) {
	confab, err := testbed.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("all is delivered", func(t *testing.T) { testLoad(t, confab) })
	for _, args := range []string{
		"--profile idle --sessions 3 --idle 0s",
		"--profile chat --sessions 3 --rate 20 --duration 500ms --idle 0s",
		"--profile burst --sessions 3 --rate 100 --duration 500ms --idle 0s",
		"--profile hour --sessions 2 --rate 10 --duration 500ms --idle 0s",
		"--profile step --sessions 4 --senders 2 --rate 30 --duration 500ms --idle 0s",
		"--profile crowd --sessions 4 --senders 2 --rate 30 --duration 500ms --idle 0s",
		"--profile herd --sessions 20",
		"--profile join --sessions 20",
		"--profile wal --messages 2000",
		"--profile start --messages 2000",
		"--profile search --messages 2000",
		"--chaos --rounds 2 --seed 1",
		"--disk-full",
		"--soak 2s --seed 1",
	} {
		t.Run(args, func(t *testing.T) { testJSON(t, confab, strings.Fields(args)) })
	}
	t.Run("--cluster", func(t *testing.T) {
		pgtest.Needed(t)
		// Not in a folder of the test: PostgreSQL runs as another user if the test runs as
		// root, and could not open it.
		reports(t, confab, strings.Fields("--cluster --rounds 2 --seed 1"))
		reports(t, confab, strings.Fields("--profile servers --sessions 6 --senders 2 --rate 30 --duration 500ms --idle 0s"))
	})
	t.Run("--cluster --mangle skip", func(t *testing.T) {
		pgtest.Needed(t)
		testSkipped(t, confab)
	})
	t.Run("interrupted", func(t *testing.T) { testInterrupted(t, confab) })
}

// tempFolder is the tool's folder for temporary files in a test.
func tempFolder(t *testing.T) string {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp) // Unix
	t.Setenv("TMP", temp)    // Windows
	return temp
}

// nothingLeft fails if the tool has not removed its temporary files.
func nothingLeft(t *testing.T, temp string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(temp, "confab-load-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// testLoad runs the whole tool with few sessions. All their messages must be
// delivered.
func testLoad(t *testing.T, confab string) {
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	temp := tempFolder(t)
	var out, progress bytes.Buffer
	status := run(ctx, []string{
		"--confab", confab, "--sessions", "4", "--senders", "3", "--rate", "30", "--duration", "700ms", "--idle", "0s",
	}, streams{&out, &progress})
	if status != exitDone {
		t.Fatalf("exit status %d\n%s%s", status, progress.String(), out.String())
	}
	// 3 deliveries a message, so 10 messages a second.
	if want := "21 of 21 (100 %)"; !strings.Contains(out.String(), want) {
		t.Errorf("the report has no %q:\n%s", want, out.String())
	}
	nothingLeft(t, temp)
}

// testJSON runs a small measurement. It must succeed, report in one object, and leave
// nothing behind.
func testJSON(t *testing.T, confab string, args []string) {
	temp := tempFolder(t)
	reports(t, confab, args)
	nothingLeft(t, temp)
}

// reports runs a small measurement. It must succeed, and report in one object.
func reports(t *testing.T, confab string, args []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	var out, progress bytes.Buffer
	status := run(ctx, append([]string{"--json", "--confab", confab}, args...), streams{&out, &progress})
	if status != exitDone {
		t.Fatalf("exit status %d\n%s%s", status, progress.String(), out.String())
	}
	var found map[string]any
	if err := json.Unmarshal(out.Bytes(), &found); err != nil || found["good"] != true {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// testSkipped runs servers that do not read all that they have missed. The tool must find out.
func testSkipped(t *testing.T, confab string) {
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	var out, progress bytes.Buffer
	status := run(ctx, strings.Fields("--confab "+confab+" --cluster --mangle skip --rounds 1 --seed 1"), streams{&out, &progress})
	if want := "wrong after round 1"; status != exitFailed || !strings.Contains(out.String(), want) {
		t.Errorf("exit status %d, want %d and %q:\n%s%s", status, exitFailed, want, progress.String(), out.String())
	}
}

// testInterrupted ends the tool while it sends.
func testInterrupted(t *testing.T, confab string) {
	temp := tempFolder(t)
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	sessions, senders, rate, duration, idle := 3, 1, 10.0, time.Hour, time.Duration(0)
	c := cli{Sessions: &sessions, Senders: &senders, Rate: &rate, Duration: &duration, Idle: &idle, Confab: confab}
	_, err := c.measure(ctx, func(doing string) {
		if strings.HasPrefix(doing, "sending") {
			cancel()
		}
	})
	if err == nil || err.Error() != context.Canceled.Error() {
		t.Errorf("error %v, want only that it was canceled", err)
	}
	nothingLeft(t, temp)
}

// TestNoServer measures a program that is not a server: it has no "serve".
func TestNoServer(t *testing.T) {
	program, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	var out, progress bytes.Buffer
	status := run(ctx, []string{"--confab", program, "--sessions", "2", "--senders", "1"}, streams{&out, &progress})
	if want := "ended before it was ready"; status != exitFailed || !strings.Contains(progress.String(), want) {
		t.Errorf("exit status %d, want %d and %q:\n%s", status, exitFailed, want, progress.String())
	}
}

func TestCommandLine(t *testing.T) {
	for _, args := range []string{
		"--sessions 1", "--senders 0", "--sessions 3 --senders 4", "--rate 0", "--rate NaN", "--duration 0s", "--idle -1s",
		"--rate 1e9", "--profile none", "--chaos --disk-full", "--chaos --profile idle", "--rounds 0", "--cluster --chaos", "--cluster --nodes 0", "--cluster --bus none", "--mangle third", "--cluster --mangle none", "--bus nats", "--messages 1", "--messages 10000000", "--sessions 1000 --duration 1000h", "more",
	} {
		var out, err bytes.Buffer
		if status := run(t.Context(), strings.Fields(args), streams{&out, &err}); status != exitUsage {
			t.Errorf("%s: exit status %d, want %d", args, status, exitUsage)
		}
	}
	var out, err bytes.Buffer
	if status := run(t.Context(), []string{"--help"}, streams{&out, &err}); status != exitDone || !strings.Contains(out.String(), "--senders") {
		t.Errorf("--help: exit status %d\n%s", status, out.String())
	}
}
