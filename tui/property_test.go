package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/tui/dialog"
	"confab/tui/theme"
)

// anyKey is a key with an action, or one that types text.
func anyKey() *rapid.Generator[tea.Key] {
	return rapid.OneOf(
		rapid.Custom(func(r *rapid.T) tea.Key {
			code := rapid.SampledFrom([]rune{
				tea.KeyEnter, tea.KeyEscape, tea.KeyUp, tea.KeyDown, tea.KeyLeft, tea.KeyRight, tea.KeyHome, tea.KeyEnd,
				tea.KeyPgUp, tea.KeyPgDown, tea.KeyBackspace, tea.KeyDelete, tea.KeyTab, tea.KeyF1, tea.KeyF5,
			}).Draw(r, "code")
			return tea.Key{Code: code, Mod: rapid.SampledFrom([]tea.KeyMod{0, 0, 0, tea.ModAlt, tea.ModShift, tea.ModCtrl, tea.ModAlt | tea.ModShift}).Draw(r, "mod")}
		}),
		rapid.Custom(func(r *rapid.T) tea.Key {
			code := rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyz0123456789/")).Draw(r, "letter")
			return tea.Key{Code: code, Mod: rapid.SampledFrom([]tea.KeyMod{tea.ModCtrl, tea.ModAlt}).Draw(r, "mod")}
		}),
		rapid.Custom(func(r *rapid.T) tea.Key {
			c := rapid.RuneFrom([]rune("aiuq?/@# 漢👩\u0301\u200dé~")).Draw(r, "text")
			return tea.Key{Code: c, Text: string(c)}
		}),
	)
}

