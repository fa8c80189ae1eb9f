package cluster

import (
	"regexp"
	"strconv"
	"strings"

	"confab/cmd/confab-load/clients"
)

// told is what a screen says beside a message about those who have received and read it.
type told struct {
	tick     int // 1 sent, 2 delivered, 3 read; 0 if the message is somebody else's
	read, of int // so many of so many have read it; 0 of 0 if it does not say that
	here     int // so many have read up to this message
}

var (
	readCount   = regexp.MustCompile(`\bread (\d+)/(\d+)`)
	readersHere = regexp.MustCompile(`\((\d+)\)`)
)

// The names in this tool are too long for initials, so screens count readers.
const readByAll = "read by all"

// readTold reads what is beside a message.
func readTold(beside string) (t told) {
	switch {
	case strings.Contains(beside, "✔"):
		t.tick = 3
	case strings.Contains(beside, "✓✓"):
		t.tick = 2
	case strings.Contains(beside, "✓"):
		t.tick = 1
	}
	number := func(digits string) int {
		n, _ := strconv.Atoi(digits)
		return n
	}
	if m := readCount.FindStringSubmatch(beside); m != nil {
		t.read, t.of = number(m[1]), number(m[2])
	}
	if m := readersHere.FindStringSubmatch(beside); m != nil {
		t.here = number(m[1])
	}
	return t
}

// telling is what a screen has said of readers since it was connected.
type telling struct {
	life int
	of   map[clients.Said]told
}

// tells looks at what a screen says of readers. Someone who shares no receipts is not told
// what others have read, and nobody is told what that person has read. Receipts on a screen
// never go back.
func (h *history) tells(who string, shares bool, life int, rows []clients.Shown) {
	said := h.told[who]
	if said.life != life {
		said = telling{life, map[clients.Said]told{}}
		h.told[who] = said
	}
	here := 0
	for _, r := range rows {
		t, was := readTold(r.Beside), said.of[r.Said]
		if !shares && t.tellsReads(r.Beside) {
			h.complain("%s shares no receipts, but %q was shown as read: %s", who, r.Said, r.Beside)
		}
		if t.of > h.sharers {
			h.complain("%s was shown %q, but only %d share receipts: %s", who, r.Said, h.sharers, r.Beside)
		}
		if t.tick < was.tick || t.of > 0 && t.read < was.read {
			h.complain("%s was shown that fewer have read %q than before: %+v, then %+v", who, r.Said, was, t)
		}
		here += t.here
		h.counted = max(h.counted, t.read, here)
		said.of[r.Said] = told{tick: max(t.tick, was.tick), read: max(t.read, was.read)}
	}
	if here > h.sharers {
		h.complain("%s was shown that %d others have read, but only %d share receipts", who, here, h.sharers)
	}
}

// tellsReads reports whether it says that somebody has read something.
func (t told) tellsReads(beside string) bool {
	return t.tick == 3 || t.of > 0 || t.here > 0 || strings.Contains(beside, readByAll)
}
