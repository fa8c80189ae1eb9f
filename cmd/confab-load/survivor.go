package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
)

const (
	// ahead is how many messages an author has on the way at a time: so few that
	// their ✓ appear while they are still on the screen.
	ahead = 4
	// againAfter is the pause before a new connection.
	againAfter = 20 * time.Millisecond
	// switchOne: one in this many messages, an author moves to the other
	// conversation.
	switchOne = 15
	// longestPause is the longest time between two messages of one author.
	longestPause = 20 * time.Millisecond
)

// survivor is someone who keeps writing, and connects again when the connection
// breaks.
type survivor struct {
	testbed.Account
	view    clients.View
	chance  *rand.Rand
	witness *witness

	// alive is held while there is a connection, or one is being made.
	alive sync.Mutex
	lives int
}

// run connects again and again until ctx ends.
func (p *survivor) run(ctx context.Context, addr string, hostKey ssh.PublicKey) {
	for ctx.Err() == nil {
		p.alive.Lock()
		p.live(ctx, addr, hostKey)
		p.alive.Unlock()
		_ = testbed.Sleep(ctx, againAfter)
	}
}

// pause waits until there is no connection, and prevents new ones until the
// function that it returns is called.
func (p *survivor) pause() (goOn func()) {
	p.alive.Lock()
	return p.alive.Unlock
}

// live is one connection, from its beginning to its end.
func (p *survivor) live(ctx context.Context, addr string, hostKey ssh.PublicKey) {
	p.lives++
	ticked := make(chan int, 1)
	screen := clients.NewTerminal(func(rows []string) { p.look(rows, ticked) })
	defer screen.Close()
	c, err := clients.ConnectWith(ctx, clients.Way{Dial: clients.DialTCP, Tap: screen.Tap}, addr, hostKey, p.Account, &p.view)
	if err != nil {
		return // there is no server at the moment
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Conn.Close() })
	defer stop()
	p.write(c, ticked)
	c.HangUp()
	<-c.Ended
}

// look notes what the screen shows.
func (p *survivor) look(rows []string, ticked chan int) {
	last := 0
	for _, row := range rows {
		if strings.Contains(row, clients.Composing) {
			continue
		}
		s, rest, ok := readSaid(row)
		if !ok {
			continue
		}
		own := s.author == p.Name
		if own && !isSent(rest) {
			continue // only this screen has it
		}
		p.witness.saw(p.Name, s)
		if own && s.life == p.lives {
			last = max(last, s.n)
		}
	}
	if last > 0 {
		select { // only the latest waits
		case <-ticked:
		default:
		}
		ticked <- last
	}
}

// write writes until the connection ends.
func (p *survivor) write(c *clients.Client, ticked <-chan int) {
	if c.Press(clients.KeyClear) != nil { // the draft of the life before
		return
	}
	sent := 0
	for n := 1; ; n++ {
		switches := p.chance.IntN(switchOne) == 0
		for sent < n-1 && (switches || n-sent > ahead) {
			select {
			case last := <-ticked:
				sent = max(sent, last)
			case <-c.Ended:
				return
			}
		}
		if switches && c.Press(clients.KeyNext) != nil {
			return
		}
		if c.Press(fmt.Sprint(said{p.Name, p.lives, n})+clients.KeyEnter) != nil {
			return
		}
		pause := time.NewTimer(time.Duration(p.chance.Int64N(int64(longestPause))))
		select {
		case <-pause.C:
		case <-c.Ended:
			pause.Stop()
			return
		}
	}
}

// witness remembers what was shown: on which screens, and which messages any screen
// has shown as sent. An author's own message counts once it has a ✓; others'
// messages count when they appear.
type witness struct {
	mu    sync.Mutex
	sent  map[said]bool
	shown map[string]map[said]bool // by screen, since the last check of the database
}

func newWitness() *witness { return &witness{sent: map[said]bool{}, shown: map[string]map[said]bool{}} }

// count returns how many messages any screen has shown as sent.
func (w *witness) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sent)
}

func (w *witness) saw(who string, s said) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shown[who] == nil {
		w.shown[who] = map[said]bool{}
	}
	w.shown[who][s] = true
	w.sent[s] = true
}
