package cluster

import (
	"fmt"
	"slices"

	"confab/cmd/confab-load/clients"
)

// stored is what the database has.
type stored struct {
	messages []message       // by their positions
	early    int             // so many are from before anybody was connected
	last     map[int64]int64 // the number that each conversation counts
	markers  map[reader]marker
	bans     []ban
	private  string // the account that shares no receipts

	places map[clients.Said]message
}

// message is a message in the database.
type message struct {
	position, conversation, seq int64
	id, author                  string
	said                        clients.Said
	written                     bool // by a survivor, who has said it
}

// ban is the time, as a position, from which an account is banned, and until when. A ban that
// is not lifted ends at 0.
type ban struct {
	name       string
	after, end int64
}

// index fills places.
func (s *stored) index() {
	s.places = make(map[clients.Said]message, len(s.messages))
	for _, m := range s.messages {
		if m.written {
			s.places[m.said] = m
		}
	}
}

// check compares what clients were told with the database, and returns what is wrong.
func (h *history) check(s *stored) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := &checker{history: h, stored: s, wrong: h.wrong}
	h.wrong = nil
	for _, look := range []func(){c.numbers, c.kept, c.once, c.order, c.received, c.ahead, c.banned} {
		look()
	}
	return c.wrong
}

type checker struct {
	*history
	*stored
	wrong []string
}

func (c *checker) complain(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// numbers: the messages of a conversation are 1, 2, 3… in the order of their positions, and
// each is there once.
func (c *checker) numbers() {
	at := map[int64]int64{}
	said := map[clients.Said]bool{}
	for _, m := range c.messages {
		if m.seq != at[m.conversation]+1 {
			c.complain("message %d of conversation %d is followed by %d", at[m.conversation], m.conversation, m.seq)
		}
		at[m.conversation] = m.seq
		if m.written && said[m.said] {
			c.complain("%q is there twice", m.said)
		}
		said[m.said] = true
	}
	for conversation, last := range c.last {
		if last != at[conversation] {
			c.complain("conversation %d counts %d messages but has %d", conversation, last, at[conversation])
		}
	}
}

// kept: a message that any screen has shown as sent is there.
func (c *checker) kept() {
	for s := range c.sent {
		if _, there := c.places[s]; !there {
			c.complain("%q was shown as sent and is lost", s)
		}
	}
}

// once: a message that was sent to several servers is there once, under the number that all
// of them have answered.
func (c *checker) once() {
	seqs := map[string]int64{}
	for _, m := range c.messages {
		if seqs[m.id] != 0 {
			c.complain("the id %s is there twice", m.id)
		}
		seqs[m.id] = m.seq
	}
	for id, answers := range c.posted {
		for _, seq := range answers {
			if seq != seqs[id] {
				c.complain("a server has answered that %s is number %d, but it is number %d", id, seq, seqs[id])
			}
		}
	}
}

// order: each screen has shown messages of one conversation in the order of their numbers.
func (c *checker) order() {
	for p, who := range c.above {
		first, second := c.places[p.first], c.places[p.second]
		if first.seq == 0 || second.seq == 0 {
			continue // it is lost, which is said above
		}
		if first.conversation != second.conversation || first.seq >= second.seq {
			c.complain("%s had %q (%d) on the screen above %q (%d)", who, p.first, first.seq, p.second, second.seq)
		}
	}
}

// received: each tail has all messages once, in the order of their positions.
func (c *checker) received() {
	visible := c.messages[c.early:]
	for tail, ids := range c.tails {
		for i, id := range ids {
			switch {
			case i >= len(visible):
				c.complain("%s has %d messages, but there are %d", tail, len(ids), len(visible))
			case id != visible[i].id:
				c.complain("%s has %s as number %d, which is %s", tail, id, i+1, visible[i].id)
			default:
				continue
			}
			break // the rest is displaced too
		}
	}
}

// ahead: what is read is delivered, and what is delivered is there. Nothing is kept as read
// for someone who does not share that.
func (c *checker) ahead() {
	for r, m := range c.stored.markers {
		if m.read > m.delivered || max(m.delivered, m.seen) > c.last[r.conversation] {
			c.complain("the markers of %s in conversation %d are %+v, and the newest message is %d", r.name, r.conversation, m, c.last[r.conversation])
		}
		if r.name == c.private && m.read > 0 {
			c.complain("%s shares no receipts, but has read conversation %d up to %d", r.name, r.conversation, m.read)
		}
	}
}

// banned: an account posts nothing between its ban and the end of the ban.
func (c *checker) banned() {
	for _, b := range c.bans {
		i := slices.IndexFunc(c.messages, func(m message) bool {
			return m.author == b.name && m.position > b.after && (b.end == 0 || m.position <= b.end)
		})
		if i >= 0 {
			c.complain("%s is banned from position %d on, but has posted at %d", b.name, b.after, c.messages[i].position)
		}
	}
}
