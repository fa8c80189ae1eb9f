package main

import (
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// Screens with full composers that are flooded with keys end at once with a ban,
// and with the server.
func TestAFloodOfKeysEndsWithItsSessions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir, "--ending-time=500ms")
	ann := s.connect(annKey)
	flood := func(key gossh.Signer) []*client {
		var flooded []*client
		for range 5 {
			c := s.connect(key)
			c.paste(strings.Repeat("a word ", 60_000/7))
			c.shows("word a word")
			flooded = append(flooded, c)
		}
		for _, c := range flooded {
			// These keys go into the middle, where all the text after them must be
			// laid out again.
			go func() {
				_, _ = io.WriteString(c.in, strings.Repeat("\x1b[A", 300)+strings.Repeat("xy \x1b[D\x7f\x17\x19", 100_000))
			}()
		}
		return flooded
	}
	over := func(flooded []*client) time.Duration {
		begun := time.Now()
		var all sync.WaitGroup
		for _, c := range flooded {
			all.Go(func() { c.status() })
		}
		all.Wait()
		return time.Since(begun)
	}
	flooded := flood(bobKey)
	ann.say("/ban @bob 2h flooding")
	t.Logf("banned and gone in %s", over(flooded))
	ann.shows("@bob is banned")
	flooded = flood(annKey)
	s.signal(syscall.SIGTERM)
	t.Logf("stopped in %s", over(flooded))
	if status := s.exitStatus(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
