package timeline

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/tui/outbox"
	"confab/tui/theme"
)

// ledger is a store of messages with reactions, and the events that it has sent to screens.
type ledger struct {
	messages []*chat.Message
	events   []chat.Event
}

func (l *ledger) change(i int, do func(m *chat.Message)) *chat.Message {
	m := *l.messages[i]
	do(&m)
	l.messages[i] = &m
	return &m
}

// react adds a reaction, or takes it back if it is there.
func (l *ledger) react(i int, emoji string, user chat.UserID) {
	if l.messages[i].Deleted() {
		return
	}
	on := !l.messages[i].Reactions.Has(emoji, user)
	m := l.change(i, func(m *chat.Message) {
		next := &chat.Reactions{Version: 1}
		if m.Reactions != nil {
			next.Version = m.Reactions.Version + 1
		}
		for _, k := range m.ReactionKinds() {
			if k.Emoji == emoji {
				k.Users = slices.DeleteFunc(slices.Clone(k.Users), func(u chat.UserID) bool { return u == user })
				if on {
					k.Users = append(k.Users, user)
				}
			}
			if len(k.Users) > 0 {
				next.Kinds = append(next.Kinds, k)
			}
		}
		if on && !next.Has(emoji, user) {
			next.Kinds = append(next.Kinds, chat.Reaction{Emoji: emoji, Users: []chat.UserID{user}})
		}
		m.Reactions = next
	})
	l.events = append(l.events, chat.Reacted{MessageReacted: chat.MessageReacted{Conversation: 1, Seq: m.Seq, User: user, Emoji: emoji, On: on, Message: m}})
}

// page returns the page that a screen reads.
func (l *ledger) page(n need) []*chat.Message {
	if n.before > 0 {
		before := slices.DeleteFunc(slices.Clone(l.messages), func(m *chat.Message) bool { return m.Seq >= n.before })
		return before[max(0, len(before)-pageSize):]
	}
	after := slices.DeleteFunc(slices.Clone(l.messages), func(m *chat.Message) bool { return m.Seq <= n.after })
	return after[:min(len(after), pageSize)]
}

// viewer is a screen. It takes events some time after they happen, and its pages some time
// after they are read. Sometimes it misses events, and reads again.
type viewer struct {
	*conversation
	taken   int // events
	need    need
	page    []*chat.Message
	waiting bool // for the page
}

const viewerHeight = 10

func (v *viewer) ask(l *ledger) {
	if v.waiting {
		return
	}
	if n, ok := v.needs(viewerHeight); ok {
		v.need, v.page, v.waiting = n, slices.Clone(l.page(n)), true
	}
}

func (v *viewer) answered() {
	if v.waiting {
		v.waiting = false
		v.read(v.need, v.page, true)
	}
}

func (v *viewer) take(l *ledger) {
	if v.taken == len(l.events) {
		return
	}
	switch ev := l.events[v.taken].(type) {
	case chat.MessagePosted:
		v.posted(ev.Message)
	case chat.MessageChanged:
		v.altered(ev.Message)
	case chat.Reacted:
		v.altered(ev.Message)
	case chat.UserDeleted:
		v.withdrawn(ev.User)
	}
	v.taken++
}

