// Package sidebar is the list of the user's conversations: their order, what is
// unread in each, who is there, and who is writing.
package sidebar

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/theme"
)

// Lister reads the list of conversations. Its calls may take a while.
type Lister interface {
	// Conversations are those that the user is a member of.
	Conversations(context.Context) ([]chat.ConversationSummary, error)
}

// Counter counts unread messages.
type Counter interface {
	// UnreadMentions counts what is unread in a conversation, and the mentions of the
	// user in it; each at most [chat.UnreadLimit].
	UnreadMentions(context.Context, chat.ConversationID) (unread, mentions int, err error)
}

// Blocker knows whom the user has blocked. It waits for nothing.
type Blocker interface {
	HasBlocked(chat.UserID) bool
}

// Reader is what the sidebar needs to know of the conversation that is open.
type Reader interface {
	// Conversation is the one that is open, 0 for none.
	Conversation() chat.ConversationID
	// CountUnread counts what is unread in it, if all of that is in memory.
	CountUnread(chat.ConversationID) (n int, ok bool)
	// Watching reports whether the user sees what arrives in it.
	Watching() bool
	// There reports whether the user is at the screen.
	There() bool
}

// Options are what a sidebar is made of.
type Options struct {
	Lister  Lister
	Counter Counter
	Blocker Blocker
	Self    chat.User
	Theme   *theme.Theme
	Now     func() time.Time
	Tick    func(time.Duration, func(time.Time) tea.Msg) tea.Cmd // is [tea.Tick]
	Keyword func(body string) bool                               // whether the user wants to hear of a text; may be nil
	OnError func(doing string, err error)                        // tells the user, and the log
}

// Sidebar is the list of the user's conversations: what is unread in each, who is
// there, and who is writing.
type Sidebar struct {
	o    Options
	open Reader

	list     conversations
	listed   bool          // it was read once
	listing  bool          // it is being read
	again    bool          // it has changed since, and has to be read once more
	since    []chat.Event  // what has happened to it while it is being read
	changes  int           // counts the edits and deletions that may change what is unread
	upToDate bool          // the user has seen everything in the open conversation, or sees it arrive
	alert    *Alert        // something in these events wants to be heard
	fresh    *chat.Message // came in a conversation that is not in the list yet

	typing      typists
	typingTimer bool // a [typingMsg] is to come

	drawn drawing
}

// New makes a sidebar that has not read the list yet. Open tells it what is
// on the screen.
func New(o Options) *Sidebar {
	return &Sidebar{o: o, typing: make(typists), drawn: drawing{rows: make(map[chat.ConversationID]drawnRow)}}
}

// Open connects the sidebar to what shows the conversation that is open.
func (s *Sidebar) Open(r Reader) { s.open = r }

// ListMsg has the list of conversations. Loaded takes it.
type ListMsg struct {
	list []chat.ConversationSummary
	err  error
}

// unreadMsg has a count that was asked for, when the list was like this.
type unreadMsg struct {
	conversation chat.ConversationID
	last, seen   chat.Seq
	changes      int
	unread       int
	mentions     int
	err          error
}

// typingMsg says that it may be time to stop showing that somebody is writing.
type typingMsg struct{}

// Update takes the counts that the sidebar has asked for, and its timer.
func (s *Sidebar) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case unreadMsg:
		return s.recounted(msg)
	case typingMsg:
		s.typingTimer = false
		if next := s.typing.expire(s.o.Now()); next != 0 {
			return s.timeTyping(next)
		}
	}
	return nil
}

// Read makes the command that reads the list. If it is being read already, it is
// read once more afterwards.
func (s *Sidebar) Read() tea.Cmd {
	if s.listing {
		s.again = true
		return nil
	}
	s.listing, s.again, s.since = true, false, nil
	return func() tea.Msg {
		list, err := ask.For(s.o.Lister.Conversations)
		return ListMsg{list, err}
	}
}

// Empty reports whether the list has never been read.
func (s *Sidebar) Empty() bool { return !s.listed }

// Failed reports whether the list could not be read and nobody tries again.
func (s *Sidebar) Failed() bool { return !s.listed && !s.listing }

// Stale reports whether the list has to be read once more.
func (s *Sidebar) Stale() bool { return s.again }

// Loaded takes the list. It reports false if it could not be read.
func (s *Sidebar) Loaded(msg ListMsg) (cmd tea.Cmd, ok bool) {
	since := s.since
	s.listing, s.since = false, nil
	if msg.err != nil {
		s.o.OnError("listing conversations", msg.err)
		return nil, false
	}
	if a := news(s, msg.list); a != nil {
		s.alert = a
	}
	s.list, s.listed = msg.list, true
	var cmds []tea.Cmd
	for _, ev := range since {
		switch ev := ev.(type) {
		case chat.MessagePosted:
			if l := s.list.entry(ev.Message.Conversation); l != nil {
				s.count(l, ev.Message)
			}
		case chat.SeenMoved:
			if l := s.list.entry(ev.Conversation); l != nil {
				cmds = append(cmds, s.seenIn(l, ev.Seen))
			}
		case chat.Removed:
			// Added again since then, it would be listed once more.
			s.list = s.list.without(ev.Conversation)
		}
	}
	return tea.Batch(cmds...), true
}

// sinceLimit is how many events are kept while the list is being read; with more
// it is read once more instead.
const sinceLimit = 256