// After any keys, pastes and events, on a screen of any size, all rows fit their panes, at
// most one thing is selected, and nothing panics.
func TestAnythingOnAnyScreen(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		backend := several()
		backend.unseen, backend.seen = true, chat.Seq(rapid.IntRange(0, 3).Draw(r, "seen"))
		for i := range rapid.IntRange(2, 150).Draw(r, "history") {
			body := strings.Repeat("word ", 1+i*7%40)
			switch i % 9 {
			case 3:
				body = strings.Repeat("漢字", 60)
			case 5:
				body = strings.Repeat("line\n", 1+i%30) + "@ann\ttab"
			}
			m := backend.post(chat.UserID(1+i%4), []string{"ann", "bob", "eve", "christopher-robin"}[i%4], body, start.Add(time.Duration(i)*7*time.Minute))
			if i%11 == 7 {
				m.Notice, m.Body = chat.NoticeTopic, "a topic that is quite long, as topics may be"
			}
		}
		members := rapid.SampledFrom([]int{2, 5, 40, 150}).Draw(r, "members")
		backend.receipts = receiptsOf(members, chat.Seq(len(backend.messages)/2))
		size := func(r *rapid.T) (int, int) {
			return rapid.IntRange(1, 200).Draw(r, "w"), rapid.IntRange(1, 60).Draw(r, "h")
		}
		small := func(r *rapid.T) (int, int) {
			return rapid.IntRange(18, 44).Draw(r, "w"), rapid.IntRange(5, 12).Draw(r, "h")
		}
		w, h := size(r)
		s := newScreen(t, backend, w, h, rapid.SampledFrom([]string{"", "NO_COLOR=1", "TERM=linux"}).Draw(r, "environ"))
		where := []chat.ConversationID{7, 11, 12, 20, 99}
		edits := 0
		next := map[chat.ConversationID]chat.Seq{11: 10, 12: 10, 20: 10, 99: 0}
		r.Repeat(map[string]func(*rapid.T){
			"key": func(r *rapid.T) {
				for _, k := range rapid.SliceOfN(anyKey(), 1, 5).Draw(r, "keys") {
					s.press(k)
				}
			},
			"go": func(r *rapid.T) {
				s.press(ctrlK)
				s.typeText(rapid.SampledFrom([]string{"", "old", "bob", "/m", "/info", "/unread", "/set", "/bind", "chris"}).Draw(r, "query"))
				s.enter()
			},
			"command": func(r *rapid.T) {
				s.model.overlay.Close()
				s.model.timeline.Select(0)
				s.model.composer.Clear()
				s.model.relayout() // closes what is listed for the text that was there
				s.typeText(rapid.SampledFrom([]string{
					"/members", "/info", "/unread", "/bind", "/help", "/settings", "/group", "/list", "/nonsense", "/go x", "/top", "/pin", "/pins", "/save", "/saved", "/react :tada:", "/sidebar", "/add @eve",
					"/keys", "/requests", "/export", "/nick @bob", "/invite", "/admin join", "/name x",
				}).Draw(r, "command"))
				s.enter()
			},
			"select": func(r *rapid.T) {
				s.press(tea.Key{Code: tea.KeyEscape})
				for range rapid.IntRange(1, 8).Draw(r, "n") {
					s.press(tea.Key{Code: rapid.SampledFrom([]rune{tea.KeyUp, tea.KeyUp, tea.KeyDown, tea.KeyPgUp, tea.KeyPgDown, tea.KeyHome, tea.KeyEnd}).Draw(r, "where")})
				}
				s.typeText(rapid.SampledFrom([]string{"", "", "e", "d", "dy", "dn", "r"}).Draw(r, "do"))
				if l := s.model; l.timeline.Selected() != 0 && len(l.outbox.Unsent(l.timeline.Conversation())) == 0 && !l.overlay.Covers() && !l.tooSmall() && !strings.Contains(strings.Join(l.timeline.Rows(), ""), l.theme.Chosen) {
					r.Fatalf("message %d is selected and not on the screen:\n%s", l.timeline.Selected(), s.text())
				}
			},
			"reply": func(r *rapid.T) {
				s.model.overlay.Close()
				s.typeText("/reply " + rapid.SampledFrom([]string{"", "so be it"}).Draw(r, "text"))
				s.enter()
			},
			"unread line": func(*rapid.T) { s.press(tea.Key{Code: 'u', Mod: tea.ModAlt}) },
			"scroll": func(r *rapid.T) {
				key := rapid.SampledFrom([]rune{tea.KeyPgUp, tea.KeyPgDown, tea.KeyHome, tea.KeyEnd}).Draw(r, "way")
				for range rapid.IntRange(1, 20).Draw(r, "n") {
					s.press(tea.Key{Code: key})
				}
			},
			"paste": func(r *rapid.T) {
				s.update(tea.PasteMsg{Content: rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
					strings.Repeat("x", 300), strings.Repeat("a\n", 40), "\x1b[2J\x9b31m", strings.Repeat("漢", 90), "👩‍👩‍👧", "\u0301", "\t\t",
				})).Draw(r, "text")})
			},
			"resize": func(r *rapid.T) { w, h := size(r); s.update(tea.WindowSizeMsg{Width: w, Height: h}) },
			"small":  func(r *rapid.T) { w, h := small(r); s.update(tea.WindowSizeMsg{Width: w, Height: h}) },
			"focus": func(r *rapid.T) {
				s.update(rapid.SampledFrom([]tea.Msg{tea.FocusMsg{}, tea.BlurMsg{}}).Draw(r, "focus"))
			},
			"wheel": func(r *rapid.T) {
				s.update(tea.MouseWheelMsg{Button: rapid.SampledFrom([]tea.MouseButton{tea.MouseWheelUp, tea.MouseWheelDown}).Draw(r, "way")})
			},
			"time": func(r *rapid.T) { s.pass(time.Duration(rapid.IntRange(1, 90000).Draw(r, "ms")) * time.Millisecond) },
			"message": func(r *rapid.T) {
				id := rapid.SampledFrom(where).Draw(r, "where")
				if id == fakeConversation {
					m := backend.post(chat.UserID(rapid.IntRange(1, 4).Draw(r, "author")), "eve", "hello @ann", start.Add(48*time.Hour))
					if to := backend.messages[rapid.IntRange(0, len(backend.messages)-1).Draw(r, "to")]; to != m && !to.System() {
						m.ReplyTo = &chat.Quote{ID: to.ID, Seq: to.Seq, Author: to.Author, AuthorName: to.AuthorName, Text: chat.QuoteText(to.Body)}
					}
					s.arrive(m)
					return
				}
				next[id]++
				s.arrive(elsewhere(id, next[id], "hello"))
			},
			"event": func(r *rapid.T) {
				id := rapid.SampledFrom(where).Draw(r, "where")
				s.update(&eventsMsg{Events: []chat.Event{rapid.SampledFrom([]chat.Event{
					chat.SeenMoved{Conversation: id, Seen: chat.Seq(rapid.IntRange(0, 40).Draw(r, "seen"))},
					chat.ListChanged{}, chat.Removed{Conversation: id},
					chat.PresenceChanged{User: 2, Presence: chat.Away},
					chat.Typing{Conversation: id, User: 4, Name: "christopher-robin"},
					chat.RequestsChanged{Waiting: 3}, chat.RequestsChanged{},
					chat.UserRenamed{User: 2, Name: "robert", DisplayName: "Bob Ünder"},
					chat.UserDeleted{User: 4},
				}).Draw(r, "event")}})
			},
			"edit or delete": func(r *rapid.T) {
				if len(backend.messages) == 0 {
					return
				}
				seq := chat.Seq(rapid.IntRange(1, len(backend.messages)).Draw(r, "seq"))
				switch {
				case backend.messages[seq-1].Deleted(): // nothing changes any more
				case rapid.Bool().Draw(r, "delete"):
					s.happen(backend.gone(seq))
				default:
					edits++
					s.happen(backend.edited(seq, "edited @ann", start.Add(time.Duration(edits)*time.Second)))
				}
			},
			"purge": func(r *rapid.T) {
				user := chat.UserID(rapid.IntRange(2, 4).Draw(r, "whose"))
				for i, m := range backend.messages {
					if m.Author == user && !m.System() && !m.Deleted() {
						backend.gone(chat.Seq(i + 1))
					}
				}
				s.happen(chat.UserDeleted{User: user, Purged: true, At: start.Add(time.Hour)})
			},
			"resync": func(*rapid.T) { s.update(&eventsMsg{Resync: true}) },
			"receipts": func(r *rapid.T) {
				s.update(&eventsMsg{Receipts: receiptsOf(members, chat.Seq(rapid.IntRange(0, len(backend.messages)).Draw(r, "read")))})
			},
			"broken": func(r *rapid.T) {
				backend.fail, backend.refuse, backend.refusal = nil, nil, nil
				switch rapid.IntRange(0, 5).Draw(r, "what") {
				case 0:
					backend.fail = errBroken
				case 1:
					backend.refuse = errBroken
				case 2:
					backend.refusal = chat.Refuse(chat.ErrNotAllowed, "You may not.")
				}
			},
			"hold":    func(*rapid.T) { s.hold = true },
			"release": func(*rapid.T) { s.release() },
			"": func(r *rapid.T) {
				if !s.model.tooSmall() {
					// Cached rows are the same as newly drawn ones.
					kept := slices.Clone(s.model.timeline.Rows())
					s.model.timeline.SetTheme(s.model.theme)
					s.model.relayout()
					if anew := s.model.timeline.Rows(); !slices.Equal(kept, anew) {
						r.Fatalf("drawn:\n%s\nanew:\n%s", strings.Join(kept, "\n"), strings.Join(anew, "\n"))
					}
				}
				f := s.model.Frame()
				for _, p := range f.Panes {
					if p.X < 0 || p.Y < 0 || p.X+p.W > f.W || p.Y+p.H > f.H || len(p.Rows) > p.H {
						r.Fatalf("a pane of %dx%d with %d rows at %d,%d on a screen of %dx%d", p.W, p.H, len(p.Rows), p.X, p.Y, f.W, f.H)
					}
					for i, row := range p.Rows {
						if n := (theme.Measure{}).Width(plain(row)); n > p.W {
							r.Fatalf("row %d has %d cells in a pane of %dx%d: %q", i, n, p.W, p.H, row)
						}
						if strings.ContainsAny(row, "\n\r\t\a") {
							r.Fatalf("row %d has a control: %q", i, row)
						}
					}
				}
				if c := f.Cursor; c.Shown && (c.X < 0 || c.Y < 0 || c.X >= f.W || c.Y >= f.H) {
					r.Fatalf("the cursor is at %d,%d on a screen of %dx%d", c.X, c.Y, f.W, f.H)
				}
				if n := selected(s); n > 1 {
					r.Fatalf("%d things are selected:\n%s", n, f.String())
				}
			},
		})
	})
}

// selected counts the selected rows: in the timeline, in the sidebar apart from the open
// conversation, or in the switcher.
func selected(s *testScreen) int {
	m := s.model
	if m.tooSmall() {
		return 0
	}
	rows := s.model.Frame().Panes[0].Rows
	n := 0
	switch {
	case m.overlay.Covers():
		was := false
		_, hits := m.overlay.Dialog().(*dialog.Search)
		for _, row := range rows[:len(rows)-1] { // the last says how to leave
			is := strings.HasPrefix(plain(row), m.theme.Open)
			if is && !(was && hits) { // a hit has several rows
				n++
			}
			was = is
		}
	case m.timeline.Conversation() != 0:
		was := false
		for _, row := range m.timeline.Rows() { // a message is one thing
			is := strings.Contains(row, m.theme.Chosen)
			if is && !was {
				n++
			}
			was = is
		}
		if m.layout.sidebar.W > 0 {
			open := 0
			for _, row := range rows {
				if strings.HasPrefix(plain(row), m.theme.Open) {
					open++
				}
			}
			n = max(n, open)
		}
	}
	return n
}
