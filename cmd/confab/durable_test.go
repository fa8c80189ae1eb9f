package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
)

// saying matches the messages of these tests: the author, the life of the server,
// and the number of the message in it.
var saying = regexp.MustCompile(`(ann|bob|eve) (\d+)-(\d+)\b`)

// witness remembers which messages any screen has shown as sent. An author's own
// messages count once they have a tick; others' messages count when they appear.
type witness struct {
	mu   sync.Mutex
	seen map[string]bool
	many chan struct{} // closed when there are enough
	want int
	life string              // of the server, as it stands in a message
	sent map[string]chan int // by author, the last of their own messages of this life with a tick
}

func newWitness(life, want int, people []string) *witness {
	w := &witness{seen: map[string]bool{}, many: make(chan struct{}), want: want, life: strconv.Itoa(life), sent: map[string]chan int{}}
	for _, name := range people {
		w.sent[name] = make(chan int, 1)
	}
	return w
}

func (w *witness) watch(self string) func(screen string) {
	return func(screen string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for row := range strings.SplitSeq(screen, "\n") {
			row = strings.TrimRight(row, " ")
			m := saying.FindStringSubmatch(row)
			if m == nil || m[1] == self && !hasTick(row) {
				continue
			}
			if n, err := strconv.Atoi(m[3]); err == nil && m[1] == self && m[2] == w.life {
				select { // only the latest waits
				case <-w.sent[self]:
				default:
				}
				w.sent[self] <- n
			}
			if w.seen[m[0]] {
				continue
			}
			w.seen[m[0]] = true
			if len(w.seen) == w.want {
				close(w.many)
			}
		}
	}
}

// ahead is how many messages a person has on the way at a time: so few that their
// ticks come while they are still on every screen.
const ahead = 8

// The servers of these tests end while three people send all the time. All messages
// that anyone has seen as sent are there afterwards, once and in order.

func TestNothingIsLostByKill9(t *testing.T) {
	t.Parallel()
	endWhileSending(t, (*server).kill, stored)
}

func TestNothingIsLostByAStop(t *testing.T) {
	t.Parallel()
	endWhileSending(t, func(s *server) {
		if status := s.stop(); status != 0 {
			t.Errorf("exit status %d", status)
		}
	}, stored)
}

// Every acknowledged change, and not only messages, survives kill -9: the server is killed
// as soon as the command has ended.
func TestNothingAcknowledgedIsLostByKill9(t *testing.T) {
	t.Parallel()
	nothingAcknowledgedIsLost(t)
}

func nothingAcknowledgedIsLost(t *testing.T) {
	dir := t.TempDir()
	keys := []gossh.Signer{enrol(t, dir, "ann")}
	const one = "01987b0c-5d1e-7cc0-8000-000000000001"
	s := startServer(t, dir)
	run := func(command string) string {
		t.Helper()
		c := s.ssh(options{keys: keys, exec: command, noPTY: true})
		if status := c.status(); status != 0 {
			t.Fatalf("%s: status %d, %s", command, status, c.stderr.String())
		}
		return c.received()
	}
	run("send --id " + one + " '#general' hello")
	for _, c := range []struct{ does, shows, want string }{
		{"react " + one + " :tada:", "history '#general'", ":tada: 1"},
		{"pin " + one, "pins '#general'", one},
		{"save " + one, "saved", one},
		{"send --at 'tomorrow at 9' '#general' later", "later", "\tlater\t"},
		{"remind in 2h to rest", "later", "\trest\t"},
		{"send --thread " + one + " '#general' 'in the thread'", "threads", "#general\t0\t1\t"},
		{"unfollow " + one, "history --thread " + one + " '#general'", "in the thread"},
		{"settings up=recall", "settings", "up\trecall\t"},
		{"send @me note", "history @me", "note"},
		{"delete " + one, "history '#general'", "(deleted)"},
	} {
		run(c.does)
		s.kill()
		s = s.restart()
		if got := run(c.shows); !strings.Contains(got, c.want) {
			t.Errorf("after %s and kill -9, %s writes %q, without %q", c.does, c.shows, got, c.want)
		}
	}
}