// meanwhile notes an event that comes while the list is being read: the list may be
// from before it or from after it.
func (s *Sidebar) meanwhile(ev chat.Event) {
	switch {
	case !s.listing:
	case len(s.since) < sinceLimit:
		s.since = append(s.since, ev)
	default:
		s.again = true
	}
}

// Event takes an event of the chat.
func (s *Sidebar) Event(ev chat.Event) tea.Cmd {
	switch ev := ev.(type) {
	case chat.MessagePosted:
		return s.posted(ev)
	case chat.MessageChanged:
		return s.altered(ev.Message)
	case chat.SeenMoved:
		return s.Seen(ev.Conversation, ev.Seen)
	case chat.ListChanged:
		return s.Read()
	case chat.PresenceChanged:
		for i := range s.list {
			if s.list[i].Other.ID == ev.User {
				s.list[i].Presence = ev.Presence
			}
		}
	case chat.Typing:
		s.typing[ev.Conversation] = typist{ev.User, ev.Name, s.o.Now().Add(chat.TypingLasts)}
		return s.timeTyping(chat.TypingLasts)
	case chat.UserDeleted:
		s.rename(chat.UserRenamed{User: ev.User, Name: chat.DeletedName})
		return s.Read()
	case chat.UserRenamed:
		s.rename(ev)
	case chat.Removed:
		s.list = s.list.without(ev.Conversation)
		s.meanwhile(ev)
	}
	return nil
}

// Forget drops what is known beside the list of a conversation that is gone.
func (s *Sidebar) Forget(id chat.ConversationID) { delete(s.typing, id) }

// rename takes another name of somebody.
func (s *Sidebar) rename(ev chat.UserRenamed) {
	if ev.User == s.o.Self.ID {
		s.o.Self.Name = ev.Name
	}
	for i := range s.list {
		if o := &s.list[i].Other; o.ID == ev.User {
			o.Name, o.DisplayName = ev.Name, ev.DisplayName
		}
	}
	s.typing.rename(ev.User, ev.Name)
}

func (s *Sidebar) timeTyping(d time.Duration) tea.Cmd {
	if s.typingTimer {
		return nil
	}
	s.typingTimer = true
	return s.o.Tick(d, func(time.Time) tea.Msg { return typingMsg{} })
}

// Typing is the name of who is writing in a conversation, "" for nobody.
func (s *Sidebar) Typing(id chat.ConversationID) string { return s.typing[id].name }

// Alert returns what wants to be heard since the last call, nil if nothing does.
func (s *Sidebar) Alert() *Alert {
	a := s.alert
	s.alert = nil
	return a
}

// Sort puts the list in order, after events.
func (s *Sidebar) Sort() { s.list.sort(s.o.Now()) }

// Entry is a conversation in the list, nil if it is not there. It is good until
// the next event.
func (s *Sidebar) Entry(id chat.ConversationID) *chat.ConversationSummary { return s.list.entry(id) }

// Drafts are the drafts that the chat has kept, by conversation.
func (s *Sidebar) Drafts() map[chat.ConversationID]string {
	drafts := make(map[chat.ConversationID]string)
	for i := range s.list {
		drafts[s.list[i].ID] = s.list[i].Draft
	}
	return drafts
}

// Visible are the conversations that are shown, in order.
func (s *Sidebar) Visible() []*chat.ConversationSummary {
	return s.list.appendVisible(make([]*chat.ConversationSummary, 0, len(s.list)), s.open.Conversation())
}

// Home is where a session begins: #general, or whatever there is; 0 if there is
// nothing.
func (s *Sidebar) Home() chat.ConversationID {
	s.Sort()
	i := slices.IndexFunc(s.list, func(l chat.ConversationSummary) bool { return l.Kind == chat.KindGroup && l.Name == chat.GeneralName })
	switch {
	case i >= 0:
		return s.list[i].ID
	case len(s.list) > 0:
		return s.list[0].ID
	default:
		return 0
	}
}

// Step is the conversation that is so many places after the open one; 0 if there
// is none.
func (s *Sidebar) Step(by int) chat.ConversationID {
	shown := s.Visible()
	if len(shown) == 0 {
		return 0
	}
	at := slices.IndexFunc(shown, func(l *chat.ConversationSummary) bool { return l.ID == s.open.Conversation() })
	return shown[(at+by+len(shown))%len(shown)].ID
}

// NextUnread is the next conversation with something unread, in a direction; 0 if
// there is none.
func (s *Sidebar) NextUnread(by int) chat.ConversationID {
	return nextUnread(s.Visible(), s.open.Conversation(), by, s.o.Now())
}

// Number is the conversation at a place, counted from 1; 0 if there are not so
// many.
func (s *Sidebar) Number(n int) chat.ConversationID {
	if shown := s.Visible(); n <= len(shown) {
		return shown[n-1].ID
	}
	return 0
}

// Elsewhere counts what is unread in conversations other than the open one.
func (s *Sidebar) Elsewhere() int { return s.list.elsewhere(s.open.Conversation(), s.o.Now()) }

// mentioned reports whether a message mentions the user.
func (s *Sidebar) mentioned(msg *chat.Message) bool {
	return msg.Mentions(s.o.Self.ID, s.o.Self.Name) && !s.o.Blocker.HasBlocked(msg.Author)
}
