package command_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"confab/app/command"
)

// An export that takes long says on standard error how far it is, unless that is the same
// terminal.
func TestExportShowsProgress(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	for name, o := range map[string]struct {
		pace     time.Duration // between two looks at the clock
		terminal bool
		says     bool
	}{"long": {4 * time.Second, false, true}, "short": {time.Millisecond, false, false}, "on a terminal": {4 * time.Second, true, false}} {
		session, err := c.service.Open(t.Context(), c.keys["ann"])
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		now := time.Now()
		var stdout, stderr bytes.Buffer
		status := command.Run(t.Context(), command.Session{
			Chat: session, Parser: parser(t), In: strings.NewReader(""), Out: &stdout, Err: &stderr, Zone: time.UTC, Terminal: o.terminal,
			Now:   func() time.Time { now = now.Add(o.pace); return now },
			Alive: func() bool { return true }, Cut: func() {}, OnError: func(doing string, err error) { t.Errorf("%s: %v", doing, err) },
		}, "export")
		if status != command.Done || !strings.Contains(stdout.String(), `"messages"`) {
			t.Errorf("%s: status %d, %s", name, status, &stdout)
		}
		if got := stderr.String(); strings.HasPrefix(got, "Exporting: ") != o.says || !o.says && got != "" {
			t.Errorf("%s: it says %q", name, got)
		}
	}
}
