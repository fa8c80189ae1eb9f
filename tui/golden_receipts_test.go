package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// talk is a conversation of n members in which ann has written most messages. The last row
// of one has room for only a tick.
func talk(n int) *fakeChat {
	c := &fakeChat{direct: n == 2}
	c.post(2, "bob", "Is the release out?", start)
	c.post(1, "ann", "Nearly: the last build runs.", start.Add(time.Minute))
	c.system(chat.NoticeTopic, "release 1.4")
	c.post(1, "ann", strings.TrimRight(strings.Repeat("This one is so long that it fills its rows to the end. ", 6), " "), start.Add(2*time.Minute))
	c.post(2, "bob", "Good.", start.Add(3*time.Minute))
	c.post(1, "ann", "Out.", start.Add(10*time.Minute))
	c.receipts = receiptsOf(n, 0)
	return c
}

// system adds a line about the conversation.
func (c *fakeChat) system(notice chat.Notice, body string) *chat.Message {
	m := c.post(2, "bob", body, start.Add(time.Minute))
	m.Notice = notice
	return m
}

// at sets how far members have read. They are numbered from 1, because ann is 0. The others
// have received nothing yet.
func (c *fakeChat) at(read ...chat.Seq) {
	for i, s := range read {
		m := &c.receipts.Members[i+1]
		m.Read, m.Delivered = s, s
	}
}

func TestGoldenReceipts(t *testing.T) {
	for _, size := range []struct{ w, h int }{{120, 16}, {80, 22}, {40, 26}} {
		for name, prepare := range map[string]func() *fakeChat{
			"2-read": func() *fakeChat { c := talk(2); c.at(6); return c },
			"2-some": func() *fakeChat { c := talk(2); c.at(4); return c },
			"5-none": func() *fakeChat { return talk(5) },
			"5-delivered": func() *fakeChat {
				c := talk(5)
				c.at(2, 2, 3, 3)
				for i := range c.receipts.Members {
					c.receipts.Members[i].Delivered = 6
				}
				return c
			},
			"5-some": func() *fakeChat { c := talk(5); c.at(6, 6, 4, 3); return c },
			"5-all":  func() *fakeChat { c := talk(5); c.at(6, 6, 6, 6); return c },
			"5-everyone": func() *fakeChat {
				c := talk(5)
				c.post(3, "christopher-robin", "Thanks!", start.Add(time.Hour))
				c.at(7, 7, 7, 7)
				return c
			},
			"5-system": func() *fakeChat { c := talk(5); c.system(chat.NoticeLeft, ""); c.at(7, 7, 7, 7); return c },
			"40": func() *fakeChat {
				c := talk(40)
				var read []chat.Seq
				for i := range 39 {
					read = append(read, []chat.Seq{6, 4, 5, 2}[i%4])
				}
				c.at(read...)
				return c
			},
			"150": func() *fakeChat {
				c := talk(150)
				var read []chat.Seq
				for i := range 149 {
					read = append(read, []chat.Seq{6, 4, 5, 4}[i%4])
				}
				c.at(read...)
				return c
			},
		} {
			full := fmt.Sprintf("receipts-%s-%d", name, size.w)
			t.Run(full, func(t *testing.T) {
				s := newScreen(t, prepare(), size.w, size.h)
				golden(t, full, s.text())
			})
		}
	}
}

// With colours, without, and in ASCII; with an unread line and a selection.
func TestGoldenReceiptStyles(t *testing.T) {
	for name, environ := range map[string][]string{
		"256":     nil,
		"16":      {"TERM=xterm"},
		"nocolor": {"NO_COLOR=1"},
		"ascii":   {"TERM=linux"},
	} {
		t.Run(name, func(t *testing.T) {
			c := talk(5)
			c.at(6, 4, 4, 0)
			s := newScreen(t, c, 80, 22, environ...)
			golden(t, "receipts-styles-"+name, s.model.Frame().String())
		})
	}
	t.Run("unread", func(t *testing.T) {
		c := talk(5)
		c.at(6, 4, 4, 0)
		c.unseen, c.seen = true, 4
		s := newScreen(t, c, 80, 22)
		golden(t, "receipts-unread", s.text())
		s.press(tea.Key{Code: tea.KeyEscape}, tea.Key{Code: tea.KeyUp})
		golden(t, "receipts-selected", s.model.Frame().String())
	})
}

func TestInitials(t *testing.T) {
	for readers, want := range map[int]string{1: "B", 2: "CB", 3: "DCB", 4: "EDCB", 5: "FED+2", 10: "AJI+7"} {
		c := talk(12)
		read := make([]chat.Seq, readers)
		for i := range read {
			read[i] = 6
		}
		c.at(read...)
		s := newScreen(t, c, 120, 16)
		if got := s.text(); !strings.Contains(got, "✓ "+want) && !strings.Contains(got, "✔ "+want) {
			t.Errorf("%d readers: want %q at the newest message:\n%s", readers, want, got)
		}
	}
}

// The screen claims nothing that its user may not know.
func TestWhatIsNotShared(t *testing.T) {
	c := talk(5)
	c.at(6, 6, 6, 6)
	c.receipts.Members[4].Shares, c.receipts.Members[4].Read = false, 0
	c.post(2, "bob", "newest", start.Add(time.Hour))
	c.at(7, 7, 7)
	s := newScreen(t, c, 120, 20)
	if got := s.text(); strings.Contains(got, "everyone") || !strings.Contains(got, "     DC") {
		t.Errorf("one of four does not tell, so not everyone is known to have seen it:\n%s", got)
	}
	c = talk(5)
	c.receipts.Withheld = true
	for i := range c.receipts.Members {
		m := &c.receipts.Members[i]
		m.Shares, m.Delivered = false, 6
	}
	s = newScreen(t, c, 120, 20)
	if got := s.text(); !strings.Contains(got, "delivered 4/4 ✓✓") || strings.Contains(got, "read") {
		t.Errorf("with receipts off there is only what was delivered:\n%s", got)
	}
}
