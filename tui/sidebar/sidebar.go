// Package sidebar shows the list of the user's conversations: their order, unread messages,
// who is online, and who is typing.
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
	// Conversations returns the conversations that the user is a member of.
	Conversations(context.Context) ([]chat.ConversationSummary, error)
}

// Counter counts unread messages.
type Counter interface {
	// UnreadMentions counts the unread messages of a conversation, and those that mention
	// the user. Both counts stop at [chat.UnreadLimit].
	UnreadMentions(context.Context, chat.ConversationID) (unread, mentions int, err error)
}

// Blocker knows whom the user has blocked. It waits for nothing.
type Blocker interface {
	HasBlocked(chat.UserID) bool
}

// Reader tells the sidebar about the open conversation.
type Reader interface {
	// Conversation returns the open conversation, 0 for none.
	Conversation() chat.ConversationID
	// CountUnread counts its unread messages, if all of them are in memory.
	CountUnread(chat.ConversationID) (n int, ok bool)
	// Watching reports whether the user sees its new messages.
	Watching() bool
	// There reports whether the user is at the screen.
	There() bool
}

// Options configure a sidebar.
type Options struct {
	Lister   Lister
	Counter  Counter
	Blocker  Blocker
	Messages Messages // may be nil without Keywords
	Self     chat.User
	Theme    *theme.Theme
	Now      func() time.Time
	Tick     func(time.Duration, func(time.Time) tea.Msg) tea.Cmd // is [tea.Tick]
	Keyword  func(body string) bool                               // reports whether a text has a keyword of the user; may be nil
	Keywords func() bool                                          // reports whether the user has keywords; may be nil
	Drafted  func(chat.ConversationID) bool                       // reports whether a conversation has a draft; may be nil
	OnError  func(doing string, err error)                        // tells the user, and the log
}

// Sidebar is the list of the user's conversations, with unread messages, presence and
// typing.
type Sidebar struct {
	o    Options
	open Reader

	list     conversations
	started  bool          // [Start] was called
	listed   bool          // it was read once
	listing  bool          // it is being read
	again    bool          // it has changed since, and has to be read once more
	since    []chat.Event  // the events that came while it is being read
	changes  int           // counts the edits and deletions that may change unread counts
	upToDate bool          // the user has seen everything in the open conversation, or sees it arrive
	stirred  bool          // see [Sidebar.Stirred]
	alert    *Alert        // the alert of these events
	fresh    *chat.Message // a message of a conversation that is not in the list yet

	missing map[chat.ConversationID]chat.Seq // the newest messages before events were dropped, see [Resync]; nil if none were

	typing      typists
	typingTimer bool // a [typingMsg] is to come

	sections
	drawn drawing
}

// New makes a sidebar that has not read the list yet. [Sidebar.Open] connects it to the
// open conversation.
func New(o Options) *Sidebar {
	return &Sidebar{o: o, typing: make(typists), drawn: drawing{rows: make(map[chat.ConversationID]drawnRow)}}
}

// Open connects the sidebar to the component that shows the open conversation.
func (s *Sidebar) Open(r Reader) { s.open = r }

// unreadMsg has a count, and the state of the list when it was asked for.
type unreadMsg struct {
	conversation chat.ConversationID
	last, seen   chat.Seq
	changes      int
	unread       int
	mentions     int
	err          error
}

// typingMsg says that it may be time to stop showing that somebody is typing.
type typingMsg struct{}

// Update handles the counts that the sidebar has asked for, and its timer.
func (s *Sidebar) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case unreadMsg:
		return s.recounted(msg)
	case typingMsg:
		s.typingTimer = false
		if next := s.typing.expire(s.o.Now()); next != 0 {
			return timeTyping(s, next)
		}
	}
	return nil
}

// Start is the first [Sidebar.Read].
func Start(s *Sidebar) tea.Cmd {
	s.started = true
	return s.Read()
}

// Read returns the command that reads the list. If the list is being read already, it is
// read once more afterwards. Before [Start], Read does nothing: the list must not be on the
// screen before it is known with which conversation the session begins, because what is
// typed then could not be sent.
func (s *Sidebar) Read() tea.Cmd {
	if !s.started {
		return nil
	}
	if s.listing {
		s.again = true
		return nil
	}
	s.listing, s.again, s.since = true, false, nil
	since := s.missing
	s.missing = nil
	return func() tea.Msg {
		var msg ListMsg
		if msg.list, msg.err = ask.For(s.o.Lister.Conversations); msg.err == nil && since != nil {
			msg.missed, msg.missedErr = missed(s, since, msg.list)
		}
		return msg
	}
}

// Empty reports whether the list has never been read.
func (s *Sidebar) Empty() bool { return !s.listed }

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
	a := news(s, msg.list)
	if worded := worded(s, msg); a == nil {
		a = worded
	}
	if a != nil {
		s.alert = a
	}
	if pinned(s.list, msg.list) {
		s.sections.numbers = [len(s.sections.numbers)]chat.ConversationID{} // the user has put the list in another order
	}
	s.list, s.listed = msg.list, true
	s.list.sort()
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
		case chat.PresenceChanged, chat.StatusSet, chat.Silenced:
			s.list.apply(ev)
		case chat.Removed:
			// Added again since then, it would be listed once more.
			s.list = s.list.without(ev.Conversation)
		}
	}
	s.sections.number(s.list)
	return tea.Batch(cmds...), true
}

