package cluster

import (
	"fmt"
	"strings"
	"testing"

	"confab/app/testkit"
	"confab/cmd/confab-load/clients"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func said(author, n int) clients.Said {
	return clients.Said{Author: fmt.Sprintf("load%04d", author), Life: 1, N: n}
}

// goodRun is what is stored, and what clients were told, if nothing is wrong: two people have
// written three messages each, in two conversations.
func goodRun() (*stored, *history) {
	s := &stored{last: map[int64]int64{1: 4, 2: 2}, markers: map[reader]marker{{1, "load0000"}: {4, 3, 4}, {1, "load0001"}: {4, 0, 4}}, private: "load0001"}
	h := newHistory()
	h.sharers = 2
	seq := map[int64]int64{}
	for i := range 6 {
		m := message{position: int64(i + 1), conversation: int64(1 + i/4), id: fmt.Sprint("id", i), said: said(i%2, i/2+1), written: true}
		m.author = m.said.Author
		seq[m.conversation]++
		m.seq = seq[m.conversation]
		s.messages = append(s.messages, m)
		h.received("tail", m.id)
	}
	s.index()
	h.shown("load0000", true, 1, rowsOf(s.messages[:4]...))
	h.shown("load0001", false, 1, rowsOf(s.messages[4:]...))
	h.answered("id2", 3)
	h.answered("id2", 3)
	h.moved(map[reader]marker{{1, "load0000"}: {3, 3, 3}})
	h.moved(s.markers)
	return s, h
}

func rowsOf(of ...message) []clients.Shown { return beside("✓✓", of...) }

// beside returns rows with messages and the same at the right edge of each.
func beside(edge string, of ...message) []clients.Shown {
	var rows []clients.Shown
	for _, m := range of {
		rows = append(rows, clients.Shown{Said: m.said, Beside: edge})
	}
	return rows
}

// The checker finds each kind of fault.
func TestFinds(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(s *stored, h *history)
	}{
		{"nothing", "", func(*stored, *history) {}},
		{"a lost message", `"load0001 1-3" was shown as sent and is lost`, func(s *stored, _ *history) {
			s.messages = s.messages[:5]
		}},
		{"a hole", "message 2 of conversation 1 is followed by 4", func(s *stored, _ *history) {
			s.messages = append(s.messages[:2], s.messages[3:]...)
		}},
		{"positions that are not in the order of the numbers", "message 1 of conversation 1 is followed by 3", func(s *stored, _ *history) {
			s.messages[1], s.messages[2] = s.messages[2], s.messages[1]
		}},
		{"a counter", "conversation 2 counts 3 messages but has 2", func(s *stored, _ *history) { s.last[2] = 3 }},
		{"a message twice", `"load0000 1-1" is there twice`, func(s *stored, _ *history) { s.messages[2].said = said(0, 1) }},
		{"an id twice", "the id id1 is there twice", func(s *stored, _ *history) { s.messages[2].id = "id1" }},
		{"two answers", "a server has answered that id2 is number 4, but it is number 3", func(_ *stored, h *history) { h.answered("id2", 4) }},
		{"an answer about nothing", "a server has answered that none is number 1, but it is number 0", func(_ *stored, h *history) { h.answered("none", 1) }},
		{"a screen in another order", `load0001 had "load0001 1-1" (2) on the screen above "load0000 1-1" (1)`, func(s *stored, h *history) {
			h.shown("load0001", false, 1, rowsOf(s.messages[1], s.messages[0]))
			h.shown("load0001", false, 1, rowsOf(s.messages[:4]...))
		}},
		{"a screen with two conversations", "on the screen above", func(s *stored, h *history) {
			h.shown("load0001", false, 1, rowsOf(s.messages[3], s.messages[4]))
			h.shown("load0001", false, 1, rowsOf(s.messages[:4]...))
		}},
		{"a screen with a gap", "the screen of load0000 shows", func(s *stored, h *history) {
			h.shown("load0000", true, 1, rowsOf(s.messages[0], s.messages[1], s.messages[3]))
		}},
		{"a screen that is behind", "the screen of load0000 shows", func(s *stored, h *history) {
			h.shown("load0000", true, 1, rowsOf(s.messages[:3]...))
		}},
		{"an empty screen", "the screen of load0000 shows no message", func(_ *stored, h *history) { h.shown("load0000", true, 2, nil) }},
		{"a tail that is behind", "tail has 5 of 6 messages", func(_ *stored, h *history) { h.tails["tail"] = h.tails["tail"][:5] }},
		{"a tail with a gap", "tail has id3 as number 3, which is id2", func(_ *stored, h *history) {
			h.tails["tail"] = append(h.tails["tail"][:2], "id3", "id4", "id5", "id5")
		}},
		{"a tail with a message twice", "tail has 7 messages, but there are 6", func(_ *stored, h *history) { h.received("tail", "id5") }},
		{"a marker that goes back", "went back", func(_ *stored, h *history) {
			h.moved(map[reader]marker{{1, "load0000"}: {4, 2, 4}})
		}},
		{"read, but not delivered", "the markers of load0000 in conversation 1", func(s *stored, _ *history) {
			s.markers[reader{1, "load0000"}] = marker{2, 3, 3}
		}},
		{"delivered ahead", "the markers of load0000 in conversation 1", func(s *stored, _ *history) {
			s.markers[reader{1, "load0000"}] = marker{5, 3, 3}
		}},
		{"reads for someone who does not share", "load0001 shares no receipts", func(s *stored, h *history) {
			rows := rowsOf(s.messages[4:]...)
			rows[0].Beside = "   ✔✔"
			h.shown("load0001", false, 1, rows)
		}},
		{"a count for someone who does not share", "load0001 shares no receipts", func(s *stored, h *history) {
			h.shown("load0001", false, 1, beside("read 1/3 ✓✓", s.messages[4:]...))
		}},
		{"a marker for someone who does not share", "load0001 shares no receipts", func(s *stored, h *history) {
			h.shown("load0001", false, 1, beside("(1)", s.messages[4:]...))
		}},
		{"a reader too many", `load0000 was shown "load0000 1-1", but only 2 share receipts: read 1/3 ✓✓`, func(s *stored, h *history) {
			h.shown("load0000", true, 1, beside("read 1/3 ✓✓", s.messages[:4]...))
		}},
		{"a marker too many", "load0000 was shown that 4 others have read, but only 2 share receipts", func(s *stored, h *history) {
			h.shown("load0000", true, 1, beside("✓✓ (1)", s.messages[:4]...))
		}},
		{"a tick that goes back", "load0000 was shown that fewer have read", func(s *stored, h *history) {
			h.shown("load0000", true, 1, beside("✓", s.messages[:4]...))
		}},
		{"a count that goes back", "load0000 was shown that fewer have read", func(s *stored, h *history) {
			h.shown("load0000", true, 1, beside("read 2/2 ✓✓", s.messages[:4]...))
			h.shown("load0000", true, 1, beside("read 1/2 ✓✓", s.messages[:4]...))
		}},
		{"a new connection, which knows less", "", func(s *stored, h *history) {
			h.shown("load0000", true, 2, beside("✓", s.messages[:4]...))
		}},
		{"reads of someone who does not share", "load0001 shares no receipts, but has read conversation 1 up to 2", func(s *stored, _ *history) {
			s.markers[reader{1, "load0001"}] = marker{4, 2, 4}
		}},
		{"a tail without what is not for it", "", func(s *stored, h *history) { s.early, h.tails["tail"] = 1, h.tails["tail"][1:] }},
		{"a message after a ban", "load0001 is banned from position 3 on, but has posted at 4", func(s *stored, _ *history) {
			s.bans = []ban{{"load0001", 3, 0}}
		}},
		{"a message during a ban", "load0001 is banned from position 3 on, but has posted at 4", func(s *stored, _ *history) {
			s.bans = []ban{{"load0001", 3, 5}}
		}},
		{"a ban that was lifted", "", func(s *stored, _ *history) { s.bans = []ban{{"load0000", 3, 4}} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, h := goodRun()
			c.spoil(s, h)
			s.index()
			all := strings.Join(append(h.check(s), h.gaps(s)...), "\n")
			if c.want == "" && all != "" || !strings.Contains(all, c.want) {
				t.Errorf("found %q, want %q", all, c.want)
			}
		})
	}
}
