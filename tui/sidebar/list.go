package sidebar

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
)

// ListMsg has the list of conversations. Loaded takes it.
type ListMsg struct {
	list []chat.ConversationSummary
	err  error

	missed    []*chat.Message // see [Resync]
	missedErr error
}

// conversations has the conversations of the user in the order of the sidebar.
type conversations []chat.ConversationSummary

// entry finds a conversation, nil if it is not in the list.
func (c conversations) entry(id chat.ConversationID) *chat.ConversationSummary {
	for i := range c {
		if c[i].ID == id {
			return &c[i]
		}
	}
	return nil
}

// without is the list without a conversation.
func (c conversations) without(id chat.ConversationID) conversations {
	return slices.DeleteFunc(c, func(l chat.ConversationSummary) bool { return l.ID == id })
}

// apply takes whether somebody is there, somebody's status, or whether the user may write.
func (c conversations) apply(ev chat.Event) {
	for i := range c {
		switch ev := ev.(type) {
		case chat.PresenceChanged:
			if c[i].Other.ID == ev.User {
				c[i].Presence = ev.Presence
			}
		case chat.StatusSet:
			if c[i].Other.ID == ev.User {
				c[i].Other.Status = ev.Status
			}
		case chat.Silenced:
			if c[i].Mine.Silence = &ev.Silence; ev.Lifted {
				c[i].Mine.Silence = nil
			}
		}
	}
}

// calls reports whether a conversation needs the user's attention: it has unread messages, or
// somebody has added the user to it. In a muted one, only mentions do.
func calls(l *chat.ConversationSummary, now time.Time) bool {
	return (l.Unread > 0 || l.New()) && (l.Mentioned() || !l.Mine.Muted(now))
}

// sort puts the list in order: pinned conversations, groups and people, by their names.
// #general is the first group, and notes to oneself are the first of the people. Messages
// do not change the order.
func (c conversations) sort() {
	for i := 1; i < len(c); i++ {
		if order(&c[i-1], &c[i]) > 0 { // mostly it is in order
			slices.SortFunc(c, func(a, b chat.ConversationSummary) int { return order(&a, &b) })
			return
		}
	}
}

func order(a, b *chat.ConversationSummary) int {
	if by := cmp.Compare(rank(a), rank(b)); by != 0 {
		return by
	}
	return cmp.Or(strings.Compare(name(a), name(b)), cmp.Compare(a.ID, b.ID))
}

func rank(l *chat.ConversationSummary) int {
	n := 4
	if l.Mine.Pinned {
		n = 0
	}
	switch {
	case l.Kind == chat.KindGroup && l.Name == chat.GeneralName:
		return n
	case l.Kind == chat.KindGroup:
		return n + 1
	case l.Other.ID == l.Mine.User: // notes
		return n + 2
	default:
		return n + 3
	}
}

func name(l *chat.ConversationSummary) string {
	if l.Kind == chat.KindDirect {
		return l.Other.Name
	}
	return l.Name
}

// pinned reports whether a conversation was pinned or unpinned between two lists.
func pinned(was, is conversations) bool {
	return slices.ContainsFunc(is, func(l chat.ConversationSummary) bool {
		before := was.entry(l.ID)
		return before != nil && before.Mine.Pinned != l.Mine.Pinned
	})
}

// elsewhere counts the unread messages in conversations other than the open one, for the
// window's title and for screens without a sidebar.
func (c conversations) elsewhere(open chat.ConversationID, now time.Time) int {
	n := 0
	for i := range c {
		l := &c[i]
		if calls(l, now) && l.ID != open {
			n += max(l.Unread, 1) // a new group counts even without messages
		}
	}
	return n
}

// nextUnread finds the next conversation with unread messages, in a direction from the open
// one. Conversations that mention the user come first.
func nextUnread(shown []*chat.ConversationSummary, open chat.ConversationID, by int, now time.Time) chat.ConversationID {
	at := slices.IndexFunc(shown, func(l *chat.ConversationSummary) bool { return l.ID == open })
	for _, mentioned := range []bool{true, false} {
		for i := 1; i <= len(shown); i++ {
			l := shown[((at+by*i)%len(shown)+len(shown))%len(shown)]
			if calls(l, now) && l.Mentioned() == mentioned && l.ID != open {
				return l.ID
			}
		}
	}
	return 0
}
