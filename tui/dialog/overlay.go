package dialog

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// OverlayOptions configure an overlay.
type OverlayOptions struct {
	Directory   Directory
	Messages    Searcher
	Keys        KeyOwner
	Requests    Doorkeeper
	Invitations Invited
	Mentions    Mentioned
	Later       Reminded
	Threads     Follower
	Files       FileLister
	Zone        *time.Location
	Now         func() time.Time
	// Tick makes a command that waits; it is [tea.Tick].
	Tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd
	// Completer makes a completer for a search.
	Completer func(*SearchText) Completer
	OnError   OnError
}

// Overlay shows one dialog at a time above the chat. It keeps the last search, so that the
// user can open it again. It counts the requests and invitations that wait for the user,
// and the reminders that are due.
type Overlay struct {
	o        OverlayOptions
	dialog   Dialog  // nil when nothing covers the chat
	searched *Search // the last search, nil if there was none
	waiting  int
	invited  int
	due      int
	newest   time.Time // when the last of these became due
	dueRead  bool      // they were read once
	threads  unreadThreads
}

// NewOverlay makes an overlay that covers nothing.
func NewOverlay(o OverlayOptions) *Overlay { return &Overlay{o: o} }

// Init returns the command that reads the requests, invitations, reminders and threads that
// wait for the user.
func (v *Overlay) Init(waits chat.Outstanding) tea.Cmd {
	var cmds []tea.Cmd
	if waits.Requests {
		cmds = append(cmds, ReadRequests(v.o.Requests, false))
	}
	if waits.Invitations {
		cmds = append(cmds, v.ReadInvitations())
	}
	if waits.Laters {
		cmds = append(cmds, ReadLater(v.o.Later, false))
	}
	v.dueRead = !waits.Laters
	if waits.Threads {
		cmds = append(cmds, v.ReadThreads())
	}
	return tea.Batch(cmds...)
}

// Dialog returns the dialog that covers the chat, nil if none does.
func (v *Overlay) Dialog() Dialog { return v.dialog }

// Covers reports whether a dialog covers the chat.
func (v *Overlay) Covers() bool { return v.dialog != nil }

// Captures reports whether the dialog wants the next key as it is, because the user is
// choosing a key.
func (v *Overlay) Captures() bool {
	b, ok := v.dialog.(*Bindings)
	return ok && b.Captures()
}

// Waiting returns the number of requests to join, or 0 for users who may not see them.
func (v *Overlay) Waiting() int { return v.waiting }

// Invited returns the number of groups that the user is invited to.
func (v *Overlay) Invited() int { return v.invited }

// Show covers the chat with a dialog.
func (v *Overlay) Show(d Dialog) tea.Cmd {
	v.Close()
	v.dialog = d
	return d.Init()
}

// Close closes the dialog, if there is one.
func (v *Overlay) Close() {
	v.dialog = nil
	if v.searched != nil {
		v.searched.Leave()
	}
}

// Toggles reports whether an action closes the dialog that it has opened.
func (v *Overlay) Toggles(act keymap.Action) bool {
	switch v.dialog.(type) {
	case *Switcher:
		return act == keymap.Switcher
	case *Search:
		return act == keymap.Search
	default:
		return false
	}
}

// ShowSwitcher shows the switcher for a user, with these letters already typed.
func (v *Overlay) ShowSwitcher(self chat.UserID, conversations []*chat.ConversationSummary, commands []Command, letters string) tea.Cmd {
	return v.Show(NewSwitcher(v.o.Directory, self, conversations, commands, letters, v.o.OnError))
}

// ShowSearch shows a new search for these words, or without words the last search.
func (v *Overlay) ShowSearch(words string) tea.Cmd {
	if words != "" || v.searched == nil {
		v.searched = NewSearch(SearchOptions{Messages: v.o.Messages, Zone: v.o.Zone, Tick: v.o.Tick, Completer: v.o.Completer, OnError: v.o.OnError}, words)
	} else {
		v.searched.Again()
	}
	return v.Show(v.searched)
}

// ShowKeys shows the user's keys. pasted says that the user gave the line of a key.
func (v *Overlay) ShowKeys(pasted bool) tea.Cmd {
	return v.Show(NewKeys(v.o.Keys, v.o.Zone, v.o.OnError, pasted))
}

// ShowFiles shows the files of a conversation with a title.
func (v *Overlay) ShowFiles(id chat.ConversationID, title string) tea.Cmd {
	return v.Show(NewFiles(v.o.Files, id, title, v.o.Zone, v.o.OnError))
}

// ShowMentions shows the messages that mention the user.
func (v *Overlay) ShowMentions() tea.Cmd {
	return v.Show(NewMentions(v.o.Mentions, v.o.Zone, v.o.OnError))
}

