package refusal_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"confab/app/refusal"
)

// refusals is a log of refusals with a clock that the test sets.
type refusals struct {
	*refusal.Log
	out bytes.Buffer
	now time.Time
}

func newRefusals() *refusals {
	r := &refusals{now: time.Unix(1e9, 0)}
	r.Log = refusal.New(slog.New(slog.NewTextHandler(&r.out, nil)), func() time.Time { return r.now }, " --data /srv/chat")
	return r
}

// lines returns the lines that were logged since the last call.
func (r *refusals) lines() []string {
	text := strings.TrimSuffix(r.out.String(), "\n")
	r.out.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func banned(address string) refusal.Refusal {
	return refusal.Refusal{
		Reason: refusal.Ban, Who: address, Why: "the network is banned", Do: "lift it with confab bans remove{data}", About: []any{"address", address},
	}
}

func TestACauseIsLoggedOnceAndThenSummarised(t *testing.T) {
	t.Parallel()
	r := newRefusals()
	for range 500 {
		r.Note(banned("192.0.2.1"))
	}
	r.Note(banned("192.0.2.2"))
	got := r.lines()
	if len(got) != 2 || !strings.Contains(got[0], `msg=refused reason=ban address=192.0.2.1 why="the network is banned" times=1 do="lift it with confab bans remove --data /srv/chat"`) {
		t.Fatalf("501 refusals with two causes gave the lines %q", got)
	}
	r.Summarize()
	if got := r.lines(); got != nil {
		t.Errorf("a summary came too early: %q", got)
	}
	r.now = r.now.Add(time.Minute)
	r.Summarize()
	if got := r.lines(); len(got) != 1 || !strings.Contains(got[0], `msg="refused again" reason=ban address=192.0.2.1`) || !strings.Contains(got[0], "times=499") {
		t.Errorf("the summary after a minute is %q", got)
	}
	// A cause that did not come up again is forgotten, so its next refusal is new.
	r.Note(banned("192.0.2.2"))
	r.now = r.now.Add(time.Minute)
	r.Summarize()
	r.lines()
	r.Note(banned("192.0.2.1"))
	if got := r.lines(); len(got) != 1 || !strings.Contains(got[0], "msg=refused ") {
		t.Errorf("after a pause the log has %q", got)
	}
	if n := r.Count(refusal.Ban); n != 503 {
		t.Errorf("%d refusals were counted, want 503", n)
	}
}

// However many addresses an attacker has, the memory and the log are bounded.
func TestManyCausesAreOneSummary(t *testing.T) {
	t.Parallel()
	r := newRefusals()
	for i := range 5000 {
		r.Note(banned(fmt.Sprintf("192.0.%d.%d", i/250, i%250)))
	}
	if got := r.lines(); len(got) != 1000 {
		t.Fatalf("5000 causes gave %d lines, want 1000", len(got))
	}
	r.now = r.now.Add(time.Minute)
	r.Summarize()
	if got := r.lines(); len(got) != 1 || !strings.Contains(got[0], "times=4000") || !strings.Contains(got[0], "many different causes") {
		t.Errorf("the summary is %q", got)
	}
	if n := r.Count(refusal.Ban); n != 5000 {
		t.Errorf("%d refusals were counted, want 5000", n)
	}
}

func TestWithoutALogNothingIsNoted(t *testing.T) {
	t.Parallel()
	var none *refusal.Log
	none.Note(banned("192.0.2.1"))
	none.Summarize()
	if n := none.Count(refusal.Ban); n != 0 {
		t.Errorf("%d refusals were counted, want 0", n)
	}
}
