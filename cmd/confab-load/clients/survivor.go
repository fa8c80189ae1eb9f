package clients

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"confab/cmd/confab-load/testbed"
)

const (
	// ahead is how many messages an author has on the way at a time: so few that
	// their ✓ appear while they are still on the screen.
	ahead = 4
	// AgainAfter is the pause before a new connection.
	AgainAfter = 20 * time.Millisecond
	// switchOne: one in this many messages, an author moves to the other
	// conversation.
	switchOne = 15
	// notSent is on the screen below a message that could not be sent.
	notSent = "Not sent:"
	// retryAfter is the pause before a message that could not be sent is sent again.
	retryAfter = 500 * time.Millisecond
	// outOfSight is the time after which the author's messages count as sent if none of them
	// appears: the screen shows the unread messages above them, or many came after them. On a
	// slow machine, a frame may have more of those than rows.
	outOfSight = 2 * time.Second
)

// Survivor is someone who keeps writing, and connects again when the connection
// breaks.
type Survivor struct {
	testbed.Account
	Chance  *rand.Rand
	Witness *Witness
	// Pace is the longest time between two messages.
	Pace time.Duration
	// Addr returns the address for the next connection.
	Addr func() string
	// Shown receives the messages of each screen from top to bottom, without those that
	// only this screen has. It may be nil.
	Shown func(life int, rows []Shown)

	view View
	// alive is held while there is a connection, or one is being made.
	alive sync.Mutex
	lives int

	mu     sync.Mutex
	held   chan struct{} // closed when the author may write again; nil if they may
	silent chan struct{} // closed when all that was written is sent; nil if nobody waits
	acked  int
	rows   []string // the present screen, or the last one; nil before the first
	wrote  progress // when the author last waited for messages to be sent, for a report
}

// Shown is a message on a screen, with what is beside it.
type Shown struct {
	Said
	Beside string
}

// NewSurvivor makes one who writes at a pace, to one address.
func NewSurvivor(a testbed.Account, chance *rand.Rand, w *Witness, pace time.Duration, addr string) *Survivor {
	return &Survivor{
		Account: a, Chance: chance, Witness: w, Pace: pace, Addr: func() string { return addr },
		view: NewTally(Schedule{Sessions: 1, Senders: 1}).Views[0],
	}
}

// Run connects again and again until ctx ends.
func (p *Survivor) Run(ctx context.Context, hostKey ssh.PublicKey) {
	for ctx.Err() == nil {
		p.alive.Lock()
		p.live(ctx, hostKey)
		p.alive.Unlock()
		_ = testbed.Sleep(ctx, AgainAfter)
	}
}

// Pause waits until there is no connection, and prevents new ones until the
// function that it returns is called.
func (p *Survivor) Pause() (goOn func()) {
	p.alive.Lock()
	return p.alive.Unlock
}

// Acked returns how many of the author's messages the author's own screens have shown as
// sent so far.
func (p *Survivor) Acked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.acked
}

// Screen returns what the author's screen shows, or showed last, for a report.
func (p *Survivor) Screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("life %d, %d messages written and %d shown as sent, pending: %t, failed: %t\n%s",
		p.lives, p.wrote.written, p.wrote.sent, p.wrote.last.pending, p.wrote.last.failed, strings.Join(p.rows, "\n"))
}

// Hush makes the author stop writing, and stay connected, until the function that it returns
// is called. The channel is closed when all that the author has written in the present
// connection is shown as sent.
func (p *Survivor) Hush() (silent <-chan struct{}, goOn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.silent = make(chan struct{}), make(chan struct{})
	return p.silent, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		close(p.held)
		p.held = nil
	}
}

// live is one connection, from its beginning to its end.
func (p *Survivor) live(ctx context.Context, hostKey ssh.PublicKey) {
	p.mu.Lock()
	p.lives++
	p.mu.Unlock()
	seen := make(chan look, 1)
	screen := NewTerminal(func(rows []string) { p.look(rows, seen) })
	defer screen.Close()
	c, err := ConnectWith(ctx, Way{Dial: DialTCP, Tap: screen.Tap}, p.Addr(), hostKey, p.Account, &p.view)
	if err != nil {
		return // there is no server at the moment
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Conn.Close() })
	defer stop()
	p.write(c, seen)
	c.HangUp()
	<-c.Ended
}

// look is what an author sees of their own messages: the last one that is sent, whether some
// are not, and whether one could not be sent.
type look struct {
	sent            int
	pending, failed bool
}