// sinceLimit is how many events are kept while the list is being read. After more events,
// the list is read once more instead.
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

// Event handles an event of the chat.
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
	case chat.PresenceChanged, chat.StatusSet, chat.Silenced:
		s.list.apply(ev)
		s.meanwhile(ev)
	case chat.Typing:
		if ev.User == s.o.Self.ID {
			ev.Name = "" // it is the user's own file
		}
		s.typing.start(ev, s.o.Now().Add(chat.TypingLasts))
		return timeTyping(s, chat.TypingLasts)
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

// Forget drops the data about a conversation that is no longer in the list.
func (s *Sidebar) Forget(id chat.ConversationID) { delete(s.typing, id) }

// rename notes the new name of a user.
func (s *Sidebar) rename(ev chat.UserRenamed) {
	if ev.User == s.o.Self.ID {
		s.o.Self.Name = ev.Name
	}
	for i := range s.list {
		if o := &s.list[i].Other; o.ID == ev.User {
			o.Name, o.DisplayName = ev.Name, ev.DisplayName
		}
		if s.list[i].Mine.AddedBy == ev.User {
			s.list[i].AddedBy = ev.Name
		}
	}
	s.typing.rename(ev.User, ev.Name)
}

func timeTyping(s *Sidebar, d time.Duration) tea.Cmd {
	if s.typingTimer {
		return nil
	}
	s.typingTimer = true
	return s.o.Tick(d, func(time.Time) tea.Msg { return typingMsg{} })
}

// Typing says who is writing in a conversation, as in "ann and bob are typing"; "" if nobody
// is.
func (s *Sidebar) Typing(id chat.ConversationID) string {
	if who := s.typing[id]; who != nil {
		return who.words
	}
	return ""
}

// Alert returns the reason to notify the user that has come up since the last call, nil if
// there is none.
func (s *Sidebar) Alert() *Alert {
	a := s.alert
	s.alert = nil
	return a
}

// Stirred reports whether a message that has arrived or was seen since the last call may have
// changed the rows, or who is typing.
func (s *Sidebar) Stirred() bool {
	stirred := s.stirred
	s.stirred = false
	return stirred
}

// Sort puts the list in order, after events.
func (s *Sidebar) Sort() { s.list.sort() }

// Entry returns a conversation of the list, nil if it is not there. The next event may
// change it.
func (s *Sidebar) Entry(id chat.ConversationID) *chat.ConversationSummary { return s.list.entry(id) }

// Drafts returns the stored drafts by conversation.
func (s *Sidebar) Drafts() map[chat.ConversationID]string {
	drafts := make(map[chat.ConversationID]string)
	for i := range s.list {
		drafts[s.list[i].ID] = s.list[i].Draft
	}
	return drafts
}

// Visible returns the conversations in the order of the list, with those that are folded
// away.
func (s *Sidebar) Visible() []*chat.ConversationSummary {
	open, now := s.open.Conversation(), s.o.Now()
	shown := make([]*chat.ConversationSummary, 0, len(s.list))
	for c := range sectionCount {
		for i := range s.list {
			if l := &s.list[i]; (l.ID == open || l.Listed()) && s.sections.of(l, open, now) == c {
				shown = append(shown, l)
			}
		}
	}
	return shown
}

// Home returns #general, or else the conversation with the latest message, or 0 if there is
// none.
func (s *Sidebar) Home() chat.ConversationID {
	var home *chat.ConversationSummary
	for i := range s.list {
		l := &s.list[i]
		if l.Kind == chat.KindGroup && l.Name == chat.GeneralName {
			return l.ID
		}
		if home == nil || l.LastAt.After(home.LastAt) {
			home = l
		}
	}
	if home == nil {
		return 0
	}
	return home.ID
}

// Step returns the conversation that many places after the open one, 0 if there is none. It
// passes over those that are folded away.
func (s *Sidebar) Step(by int) chat.ConversationID {
	var shown []chat.ConversationID
	for _, l := range lines(s, nil) {
		if l.conversation != nil {
			shown = append(shown, l.conversation.ID)
		}
	}
	if len(shown) == 0 {
		return 0
	}
	at := slices.Index(shown, s.open.Conversation())
	return shown[(at+by+len(shown))%len(shown)]
}

// NextUnread returns the next conversation with unread messages, in a direction, 0 if there
// is none.
func (s *Sidebar) NextUnread(by int) chat.ConversationID {
	return nextUnread(s.Visible(), s.open.Conversation(), by, s.o.Now())
}

// Number returns the conversation with a number from 1 to 9. It is 0 if there is none.
func (s *Sidebar) Number(n int) chat.ConversationID {
	if id := s.sections.numbers[n-1]; s.list.entry(id) != nil {
		return id
	}
	return 0
}

// Elsewhere counts the unread messages in conversations other than the open one.
func (s *Sidebar) Elsewhere() int { return s.list.elsewhere(s.open.Conversation(), s.o.Now()) }

// mentioned reports whether a message mentions the user.
func (s *Sidebar) mentioned(msg *chat.Message) bool {
	return msg.Mentions(s.o.Self.ID, s.o.Self.Name) && !s.o.Blocker.HasBlocked(msg.Author)
}
