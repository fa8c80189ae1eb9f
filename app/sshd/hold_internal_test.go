package sshd

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// If a session stops reading, it holds its connection a little later, until it reads again or ends.
func TestABusySessionHoldsItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []bool
		h := inputHold{hold: func(on bool) { got = append(got, on) }}
		is := func(when string, want ...bool) {
			t.Helper()
			synctest.Wait()
			if !slices.Equal(got, want) {
				t.Errorf("%s: holds are %v, want %v", when, got, want)
			}
		}
		time.Sleep(time.Hour) // it may never read
		h.reading()
		time.Sleep(time.Hour) // its client sends nothing
		is("while it reads")
		for range 3 {
			h.read()
			time.Sleep(holdAfter / 2)
			h.reading()
		}
		is("after quick reads")
		h.read()
		time.Sleep(2 * holdAfter)
		is("while it is busy", true)
		h.reading()
		is("when it reads again", true, false)
		h.read()
		time.Sleep(2 * holdAfter)
		h.end()
		is("at its end", true, false, true, false)
		h.read() // a read that the end interrupted
		time.Sleep(2 * holdAfter)
		is("after its end", true, false, true, false)
	})
}
