package timeline

import (
	"strings"
	"testing"
	"time"
	"unsafe"

	"confab/app/chat"
	"confab/tui/theme"
)

// talk is a conversation of n members in which ann has written most messages. The last row
// of one has room for only a tick.
func talk(n int) *fakeChat {
	c := &fakeChat{}
	c.post(2, "bob", "Is the release out?", start)
	c.post(1, "ann", "Nearly: the last build runs.", start.Add(time.Minute))
	c.post(2, "bob", "release 1.4", start.Add(time.Minute)).Notice = chat.NoticeTopic
	c.post(1, "ann", strings.TrimRight(strings.Repeat("This one is so long that it fills its rows to the end. ", 6), " "), start.Add(2*time.Minute))
	c.post(2, "bob", "Good.", start.Add(3*time.Minute))
	c.post(1, "ann", "Out.", start.Add(10*time.Minute))
	c.receipts = &chat.Receipts{Conversation: here, Named: n <= 100}
	for i := range n {
		c.receipts.Members = append(c.receipts.Members, chat.MemberReceipt{
			User: chat.UserID(i + 1), Name: string(rune('a' + i%26)), Shares: true, ReadAt: start.Add(time.Duration(i) * time.Second),
		})
	}
	return c
}

// A member who has joined after a message is not among its readers, whatever was said about
// the conversation since, and does not count for it.
func TestLaterMembersAreNoReaders(t *testing.T) {
	c := talk(4)
	for i := range c.receipts.Members {
		c.receipts.Members[i].Read, c.receipts.Members[i].Delivered = 6, 6
	}
	late := &c.receipts.Members[3]
	c.post(4, "d", "", start.Add(11*time.Minute)).Notice = chat.NoticeJoined
	late.Joined, late.ReadFrom, late.Read = 6, 6, 7
	s := newScreen(t, c, 96, 60)
	if p := s.timeline.canvas().marks(); len(p.at[6]) != 2 || p.all != 6 {
		t.Errorf("of the last message there are %d readers, and all have read up to %d; want 2 and 6", len(p.at[6]), p.all)
	}
}

// Markers never move the text.
func TestMarkersNeverMoveTheText(t *testing.T) {
	for _, w := range []int{20, 29, 30, 40, 42, 59, 60, 62, 80, 96, 120} {
		for _, members := range []int{2, 5, 40, 150, 1000} {
			c := talk(members)
			for i := range members - 1 {
				c.receipts.Members[i+1].Read = chat.Seq(6 - i%3)
				c.receipts.Members[i+1].Delivered = 6
			}
			s := newScreen(t, c, w, 60)
			view := s.timeline.canvas()
			ticks := 0
			for item := range view.items() {
				bare, full := view.rowsOf(item), view.drawn(item)
				for i := range bare {
					if !strings.HasPrefix(full[i], bare[i]) || (theme.Measure{}).Width(plain(full[i])) > view.style.width {
						t.Errorf("%d columns, %d members: the markers changed %q to %q", w, members, bare[i], full[i])
					}
					if strings.ContainsAny(full[i], "✓✔") || strings.Contains(plain(full[i]), "read ") { // which says more
						ticks++
					}
				}
			}
			if ticks != 3 {
				t.Errorf("%d columns, %d members: %d of ann's 3 messages have a tick:\n%s", w, members, ticks, s.text())
			}
		}
	}
}

// Initials stand for one member only, and authors have none at their own messages. How far
// the newest message is stays on the screen when the initials do not fit.
func TestInitialsAreUnambiguous(t *testing.T) {
	c := talk(5)
	for i, name := range []string{"ann", "mia", "max", "maxine", "moe"} {
		c.receipts.Members[i].Name = name
	}
	edge := func(w int, seq chat.Seq) string {
		view := newScreen(t, c, w, 60).timeline.canvas()
		item, _ := view.index(seq)
		cached := view.cached(item)
		row := plain(view.drawn(item)[cached.text])
		return strings.TrimSpace(row[len(plain(cached.rows[cached.text])):])
	}
	for _, test := range []struct {
		read []chat.Seq // of mia, max, maxine and moe
		seq  chat.Seq
		want string
	}{
		{[]chat.Seq{6}, 6, "read 1/4 ✓ Mi"},
		{[]chat.Seq{0, 6}, 6, "read 1/4 ✓ Max"},
		{[]chat.Seq{6, 0, 0, 6}, 6, "read 2/4 ✓ MoMi"},
		{[]chat.Seq{6, 6, 6}, 6, "read 3/4 ✓ Maxi+2"},
		{[]chat.Seq{6, 6, 6, 6}, 6, "read by all ✔✔ Mo+3"},
		{[]chat.Seq{5}, 5, ""}, // mia is its author
		{[]chat.Seq{5, 5}, 5, "Max"},
	} {
		for i := range c.receipts.Members[1:] {
			c.receipts.Members[i+1].Read, c.receipts.Members[i+1].Delivered = 0, 0
		}
		for i, read := range test.read {
			c.receipts.Members[i+1].Read, c.receipts.Members[i+1].Delivered = read, read
		}
		if got := edge(120, test.seq); got != test.want {
			t.Errorf("%v at %d: %q, want %q", test.read, test.seq, got, test.want)
		}
	}
	c.receipts.Members[1].Read = 6
	c.change(6, func(m *chat.Message) { m.Body = strings.Repeat("x", 60) })
	for w := 60; w < 130; w++ {
		if got := edge(w, 6); !strings.Contains(got, "read 1/4") {
			t.Errorf("%d columns: %q", w, got)
		}
	}
}

// Screens that show a message alike share its rows. They do not share parts that differ.
func TestScreensShareWhatTheyShowAlike(t *testing.T) {
	backend := talk(2)
	shared := NewRendered()
	first := func(environ string) *byte {
		s := newScreen(t, backend, 96, 40, func(o *Options) {
			terminal := theme.TerminalOf([]string{"TERM=xterm-256color", "TZ=UTC", environ})
			o.Rendered, o.Theme, o.Zone = shared, theme.New(terminal), terminal.Location()
		})
		return unsafe.StringData(s.timeline.canvas().rowsOf(0)[1])
	}
	one := first("")
	if two := first(""); one != two {
		t.Error("two screens that are alike have rendered a message twice")
	}
	for _, environ := range []string{"NO_COLOR=1", "TERM=linux", "TZ=Asia/Tokyo"} {
		if other := first(environ); other == one {
			t.Errorf("with %s a screen shows the rows of another kind", environ)
		}
	}
}