// ShowRequests reads the requests to join and shows them.
func (v *Overlay) ShowRequests() tea.Cmd { return ReadRequests(v.o.Requests, true) }

// ShowInvitations reads the user's invitations and shows them.
func (v *Overlay) ShowInvitations() tea.Cmd { return ReadInvitations(v.o.Invitations, true) }

// ReadInvitations reads the user's invitations again.
func (v *Overlay) ReadInvitations() tea.Cmd { return ReadInvitations(v.o.Invitations, false) }

// Update handles a [Key], a [Text] or a [Scroll] for the open dialog, the messages of this
// package's commands, and events of the chat. It closes the dialog if the result says so.
func (v *Overlay) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Answer:
		return v.answer(msg)
	case RequestsMsg:
		return v.requests(msg)
	case LaterMsg:
		return v.later(msg)
	case chat.LaterChanged:
		return Result{}, ReadLater(v.o.Later, false)
	case InvitationsMsg:
		return v.invitations(msg)
	case ThreadsMsg:
		return v.threadsRead(msg)
	case chat.RequestsChanged:
		v.waiting = msg.Waiting
		if _, ok := v.dialog.(*Requests); ok {
			return Result{}, ReadRequests(v.o.Requests, false)
		}
		return Result{}, nil
	case chat.RequestNamed:
		if r, ok := v.dialog.(*Requests); ok {
			r.Update(msg)
		}
		return Result{Notice: named(msg)}, nil
	case chat.Removed, chat.MessageChanged:
		if list, ok := v.dialog.(*BookmarkList); ok {
			list.Update(msg)
		}
		if v.searched == nil {
			return Result{}, nil
		}
		return v.searched.Update(msg)
	}
	if v.dialog == nil {
		return Result{}, nil
	}
	return v.closing(v.dialog.Update(msg))
}

// closing closes the dialog if its result says so.
func (v *Overlay) closing(r Result, cmd tea.Cmd) (Result, tea.Cmd) {
	if r.Close {
		v.Close()
	}
	return r, cmd
}

// answer passes an answer to the dialog that asked. If that dialog has been closed, only
// the notice of its result is used.
func (v *Overlay) answer(a Answer) (Result, tea.Cmd) {
	r, cmd := a.For.Update(a.Msg)
	if a.For != v.dialog {
		return Result{Notice: r.Notice}, cmd
	}
	return v.closing(r, cmd)
}

// unread says that something could not be read.
func (v *Overlay) unread(doing string, err error) Result {
	return Result{Notice: v.o.OnError.explain(doing, err), Failed: !chat.IsRefusal(err)}
}

// requests takes the requests to join. Users who may not see them are told so only if they
// asked for them.
func (v *Overlay) requests(msg RequestsMsg) (Result, tea.Cmd) {
	if msg.Err != nil {
		if msg.Open || !chat.IsRefusal(msg.Err) {
			return v.unread("reading requests to join", msg.Err), nil
		}
		return Result{}, nil
	}
	v.waiting = len(msg.List)
	have, shown := v.dialog.(*Requests)
	switch {
	case shown:
		if have.Replace(msg.List); len(msg.List) == 0 { // there is nothing left to do here
			v.Close()
			return Result{Notice: have.note}, nil
		}
	case msg.Open && len(msg.List) == 0:
		return Result{Notice: "Nobody is waiting to be let in."}, nil
	case msg.Open:
		return Result{}, v.Show(NewRequests(v.o.Requests, v.o.Zone, v.o.OnError, msg.List))
	}
	return Result{}, nil
}

// invitations takes the user's invitations to groups.
func (v *Overlay) invitations(msg InvitationsMsg) (r Result, cmd tea.Cmd) {
	if msg.Err != nil {
		return v.unread("reading invitations", msg.Err), nil
	}
	all := len(msg.List) + msg.Older
	if !msg.Open && all > v.invited {
		in := msg.List[0]
		r.Notice = "@" + in.From.Name + " invites you to #" + in.Conversation.Name + ": /invitations answers."
	}
	v.invited = all
	have, shown := v.dialog.(*Invitations)
	switch {
	case shown && len(msg.List) == 0:
		v.Close()
	case shown:
		have.Replace(msg)
	case msg.Open && len(msg.List) == 0:
		r.Notice = "You have no invitations."
	case msg.Open:
		return r, v.Show(NewInvitations(v.o.Zone, msg))
	}
	return r, nil
}

// Resize lays the dialog out for a screen.
func (v *Overlay) Resize(th *theme.Theme, width, height int) {
	if v.dialog != nil {
		v.dialog.Resize(th, width, height)
	}
}

// Rows returns the rows of the dialog; see [Dialog].
func (v *Overlay) Rows(th *theme.Theme, width, height int) (rows []string, x, y int) {
	return v.dialog.Rows(th, width, height)
}
