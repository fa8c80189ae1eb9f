package cluster

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"confab/cmd/confab-load/clients"
)

// history is what clients were told, to be compared with the database.
type history struct {
	mu      sync.Mutex
	earlier map[string]bool // messages from before anybody was connected, which only some members see
	sent    map[clients.Said]bool
	above   map[pair]string     // which screen had shown the two messages, one below the other
	screens map[string]view     // the present screen of each person
	tails   map[string][]string // the ids that each tail has received
	posted  map[string][]int64  // by id, the numbers that the server has answered
	markers map[reader]marker   // as they were at the last look
	counted int                 // the most readers of a message on a screen
	sharers int                 // so many others share receipts with each person who does
	told    map[string]telling  // what the present screen of each person has said of readers
	wrong   []string            // what was wrong at once
}

// pair is two messages of which the first was right above the second.
type pair struct{ first, second clients.Said }

// view is a screen.
type view struct {
	life int
	rows []clients.Said
}

// reader is a member of a conversation.
type reader struct {
	conversation int64
	name         string
}

// marker is how far a member is.
type marker struct{ delivered, read, seen int64 }

func newHistory() *history {
	return &history{
		sent: map[clients.Said]bool{}, above: map[pair]string{}, screens: map[string]view{},
		tails: map[string][]string{}, posted: map[string][]int64{}, markers: map[reader]marker{},
		told: map[string]telling{},
	}
}

func (h *history) complain(format string, args ...any) {
	if what := fmt.Sprintf(format, args...); !slices.Contains(h.wrong, what) { // a screen may show it again and again
		h.wrong = append(h.wrong, what)
	}
}

// shown notes a screen, and looks at what it says of readers.
func (h *history) shown(who string, shares bool, life int, rows []clients.Shown) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := view{life, make([]clients.Said, len(rows))}
	for i, r := range rows {
		v.rows[i] = r.Said
		h.sent[r.Said] = true
		if i > 0 {
			h.above[pair{rows[i-1].Said, r.Said}] = who
		}
	}
	h.screens[who] = v
	h.tells(who, shares, life, rows)
}

// received notes a message that a tail has received, unless it is an early one.
func (h *history) received(tail, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.earlier[id] {
		h.tails[tail] = append(h.tails[tail], id)
	}
}

// newest returns the newest message of a tail, "" before the first.
func (h *history) newest(tail string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if of := h.tails[tail]; len(of) > 0 {
		return of[len(of)-1]
	}
	return ""
}

// answered notes that a server has said that a message has a number.
func (h *history) answered(id string, seq int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.posted[id] = append(h.posted[id], seq)
}

// answers returns for how many messages of programs a server has answered.
func (h *history) answers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.posted)
}

// moved notes where the markers are. They never go back.
func (h *history) moved(now map[reader]marker) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r, m := range now {
		if was := h.markers[r]; m.delivered < was.delivered || m.read < was.read || m.seen < was.seen {
			h.complain("the markers of %s in conversation %d went back from %+v to %+v", r.name, r.conversation, was, m)
		}
	}
	maps.Copy(h.markers, now)
}

// gaps compares the screens and tails with the store, once nobody writes any more. Each screen
// must show the newest messages of a conversation, and each tail must have all messages.
func (h *history) gaps(s *stored) (missing []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of := map[int64][]clients.Said{}
	for _, m := range s.messages {
		if m.written {
			of[m.conversation] = append(of[m.conversation], m.said)
		}
	}
	for _, who := range slices.Sorted(maps.Keys(h.screens)) {
		rows := h.screens[who].rows
		if len(rows) == 0 {
			missing = append(missing, fmt.Sprintf("the screen of %s shows no message", who))
			continue
		}
		all := of[s.places[rows[len(rows)-1]].conversation]
		if n := min(len(rows), len(all)); !slices.Equal(rows, all[len(all)-n:]) {
			missing = append(missing, fmt.Sprintf("the screen of %s shows %v, but the newest messages are %v", who, rows, all[len(all)-n:]))
		}
	}
	visible := s.messages[s.early:]
	for _, tail := range slices.Sorted(maps.Keys(h.tails)) {
		if got := len(h.tails[tail]); got < len(visible) {
			missing = append(missing, fmt.Sprintf("%s has %d of %d messages", tail, got, len(visible)))
		}
	}
	return missing
}
