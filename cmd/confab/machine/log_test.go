package machine_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"confab/cmd/confab/machine"
)

func TestTheLevelOfTheLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := machine.LogFlags{LogLevel: slog.LevelWarn, LogFormat: "text"}.New(&out)
	log.With("a", 1).Info("left out")
	log.With("a", 1).Warn("written")
	log.Level.Set(slog.LevelDebug) // while it is in use
	log.WithGroup("g").Debug("then written", "b", 2)
	if got := out.String(); strings.Contains(got, "left out") || !strings.Contains(got, "msg=written a=1") || !strings.Contains(got, `msg="then written" g.b=2`) {
		t.Errorf("the log has:\n%s", got)
	}
}

func TestTheFormsOfTheLog(t *testing.T) {
	t.Parallel()
	for format, want := range map[machine.LogFormat]string{
		"console": `WARN  refused reason=ban why="the address is banned"`,
		"text":    `level=WARN msg=refused reason=ban why="the address is banned"`,
		"json":    `"level":"WARN","msg":"refused","reason":"ban","why":"the address is banned"}`,
		"auto":    `"level":"WARN","msg":"refused","reason":"ban","why":"the address is banned"}`, // not a terminal
	} {
		var out bytes.Buffer
		log := machine.LogFlags{LogFormat: format}.New(&out)
		log.Warn("refused", "reason", "ban", "why", "the address is banned")
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: the log has %q, want %q in it", format, out.String(), want)
		}
		if log.JSON != json.Valid(out.Bytes()) {
			t.Errorf("%s: JSON is %t for %q", format, log.JSON, out.String())
		}
	}
	var f machine.LogFormat
	if err := f.UnmarshalText([]byte("xml")); err == nil {
		t.Error("xml is accepted as a form of the log")
	}
}
