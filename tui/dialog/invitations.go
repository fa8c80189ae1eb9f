package dialog

import (
	"context"
	"fmt"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/theme"
)

// Invited reads invitations from the chat.
type Invited interface {
	// Invitations returns the latest groups that the user is invited to, and the number of
	// older ones.
	Invitations(context.Context) (list []chat.GroupInvitation, older int, err error)
}

// InvitationsMsg has the invitations that [ReadInvitations] read. Open says that
// the user wants to see them.
type InvitationsMsg struct {
	List  []chat.GroupInvitation
	Older int // are not in the list
	Err   error
	Open  bool
}

// ReadInvitations returns the command that reads the user's invitations to groups.
func ReadInvitations(account Invited, open bool) tea.Cmd {
	return func() tea.Msg {
		var older int
		list, err := ask.For(func(ctx context.Context) (list []chat.GroupInvitation, err error) {
			list, older, err = account.Invitations(ctx)
			return list, err
		})
		return InvitationsMsg{list, older, err, open}
	}
}

// Invitations is the page of the groups that the user is invited to.
type Invitations struct {
	zone     *time.Location
	list     []chat.GroupInvitation
	older    int // are not in the list
	at       int
	blocking bool // b was pressed, and has to be confirmed
}

// NewInvitations makes the page of invitations that have been read.
func NewInvitations(zone *time.Location, read InvitationsMsg) *Invitations {
	return &Invitations{zone: zone, list: read.List, older: read.Older}
}

// Init implements Dialog. The list has been read already.
func (i *Invitations) Init() tea.Cmd { return nil }

// Update implements Dialog.
func (i *Invitations) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		i.blocking = false
		return Result{Close: browse(msg.Act, i.scroll)}, nil
	case Text:
		return i.typed(string(msg)), nil
	case Scroll:
		i.scroll(int(msg))
	}
	return Result{}, nil
}

func (i *Invitations) typed(letter string) Result {
	blocking := i.blocking
	i.blocking = false
	if letter == "q" {
		return Result{Close: true}
	}
	if i.at >= len(i.list) {
		return Result{}
	}
	in := i.list[i.at]
	switch {
	case letter == "a":
		return Result{Close: true, Run: Call{"accept", in.Conversation.UID.String()}}
	case letter == "d":
		return Result{Run: Call{"decline", in.Conversation.UID.String()}}
	case letter == "b":
		i.blocking = true
	case letter == "y" && blocking:
		return Result{Run: Call{"block", "@" + in.From.Name}}
	}
	return Result{}
}

// Replace takes invitations that have been read again.
func (i *Invitations) Replace(read InvitationsMsg) {
	i.list, i.older, i.blocking = read.List, read.Older, false
	i.scroll(0)
}

func (i *Invitations) scroll(rows int) { i.at = max(0, min(i.at+rows, len(i.list)-1)) }

// Resize implements Dialog.
func (i *Invitations) Resize(*theme.Theme, int, int) {}

// Rows implements Dialog. Each invitation has two rows.
func (i *Invitations) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	keys := "a: accept  d: decline  b: block the sender  Up, Down: choose  Esc: close"
	if i.blocking && i.at < len(i.list) {
		keys = "Press y to block @" + i.list[i.at].From.Name + "."
	}
	rows[height-1] = foot(th, width, keys)
	if height < 4 {
		return rows, -1, 0
	}
	heading := "Invitations: " + strconv.Itoa(len(i.list))
	if i.older > 0 {
		heading = fmt.Sprintf("Invitations: %d of %d. Answer some of these to see older ones, or use /accept #name and /decline #name.", len(i.list), len(i.list)+i.older)
	}
	rows[0] = title(th, width, heading)
	pairs(th, rows[1:height-1], width, th.Bold, len(i.list), i.at, func(n int) (heading, about string) {
		in := i.list[n]
		return " #" + in.Conversation.Name,
			fmt.Sprintf("   from @%s, %s  %s", in.From.Name, in.At.In(i.zone).Format("2 Jan 15:04"), text.Plural(in.Members, "member"))
	})
	return rows, -1, 0
}
