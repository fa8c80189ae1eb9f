// Package bus wakes servers that share a database when one of them has committed something, when
// people come or go, and when somebody types. A [Carrier] brings its words to the other servers.
// Nothing depends on the bus: what is new is in the database, where each server also looks by
// itself. And nobody is believed: others may be able to write where the servers do.
package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
)

// Carrier brings words from each server to the others.
type Carrier interface {
	// Listen calls hear for all that arrives, until ctx ends or the connection fails. It calls
	// ready when nothing that is sent from then on gets lost, and again whenever something may
	// have been lost before. It does not keep the text.
	Listen(ctx context.Context, ready func(), hear func(text []byte)) error
	// Send sends a text to all servers. While Listen has no connection, the error may be
	// [ErrAway].
	Send(ctx context.Context, text []byte) error
}

// ErrAway is the error of sending something while there is no connection. Listen says why.
var ErrAway = errors.New("there is no connection to the bus")

// The times of a bus.
const (
	again   = time.Second     // after a failure
	patient = 5 * time.Second // for sending something
	leaving = time.Second     // for sending the last words
)

// longest bounds what a server may say. The texts of the servers have some hundred bytes.
const longest = 2 << 10

// said is what a server says.
type said struct {
	From   uuid.UUID   `json:"from"`
	Clock  *chat.Clock `json:"clock,omitempty"`  // how far the database is
	People bool        `json:"people,omitempty"` // somebody has come or gone
	Typing *typist     `json:"typing,omitempty"`
}

// typist is somebody who is typing. The name is not said, because it would have to be believed.
type typist struct {
	Conversation chat.ConversationID `json:"conversation"`
	User         chat.UserID         `json:"user"`
}

// Bus is chat.Bus with a carrier. Several goroutines may call its methods.
type Bus struct {
	carrier Carrier
	log     *slog.Logger
	own     uuid.UUID
	news    chan chat.Clock
	met     chan struct{}
	heard   chan chat.Typing
	due     chan struct{} // holds one token while newest is to be sent
	newest  atomic.Pointer[chat.Clock]
	people  chan struct{} // holds one token while the others are to be told of it
	typing  chan chat.Typing
	away    atomic.Bool
	refused atomic.Int64
	stop    []func() // in this order, each waits
}

var _ chat.Bus = (*Bus)(nil)

// New starts a bus. The caller must call Close at the end.
func New(c Carrier, log *slog.Logger) *Bus {
	b := &Bus{
		carrier: c, log: log, own: uuid.New(), news: make(chan chat.Clock, 1), met: make(chan struct{}, 1), heard: make(chan chat.Typing, 16),
		due: make(chan struct{}, 1), people: make(chan struct{}, 1), typing: make(chan chat.Typing, 16),
	}
	b.away.Store(true)
	b.start("telling other servers what is new, retrying; until then they find out a moment later", b.tell)
	b.start("listening for other servers, retrying; until then this one finds out a moment later", b.listen)
	return b
}

// Close tells the others what they were to be told, and ends the bus.
func (b *Bus) Close() {
	for _, stop := range b.stop {
		stop()
	}
}

// Publish implements chat.Bus.
func (b *Bus) Publish(now chat.Clock) {
	b.newest.Store(&now)
	wake(b.due)
}

// News implements chat.Bus.
func (b *Bus) News() <-chan chat.Clock { return b.news }

// TellPeople implements chat.Bus.
func (b *Bus) TellPeople() { wake(b.people) }

// People implements chat.Bus.
func (b *Bus) People() <-chan struct{} { return b.met }

// TellTyping implements chat.Bus.
func (b *Bus) TellTyping(t chat.Typing) {
	select {
	case b.typing <- t:
	default:
	}
}

// Typing implements chat.Bus.
func (b *Bus) Typing() <-chan chat.Typing { return b.heard }

// Stats implements chat.Bus.
func (b *Bus) Stats() chat.BusStats {
	return chat.BusStats{Away: b.away.Load(), Refused: b.refused.Load()}
}

func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// start does something in a goroutine until the bus is closed, and begins again after a failure.
// It logs the first of several failures.
func (b *Bus) start(doing string, do func(ctx context.Context, works func()) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	b.stop = append(b.stop, func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		failing := false
		works := func() {
			if failing {
				b.log.Info("the bus to the other servers works again")
			}
			failing = false
		}
		for ctx.Err() == nil {
			if err := do(ctx, works); ctx.Err() == nil && !failing && !errors.Is(err, ErrAway) {
				b.log.Error(doing, "err", err)
				failing = true
			}
			select {
			case <-ctx.Done():
			case <-time.After(again):
			}
		}
	}()
}

// listen hears what other servers say. When it begins to listen, it says that there may be news:
// there may have been some before, and nothing gets lost between this and what it hears.
func (b *Bus) listen(ctx context.Context, works func()) error {
	defer b.away.Store(true)
	return b.carrier.Listen(ctx, func() {
		works()
		b.away.Store(false)
		b.offer(chat.Clock{})
		wake(b.met)
	}, b.hear)
}

// hear passes on what was said. If it is not what a server says, it counts that.
func (b *Bus) hear(text []byte) {
	var s said
	if len(text) > longest || json.Unmarshal(text, &s) != nil || s.Clock != nil && !s.Clock.Possible() {
		if b.refused.Add(1) == 1 {
			b.log.Warn("something on the bus is not from a server of this version, so it is ignored, and so is more of that kind", "bytes", len(text))
		}
		return
	}
	if s.From == b.own {
		return
	}
	if s.Clock != nil {
		b.offer(*s.Clock)
	}
	if s.People {
		wake(b.met)
	}
	if s.Typing != nil {
		select {
		case b.heard <- chat.Typing{Conversation: s.Typing.Conversation, User: s.Typing.User}:
		default:
		}
	}
}

// offer passes on how far the database is. If what was said before still waits, the furthest of
// both stays; the zero clock, which says that nobody knows, also stays. Only the goroutine that
// listens calls it.
func (b *Bus) offer(now chat.Clock) {
	select {
	case before := <-b.news:
		if now != (chat.Clock{}) && before != (chat.Clock{}) {
			now = now.Latest(before)
		} else {
			now = chat.Clock{}
		}
	default:
	}
	b.news <- now
}

// tell sends what there is to say. When ctx ends, it sends what still waits, except who is typing.
func (b *Bus) tell(ctx context.Context, works func()) error {
	for {
		var s said
		select {
		case <-ctx.Done():
			return b.last()
		case <-b.due:
			s.Clock = b.newest.Load()
		case <-b.people:
			s.People = true
		case t := <-b.typing:
			s.Typing = &typist{t.Conversation, t.User}
		}
		if err := b.send(s, patient); err != nil {
			return err // the others look by themselves
		}
		works()
	}
}

// last sends the last words.
func (b *Bus) last() error {
	var s said
	select {
	case <-b.due:
		s.Clock = b.newest.Load()
	default:
	}
	select {
	case <-b.people:
		s.People = true
	default:
	}
	if s == (said{}) {
		return nil
	}
	return b.send(s, leaving)
}

// send says something, also if the bus is being closed.
func (b *Bus) send(s said, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	s.From = b.own
	text, err := json.Marshal(s)
	if err == nil {
		err = b.carrier.Send(ctx, text)
	}
	if err != nil {
		return fmt.Errorf("sending to other servers: %w", err)
	}
	return nil
}
