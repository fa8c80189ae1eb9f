package command

import (
	"bytes"
	"strings"
	"testing"
)

// writes counts the writes to it.
type writes struct {
	bytes.Buffer
	n int
}

func (w *writes) Write(p []byte) (int, error) {
	w.n++
	return w.Buffer.Write(p)
}

// WriteString counts, too: that of the buffer would not.
func (w *writes) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// A list of thousands of lines is not written line by line, because each write is a packet
// to the client. Other records are written at once, because the client waits for them.
func TestListsAreWrittenInFewPieces(t *testing.T) {
	t.Parallel()
	for _, json := range []bool{false, true} {
		var w writes
		o := &output{w: &w, json: json, most: packetBytes}
		one := func() {
			if err := o.write(&versionRecord{newHead("version"), "1.0"}); err != nil {
				t.Fatal(err)
			}
		}
		const n = 5000
		for range n {
			one()
		}
		if err := o.flush(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(w.String(), "\n"); got != n {
			t.Errorf("json %v: %d lines", json, got)
		}
		if most := w.Len()/packetBytes + 1; w.n > most {
			t.Errorf("json %v: %d writes, want at most %d", json, w.n, most)
		}
		before := w.n
		one()
		if w.n != before+1 {
			t.Errorf("json %v: a record after the list waits", json)
		}
	}
}
