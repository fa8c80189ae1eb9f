package main

import "testing"

// Nothing of a frame that was cut off counts as shown.
func TestAnUnfinishedFrameIsNotSeen(t *testing.T) {
	seen := ""
	screen := newTerminal(func(rows []string) { seen = rows[0] })
	defer screen.close()
	screen.tap([]byte("ann  hers"))
	want := seen
	for _, cut := range []string{"\x1b[?20", "26h\x1b[Hbob  ", "\x1b[5Ghis", " own\x1b[?2026"} {
		if screen.tap([]byte(cut)); seen != want && cut != "\x1b[?20" {
			t.Errorf("after %q there is %q", cut, seen)
		}
	}
	if screen.tap([]byte("l")); seen == want {
		t.Error("the whole frame is not seen")
	}
}
