package sshd

import (
	"net"
	"slices"
	"strings"
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

// written is a connection that passes on what is written to it, a write at a time.
type written struct {
	net.Conn
	to chan string
}

func (w written) Write(p []byte) (int, error) {
	w.to <- string(p)
	return len(p), nil
}

func (written) SetWriteDeadline(time.Time) error { return nil }

func TestABatchIsOneWrite(t *testing.T) { synctest.Test(t, testBatch) }

func testBatch(t *testing.T) {
	to := written{to: make(chan string, 10)}
	var b batch
	say := func(text string) {
		t.Helper()
		if n, err := b.write(to, []byte(text)); n != len(text) || err != nil {
			t.Fatalf("writing %q: %d, %v", text, n, err)
		}
	}
	wrote := func(want string) {
		t.Helper()
		if got := <-to.to; got != want {
			t.Errorf("the client got %q, want %q", got, want)
		}
	}
	say("at once")
	wrote("at once")

	b.set(to, true)
	b.set(to, true) // by another session
	say("one")
	say("two")
	b.set(to, false)
	say("three")
	b.set(to, false)
	wrote("onetwothree")
	say("and on")
	wrote("and on")

	// A batch that stays open, because its session waits for the client, delays nothing for
	// long.
	b.set(to, true)
	say("stuck")
	wrote("stuck")
	say("more")
	wrote("more")
	b.set(to, false)

	b.set(to, true)
	say("last words")
	b.end(to)
	wrote("last words")
	b.set(to, false)

	b.set(to, true)
	long := strings.Repeat("x", batchMost)
	say(long)
	wrote(long)
	b.set(to, false)
	if len(to.to) > 0 {
		t.Errorf("%q was written too", <-to.to)
	}
}

func TestABatchThatFailedFailsTheNextWrite(t *testing.T) {
	server, client := net.Pipe()
	_ = client.Close()
	var b batch
	b.set(server, true)
	if _, err := b.write(server, []byte("lost")); err != nil {
		t.Fatal(err)
	}
	b.set(server, false)
	if _, err := b.write(server, []byte("next")); err == nil {
		t.Error("the next write succeeded")
	}
}
