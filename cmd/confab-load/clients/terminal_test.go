package clients

import "testing"

// Nothing of a frame that was cut off counts as shown.
func TestAnUnfinishedFrameIsNotSeen(t *testing.T) {
	seen := ""
	screen := NewTerminal(func(rows []string) { seen = rows[0] })
	defer screen.Close()
	screen.Tap([]byte("ann  hers"))
	want := seen
	for _, cut := range []string{"\x1b[?20", "26h\x1b[Hbob  ", "\x1b[5Ghis", " own\x1b[?2026"} {
		if screen.Tap([]byte(cut)); seen != want && cut != "\x1b[?20" {
			t.Errorf("after %q there is %q", cut, seen)
		}
	}
	if screen.Tap([]byte("l")); seen == want {
		t.Error("the whole frame is not seen")
	}
}
