package sshd_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/app/sshd"
	"confab/app/testkit"
)

// floodSize is how many connections the flood makes at least.
const floodSize = 2000

// chatter is a member with a chat on the screen.
type chatter struct {
	in   io.Writer
	seen chan string // the marks that have appeared, each once
}

// mark matches the texts that the test looks for on a screen. They have no spaces, so that
// they are written in one piece.
func mark(n int) string { return fmt.Sprintf("mark-%05d-", n) }

func (h *host) chatter(key ssh.Signer) *chatter {
	h.t.Helper()
	_, in, out := start(h.t, h.connect(ssh.PublicKeys(key)))
	c := &chatter{in: in, seen: make(chan string, 100)}
	ready := make(chan struct{})
	opened := ready
	go func() {
		next, got := 0, ""
		buf := make([]byte, 16<<10)
		for {
			n, err := out.Read(buf)
			if err != nil {
				return
			}
			got += string(buf[:n])
			if ready != nil {
				if !strings.Contains(got, "No messages yet") {
					continue
				}
				close(ready)
				ready = nil
			}
			for strings.Contains(got, mark(next)) {
				c.seen <- mark(next)
				_, got, _ = strings.Cut(got, mark(next))
				next++
			}
			got = got[max(0, len(got)-len(mark(0))):]
		}
	}()
	testkit.Within(h.t, "the conversation to open", opened)
	return c
}

// converse makes the first of the chatters send messages, and returns how long each message
// took to reach each of the others.
func converse(t *testing.T, chatters []*chatter, from, n int) []time.Duration {
	t.Helper()
	var took []time.Duration
	for i := from; i < from+n; i++ {
		begun := time.Now()
		if _, err := io.WriteString(chatters[0].in, mark(i)+"\r"); err != nil {
			t.Fatal(err)
		}
		for _, c := range chatters {
			if got := testkit.Within(t, mark(i), c.seen); got != mark(i) {
				t.Fatalf("%s comes, want %s", got, mark(i))
			}
			took = append(took, time.Since(begun))
		}
	}
	slices.Sort(took)
	return took
}

// flood makes connections that never log in. Some send nothing, some stop after the key
// exchange, some send nonsense. It continues until it is stopped and has made floodSize
// connections.
func (h *host) flood(stop <-chan struct{}) (made *atomic.Int64, wait func()) {
	made = new(atomic.Int64)
	var all sync.WaitGroup
	one := func(n int64) {
		tcp, err := net.DialTimeout("tcp", h.addr, testkit.Patience)
		if err != nil {
			return // as it may be refused
		}
		switch n % 3 {
		case 0: // says nothing, until it is closed
			all.Go(func() {
				closed := make(chan struct{})
				go func() {
					_, _ = io.Copy(io.Discard, tcp)
					close(closed)
				}()
				select {
				case <-closed:
				case <-stop:
				}
				_ = tcp.Close()
				<-closed
			})
			return
		case 1:
			_ = tcp.SetDeadline(time.Now().Add(testkit.Patience))
			_, _, _, _ = ssh.NewClientConn(tcp, h.addr, &ssh.ClientConfig{HostKeyCallback: ssh.InsecureIgnoreHostKey()})
		default:
			_, _ = io.WriteString(tcp, strings.Repeat("nonsense\r\n", 100))
		}
		_ = tcp.Close()
	}
	for range 8 {
		all.Go(func() {
			for {
				n := made.Add(1)
				select {
				case <-stop:
					if n > floodSize {
						return
					}
				default:
				}
				one(n)
			}
		})
	}
	return made, all.Wait
}

// Members can chat while thousands of connections arrive that never log in. The test prints
// how long a message takes to the screens of others, with the flood and without (go test -v
// -run Flood ./app/sshd).
func TestMembersChatThroughAFlood(t *testing.T) {
	h := serveWith(t, sshd.Limits{Unauthenticated: 100, AuthTime: time.Minute}, nil)
	var chatters []*chatter
	for i := range 10 {
		chatters = append(chatters, h.chatter(h.member(fmt.Sprintf("member%d", i))))
	}
	const rounds = 100
	quiet := converse(t, chatters, 0, rounds)
	stop := make(chan struct{})
	made, wait := h.flood(stop)
	flooded := converse(t, chatters, rounds, rounds)
	close(stop)
	wait()
	p99 := func(took []time.Duration) time.Duration { return took[len(took)*99/100].Round(100 * time.Microsecond) }
	t.Logf("p99 of %d deliveries: %s without a flood, %s while one of %d connections comes", len(quiet), p99(quiet), p99(flooded), made.Load())
	converse(t, chatters, 2*rounds, 1)
}
