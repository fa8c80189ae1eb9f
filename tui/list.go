package tui

import (
	"cmp"
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
)

// listMsg has the list of conversations.
type listMsg struct {
	list []chat.Listed
	err  error
}

// readList makes the command that reads the list. If it is being read already
// it is read once more afterwards.
func (m *Model) readList() tea.Cmd {
	if m.listing {
		m.listAgain = true
		return nil
	}
	m.listing, m.listAgain, m.since = true, false, nil
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		list, err := m.chat.Conversations(ctx)
		return listMsg{list, err}
	}
}

// meanwhileLimit is how many events are kept while the list is being read;
// with more it is read once more instead.
const meanwhileLimit = 256

// meanwhile notes what happened while the list is being read: what is read may
// be from before it or after.
func (m *Model) meanwhile(ev chat.Event) {
	switch {
	case !m.listing:
	case len(m.since) < meanwhileLimit:
		m.since = append(m.since, ev)
	default:
		m.listAgain = true
	}
}

func (m *Model) loaded(msg listMsg) tea.Cmd {
	since := m.since
	m.listing, m.since = false, nil
	if msg.err != nil {
		m.fail("listing conversations", msg.err)
		return nil
	}
	again, wanted, wantedSeq := m.listAgain, m.wanted, m.wantedSeq
	title := ""
	if l := m.current(); l != nil {
		title = l.Title()
	}
	m.list = msg.list
	if !m.listed {
		m.listed = true
		for _, l := range m.list {
			m.drafts[l.ID] = l.Draft
		}
	}
	var cmds []tea.Cmd
	for _, ev := range since {
		switch ev := ev.(type) {
		case chat.MessagePosted:
			if l := m.entry(ev.Message.Conversation); l != nil {
				m.count(l, ev.Message)
			}
		case chat.SeenMoved:
			if l := m.entry(ev.Conversation); l != nil {
				cmds = append(cmds, m.seenIn(l, ev.Seen))
			}
		case chat.Removed:
			// Added again since then, it would be listed once more.
			m.list = slices.DeleteFunc(m.list, func(l chat.Listed) bool { return l.ID == ev.Conversation })
		}
	}
	switch {
	case wanted != 0 && m.entry(wanted) != nil:
		if wantedSeq != 0 {
			cmds = append(cmds, m.goTo(wanted, wantedSeq))
		} else {
			cmds = append(cmds, m.visit(wanted))
		}
	case m.open == nil:
		cmds = append(cmds, m.home())
	case m.entry(m.open.conversation) == nil:
		cmds = append(cmds, m.lose(m.open.conversation, title))
	}
	m.sort()
	if !again {
		m.wanted, m.wantedSeq = 0, 0
	} else {
		if m.wanted == 0 && m.entry(wanted) == nil {
			m.wanted, m.wantedSeq = wanted, wantedSeq // it may be there the next time
		}
		cmds = append(cmds, m.readList())
	}
	return tea.Batch(cmds...)
}

// home opens #general, or whatever there is.
func (m *Model) home() tea.Cmd {
	m.sort()
	for _, l := range m.list {
		if l.Kind == chat.KindGroup && l.Name == chat.GeneralName {
			return m.visit(l.ID)
		}
	}
	if len(m.list) > 0 {
		return m.visit(m.list[0].ID)
	}
	m.open = nil
	m.notice = "You are a member of no conversation: /list shows public groups, /dm NAME writes to someone."
	return nil
}

// entry is the list's of a conversation, nil if it has none.
func (m *Model) entry(id chat.ConversationID) *chat.Listed {
	for i := range m.list {
		if m.list[i].ID == id {
			return &m.list[i]
		}
	}
	return nil
}

// current is the list's entry of the open conversation, nil if there is none.
func (m *Model) current() *chat.Listed {
	if m.open == nil {
		return nil
	}
	return m.entry(m.open.conversation)
}

// sort puts the list into the order of the sidebar: what is pinned, what is
// unread, and the rest, the latest activity first within each. What is muted
// does not come up for being unread.
func (m *Model) sort() {
	now := m.now()
	rank := func(l *chat.Listed) int {
		switch {
		case l.Mine.Pinned:
			return 0
		case l.Unread > 0 && (l.Mentioned || !l.Mine.Muted(now)):
			return 1
		default:
			return 2
		}
	}
	order := func(a, b *chat.Listed) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			b.LastAt.Compare(a.LastAt),
			cmp.Compare(a.ID, b.ID),
		)
	}
	for i := 1; i < len(m.list); i++ {
		if order(&m.list[i-1], &m.list[i]) > 0 { // mostly it is in order
			slices.SortFunc(m.list, func(a, b chat.Listed) int { return order(&a, &b) })
			return
		}
	}
}

// visible are the conversations that are shown: direct ones in which nobody
// has written are not, unless one is there.
func (m *Model) visible() []*chat.Listed {
	return m.appendVisible(make([]*chat.Listed, 0, len(m.list)))
}

func (m *Model) appendVisible(shown []*chat.Listed) []*chat.Listed {
	for i := range m.list {
		l := &m.list[i]
		if l.Kind == chat.KindDirect && l.LastSeq == 0 && (m.open == nil || m.open.conversation != l.ID) {
			continue
		}
		shown = append(shown, l)
	}
	return shown
}

// step opens the conversation that is so many places further in the sidebar.
func (m *Model) step(by int) tea.Cmd {
	shown := m.visible()
	if len(shown) == 0 {
		return nil
	}
	at := slices.IndexFunc(shown, func(l *chat.Listed) bool { return m.open != nil && l.ID == m.open.conversation })
	return m.visit(shown[(at+by+len(shown))%len(shown)].ID)
}

// stepUnread opens the next conversation with something unread, in a direction;
// one that names the user comes first.
func (m *Model) stepUnread(by int) tea.Cmd {
	shown := m.visible()
	at := slices.IndexFunc(shown, func(l *chat.Listed) bool { return m.open != nil && l.ID == m.open.conversation })
	for _, mentioned := range []bool{true, false} {
		for i := 1; i <= len(shown); i++ {
			l := shown[((at+by*i)%len(shown)+len(shown))%len(shown)]
			if l.Unread > 0 && l.Mentioned == mentioned && (mentioned || !l.Mine.Muted(m.now())) && (m.open == nil || l.ID != m.open.conversation) {
				return m.visit(l.ID)
			}
		}
	}
	m.notice = "Nothing is unread."
	return nil
}

// number opens the conversation at a place of the sidebar, counted from 1.
func (m *Model) number(n int) tea.Cmd {
	if shown := m.visible(); n <= len(shown) {
		return m.visit(shown[n-1].ID)
	}
	m.notice = "There are not so many conversations."
	return nil
}
