package dialog

import (
	"context"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/keymap"
)

// invited is a user with invitations.
type invited struct{ list []chat.GroupInvitation }

func (i *invited) Invitations(context.Context) ([]chat.GroupInvitation, int, error) {
	return i.list, 0, nil
}

// nothingLater is a user without reminders.
type nothingLater struct{}

func (nothingLater) List(context.Context) ([]chat.Later, error) { return nil, nil }

// over drives an overlay, and runs its commands at once.
type over struct {
	*Overlay
	t       *testing.T
	results []Result
	hold    bool
	held    []tea.Cmd
	reports []error
}

func newOver(t *testing.T, server Doorkeeper, account Invited, found *messages) *over {
	o := &over{t: t}
	o.Overlay = NewOverlay(OverlayOptions{
		Directory: directory{}, Messages: found, Keys: &owner{}, Requests: server, Invitations: account, Later: nothingLater{}, Threads: follower{}, Zone: time.UTC, Now: time.Now,
		Tick:    func(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil },
		OnError: func(_ string, err error) { o.reports = append(o.reports, err) },
	})
	o.run(o.Init(chat.Outstanding{Invitations: true, Laters: true, Threads: true, Requests: true}))
	return o
}

func (o *over) tell(msg tea.Msg) {
	r, cmd := o.Update(msg)
	if r != (Result{}) {
		o.results = append(o.results, r)
	}
	o.run(cmd)
}

func (o *over) run(cmd tea.Cmd) {
	switch {
	case cmd == nil:
	case o.hold:
		o.held = append(o.held, cmd)
	default:
		if msg := cmd(); msg == nil {
			return
		} else if batch, ok := msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				o.run(c)
			}
		} else {
			o.tell(msg)
		}
	}
}

// noticed fails unless the last result was this notice, or none if it is "".
func (o *over) noticed(want string) {
	o.t.Helper()
	got := ""
	if n := len(o.results); n > 0 {
		got = o.results[n-1].Notice
	}
	if got != want {
		o.t.Errorf("the notice is %q, want %q", got, want)
	}
	o.results = nil
}

func TestWhatWaitsIsCountedAndShown(t *testing.T) {
	server, account := newDoor(), &invited{}
	o := newOver(t, server, account, foxes(0))
	if o.Waiting() != 3 || o.Invited() != 0 || o.Covers() {
		t.Errorf("%d requests and %d invitations wait; covered: %t", o.Waiting(), o.Invited(), o.Covers())
	}
	o.noticed("")
	o.run(o.ShowInvitations())
	o.noticed("You have no invitations.")
	account.list = []chat.GroupInvitation{{Conversation: chat.Conversation{Name: "ops"}, From: chat.User{Name: "bea"}}}
	o.run(o.ReadInvitations())
	o.noticed("@bea invites you to #ops: /invitations answers.")
	o.run(o.ShowInvitations())
	if _, ok := o.Dialog().(*Invitations); !ok || o.Invited() != 1 {
		t.Errorf("it shows %T with %d invitations", o.Dialog(), o.Invited())
	}
	// The page closes with the last invitation.
	account.list = nil
	o.run(o.ReadInvitations())
	if o.Covers() {
		t.Error("the page stays open without invitations")
	}
	o.run(o.ShowRequests())
	server.requests = server.requests[1:]
	o.tell(chat.RequestsChanged{Waiting: 2})
	if d, ok := o.Dialog().(*Requests); !ok || o.Waiting() != 2 || len(d.list) != 2 {
		t.Errorf("it shows %T with %d requests", o.Dialog(), o.Waiting())
	}
	o.tell(chat.RequestNamed{Asked: "bea", Name: "beate"})
	o.noticed("The newcomer who asked for the name bea is now called beate.")
	o.tell(Key{keymap.Escape})
	if o.Covers() {
		t.Error("Esc does not close the page")
	}
}

// The page of requests closes with the last one. A list that arrives after that neither opens it
// again nor hides what became of the request.
func TestALateListOfRequests(t *testing.T) {
	server := newDoor()
	o := newOver(t, server, &invited{}, foxes(0))
	o.run(o.ShowRequests())
	server.requests = nil
	o.hold = true
	o.tell(chat.RequestsChanged{})
	o.hold = false
	o.tell(RequestsMsg{})
	if o.Covers() {
		t.Error("the page stays open without requests")
	}
	o.results = nil
	for _, cmd := range o.held {
		o.run(cmd)
	}
	if o.noticed(""); o.Covers() {
		t.Error("a late list opens the page again")
	}
}

// An answer for a dialog that is closed by now neither opens nor closes anything.
func TestAnswersForAClosedDialog(t *testing.T) {
	o := newOver(t, newDoor(), &invited{}, foxes(20))
	o.hold = true
	o.run(o.ShowSwitcher(1, nil, nil, "bob"))
	o.tell(Key{keymap.Send}) // before people are there
	o.tell(Key{keymap.Escape})
	o.run(o.ShowKeys(false))
	o.hold, o.results = false, nil
	for _, cmd := range o.held {
		o.run(cmd)
	}
	if _, ok := o.Dialog().(*Keys); !ok || len(o.results) != 0 {
		t.Errorf("it shows %T, and asks for %+v", o.Dialog(), o.results)
	}
}

// The last search comes back with its hits, without the ones that were deleted since.
func TestTheLastSearchComesBack(t *testing.T) {
	found := foxes(20)
	o := newOver(t, newDoor(), &invited{}, found)
	o.run(o.ShowSearch("fox"))
	first := o.Dialog()
	o.tell(Key{keymap.Escape})
	found.all[19].Body = ""
	o.tell(chat.MessageChanged{Message: found.all[19]})
	if len(found.asked) != 1 {
		t.Errorf("closed, the search has asked %d times", len(found.asked))
	}
	o.run(o.ShowSearch(""))
	if s, ok := o.Dialog().(*Search); !ok || s != first || len(s.hits) != 1 || len(found.asked) != 2 {
		t.Errorf("it shows %T with %d hits after %d questions", o.Dialog(), len(s.hits), len(found.asked))
	}
	o.run(o.ShowSearch("wolf"))
	if o.Dialog() == first {
		t.Error("other words are searched for in the last search")
	}
}