// In the end all screens show the same reactions, for any order of events and pages, and
// for any events that they miss before a resync.
func TestScreensAgreeOnReactions(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := &ledger{}
		now := time.Unix(1_700_000_000, 0)
		post := func() {
			m := &chat.Message{Conversation: 1, Seq: chat.Seq(len(l.messages) + 1), Author: 1, Body: "hello"}
			l.messages = append(l.messages, m)
			l.events = append(l.events, chat.MessagePosted{Message: m})
		}
		for range rapid.IntRange(1, 2*pageSize).Draw(r, "messages before") {
			post()
		}
		screens := make([]*viewer, 3)
		for i := range screens {
			screens[i] = &viewer{conversation: newConversation(1, outbox.New(nil)), taken: len(l.events)}
			screens[i].latest = chat.Seq(len(l.messages))
			screens[i].enter(chat.Visit{Seen: screens[i].latest})
		}
		which := func() *viewer { return screens[rapid.IntRange(0, len(screens)-1).Draw(r, "screen")] }
		message := func() int { // one of the newest, so that most of them are on the screens
			return max(0, len(l.messages)-1-rapid.IntRange(0, 4).Draw(r, "message"))
		}
		r.Repeat(map[string]func(*rapid.T){
			"post": func(*rapid.T) { post() },
			"react": func(*rapid.T) {
				l.react(message(), rapid.SampledFrom([]string{"👍", "🎉"}).Draw(r, "emoji"), chat.UserID(rapid.IntRange(1, 3).Draw(r, "user")))
			},
			"edit": func(*rapid.T) {
				now = now.Add(time.Second)
				if i := message(); !l.messages[i].Deleted() {
					l.events = append(l.events, chat.MessageChanged{Message: l.change(i, func(m *chat.Message) { m.Body, m.EditedAt = fmt.Sprint(now.Unix()), now })})
				}
			},
			"delete": func(*rapid.T) {
				l.events = append(l.events, chat.MessageChanged{Message: l.change(message(), func(m *chat.Message) { m.Body, m.Reactions, m.DeletedAt = "", nil, now })})
			},
			"delete the account": func(*rapid.T) {
				user := chat.UserID(rapid.IntRange(1, 3).Draw(r, "user"))
				before := len(l.events)
				for i, m := range l.messages {
					for _, k := range m.ReactionKinds() {
						if k.By(user) {
							l.react(i, k.Emoji, user)
						}
					}
				}
				l.events = append(l.events[:before], chat.UserDeleted{User: user}) // the only event
			},
			"ask":    func(*rapid.T) { which().ask(l) },
			"answer": func(*rapid.T) { which().answered() },
			"take":   func(*rapid.T) { which().take(l) },
			"miss": func(*rapid.T) {
				v := which()
				v.taken = len(l.events)
				v.resync()
			},
		})
		for i, v := range screens {
			for v.taken < len(l.events) {
				v.take(l)
			}
			for range 10 {
				v.ask(l)
				v.answered()
			}
			if v.lastOrZero() != chat.Seq(len(l.messages)) {
				r.Fatalf("screen %d ends with %d of %d", i, v.lastOrZero(), len(l.messages))
			}
			for _, m := range v.window {
				if want := l.messages[m.Seq-1]; m.Body != want.Body || m.Deleted() != want.Deleted() || !reflect.DeepEqual(m.ReactionKinds(), want.ReactionKinds()) {
					r.Fatalf("screen %d shows %d as %+v %v; it is %+v %v", i, m.Seq, m, m.ReactionKinds(), want, want.ReactionKinds())
				}
			}
		}
	})
}

// Reactions take one row at every width, and those of the user are in brackets. Without
// UTF-8 they are shown by name.
func TestReactionsHaveOneRow(t *testing.T) {
	kinds := []chat.Reaction{{Emoji: "👍", Users: []chat.UserID{1, 2, 3}}, {Emoji: "🎉", Users: []chat.UserID{2}}, {Emoji: "❤️", Users: []chat.UserID{3}}}
	for _, c := range []struct {
		width int
		ascii bool
		self  chat.UserID
		want  string
	}{
		{120, false, 9, "👍 3  🎉 1  ❤️ 1"},
		{120, false, 2, "[👍 3]  [🎉 1]  ❤️ 1"},
		{120, true, 2, "[:+1: 3]  [:tada: 1]  :heart: 1"},
		{21, false, 2, "[👍 3]  [🎉 1]  +1"},
		{21, true, 9, ":+1: 3  +2"},
		{21, true, 2, "[:+1: 3]  +2"},
		{13, true, 2, "[:+1:~  +2"},
	} {
		th := theme.New(theme.Terminal{ASCII: c.ascii})
		row := reactionsRow(&rowStyle{theme: th, width: c.width}, kinds, ownReactions(kinds, c.self))
		got := strings.TrimSpace(strings.NewReplacer(th.Bold, "", th.Faint, "", "\x1b[m", "").Replace(row))
		if got != c.want || th.StyledWidth(row) > c.width {
			t.Errorf("in %d columns it is %q (%d), want %q", c.width, got, th.StyledWidth(row), c.want)
		}
	}
}