// endWhileSending ends servers in a way, and asks stored for what is there afterwards.
func endWhileSending(t *testing.T, end func(*server), stored func(t *testing.T, dir string) []string) {
	dir := t.TempDir()
	people := []string{"ann", "bob", "eve"}
	keys := map[string]gossh.Signer{}
	for _, name := range people {
		keys[name] = enrol(t, dir, name)
	}
	seen := map[string]bool{}
	for life := range 3 {
		s := startServer(t, dir, "--max-messages=0")
		w := newWitness(life, 60, people)
		var typing sync.WaitGroup
		for _, name := range people {
			c := s.ssh(options{keys: []gossh.Signer{keys[name]}, watch: w.watch(name)})
			c.shows("#general")
			c.opened()
			c.press(keyCtrlU) // the draft of the life before
			typing.Go(func() {
				sent := 0
				for i := 1; ; i++ {
					for i > sent+ahead {
						select {
						case n := <-w.sent[name]:
							sent = max(sent, n)
						case <-c.ended:
							return
						}
					}
					if _, err := fmt.Fprintf(c.in, "%s %d-%d%s", name, life, i, keyEnter); err != nil {
						return
					}
				}
			})
		}
		testkit.Within(t, "the messages to be seen", w.many)
		end(s)
		typing.Wait()
		w.mu.Lock()
		for text := range w.seen {
			seen[text] = true
		}
		w.mu.Unlock()
	}
	bodies := stored(t, dir)
	checkSayings(t, bodies, seen)

	// A screen shows the same after it reconnects.
	s := startServer(t, dir)
	c := s.connect(keys["ann"])
	c.press(keyEnd) // it opens at the first unread message
	last := bodies[len(bodies)-20:]
	c.until("the last messages", func(screen string) bool { return slices.Equal(lastSayings(screen, 20), last) })
}

// checkSayings checks that every message that was seen is stored, each once, and
// that each author's are in the order in which they were written.
func checkSayings(t *testing.T, bodies []string, seen map[string]bool) {
	t.Helper()
	next := map[string]int{}
	for _, body := range bodies {
		m := saying.FindStringSubmatch(body)
		if m == nil || m[0] != body {
			t.Fatalf("a message that nobody wrote: %q", body)
		}
		n, _ := strconv.Atoi(m[3])
		series := m[1] + m[2]
		if next[series]++; n != next[series] {
			t.Errorf("%q is stored where the author's message %d should be", body, next[series])
		}
		delete(seen, body)
	}
	for text := range seen {
		t.Errorf("%q was shown as sent and is lost", text)
	}
}

func lastSayings(screen string, n int) []string {
	var found []string
	for row := range strings.SplitSeq(screen, "\n") {
		if m := saying.FindString(row); m != "" {
			found = append(found, m)
		}
	}
	return found[max(0, len(found)-n):]
}

func TestASecondServerIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir)
	_, stderr, status := confab(t, "", "serve", "--data", dir, "--listen", "127.0.0.1:0")
	if status != exitRefused || !strings.Contains(stderr, "another confab server is already using "+dir+": stop it first") {
		t.Errorf("status %d, %q", status, stderr)
	}
	// The first server still runs. After a kill, the folder is free.
	s.connect(key).say("still here")
	s.kill()
	startServer(t, dir)
}

// A client that stops reading prevents the server neither from serving others nor
// from stopping.
func TestAStopDoesNotWaitForAStuckClient(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir, "--ending-time=10s") // the stop gives the stuck client this time, and bob
	stuck := &stuckConn{}
	ann := s.ssh(options{keys: []gossh.Signer{annKey}, dial: stuck.dial})
	ann.shows("? help")
	t.Cleanup(stuck.free)
	stuck.stick()
	bob := s.connect(bobKey)
	for range 50 {
		bob.paste(strings.Repeat("words ", 1000))
		bob.press(keyEnter)
	}
	bob.say("the last")
	bob.showsSent("the last")
	if status := s.stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	if status := bob.status(); status != 1 {
		t.Errorf("bob's ssh exits %d", status)
	}
}