// look notes what the screen shows.
func (p *Survivor) look(rows []string, seen chan look) {
	p.mu.Lock()
	p.rows = rows
	p.mu.Unlock()
	var l look
	var shown []Shown
	for _, row := range rows {
		if strings.Contains(row, Composing) {
			continue
		}
		l.failed = l.failed || strings.Contains(row, notSent)
		s, rest, ok := ReadSaid(row)
		if !ok {
			continue
		}
		own := s.Author == p.Name
		if own && !IsSent(rest) {
			l.pending = true
			continue // only this screen has it
		}
		p.Witness.Saw(p.Name, s)
		shown = append(shown, Shown{s, rest})
		if own && s.Life == p.lives {
			l.sent = max(l.sent, s.N)
		}
	}
	if p.Shown != nil {
		p.Shown(p.lives, shown)
	}
	select { // only the latest waits
	case <-seen:
	default:
	}
	seen <- l
}

// write writes until the connection ends.
func (p *Survivor) write(c *Client, seen <-chan look) {
	if c.Press(KeyClear) != nil { // the draft of the life before
		return
	}
	w := &writing{Survivor: p, client: c, seen: seen}
	for n := 1; ; n++ {
		w.written = n - 1
		switches := p.Chance.IntN(switchOne) == 0
		if !w.await(func() bool { return n-1-w.sent < 1 || !switches && n-w.sent <= ahead }) || !w.hushed() {
			return
		}
		if switches && c.Press(KeyNext) != nil {
			return
		}
		if c.Press(fmt.Sprint(Said{p.Name, p.lives, n})+KeyEnter) != nil {
			return
		}
		pause := time.NewTimer(time.Duration(p.Chance.Int64N(int64(p.Pace))))
		select {
		case <-pause.C:
		case <-c.Ended:
			pause.Stop()
			return
		}
	}
}

// writing is a connection in which an author writes.
type writing struct {
	*Survivor
	progress
	client *Client
	seen   <-chan look
}

// progress is how far an author is in a connection: written is the last message that was written,
// and sent the last one that is sent.
type progress struct {
	written, sent int
	last          look
}

// await waits until enough messages are sent, and sends those again that could not be sent. It
// reports whether there is still a connection.
func (w *writing) await(enough func() bool) bool {
	overdue := time.NewTicker(outOfSight)
	defer overdue.Stop()
	for !enough() {
		w.mu.Lock()
		w.wrote = w.progress
		w.mu.Unlock()
		select {
		case w.last = <-w.seen:
			if w.last.sent > w.sent || w.last.pending || w.last.failed {
				overdue.Reset(outOfSight)
			}
			w.noted(w.last.sent)
			if w.last.failed && !w.again() {
				return false
			}
		case <-overdue.C:
			if w.client.Press(KeyEnd) != nil {
				return false
			}
			if !w.last.pending && !w.last.failed {
				w.sent = w.written
			}
		case <-w.client.Ended:
			return false
		}
	}
	return true
}

// noted counts messages that are sent.
func (w *writing) noted(sent int) {
	if sent <= w.sent {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acked += sent - w.sent
	w.sent = sent
}

// again sends the messages again that could not be sent: Enter does, without a text.
func (w *writing) again() bool {
	pause := time.NewTimer(retryAfter)
	defer pause.Stop()
	select {
	case <-pause.C:
		return w.client.Press(KeyEnter) == nil
	case <-w.client.Ended:
		return false
	}
}

// hushed waits while the author must not write. It says when everything is sent.
func (w *writing) hushed() bool {
	w.mu.Lock()
	held, silent := w.held, w.silent
	w.mu.Unlock()
	if held == nil {
		return true
	}
	if !w.await(func() bool { return w.sent >= w.written }) {
		return false
	}
	w.mu.Lock()
	if w.silent == silent && silent != nil {
		close(silent)
		w.silent = nil
	}
	w.mu.Unlock()
	select {
	case <-held:
		return true
	case <-w.client.Ended:
		return false
	}
}

// Witness remembers what was shown: on which screens, and which messages any screen
// has shown as sent. An author's own message counts once it has a ✓; others'
// messages count when they appear.
type Witness struct {
	mu    sync.Mutex
	sent  map[Said]bool
	shown map[string]map[Said]bool // by screen, since the last call of Shown
}

// NewWitness makes a witness who has seen nothing.
func NewWitness() *Witness {
	return &Witness{sent: map[Said]bool{}, shown: map[string]map[Said]bool{}}
}

// Count returns how many messages any screen has shown as sent.
func (w *Witness) Count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sent)
}

// Saw notes a message on a screen.
func (w *Witness) Saw(who string, s Said) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shown[who] == nil {
		w.shown[who] = map[Said]bool{}
	}
	w.shown[who][s] = true
	w.sent[s] = true
}

// EachSent calls do for each message that any screen has shown as sent.
func (w *Witness) EachSent(do func(Said)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range w.sent {
		do(s)
	}
}

// EachShown calls do for each screen and message on it since the call before.
func (w *Witness) EachShown(do func(who string, s Said)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for who, all := range w.shown {
		for s := range all {
			do(who, s)
		}
		clear(all)
	}
}
