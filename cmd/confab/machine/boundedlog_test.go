package machine

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// However many lines someone causes, the log accepts a bounded number, and says how
// many it left out. Logs derived from it share the bound.
func TestTheLogIsBounded(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1e9, 0)
	log := slog.New(NewBoundedLog(slog.NewTextHandler(&out, nil), func() time.Time { return now }))
	for range maxLogLines {
		log.Info("a")
		log.With("session", "1").WithGroup("g").Info("b", "k", "v")
	}
	if n := strings.Count(out.String(), "\n"); n != maxLogLines {
		t.Fatalf("%d lines were taken, want %d", n, maxLogLines)
	}
	out.Reset()
	now = now.Add(time.Second)
	log.Info("later")
	if got := out.String(); !strings.Contains(got, "lines=1200\n") || !strings.Contains(got, "msg=later") {
		t.Errorf("after a pause the log has %q", got)
	}
	out.Reset()
	log.Info("again")
	if got := out.String(); strings.Contains(got, "dropped") {
		t.Errorf("lines that were told of are told of again: %q", got)
	}
}
