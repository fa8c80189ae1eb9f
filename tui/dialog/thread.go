package dialog

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// Follower reads the threads that the user follows.
type Follower interface {
	// Followed returns the threads that the user follows, those with the latest replies
	// first: all, or only those with unread replies.
	Followed(ctx context.Context, all bool) ([]chat.FollowedThread, error)
}

// ThreadsMsg has the threads that were read: all of them for the page, or those with unread
// replies for the count.
type ThreadsMsg struct {
	list []chat.FollowedThread
	all  bool
	err  error
}

// unreadThreads counts the threads with unread replies.
type unreadThreads struct {
	n       int
	reading bool
	again   bool // they have changed since the running query began
}

// UnreadThreads returns how many of the threads that the user follows have unread replies.
func (v *Overlay) UnreadThreads() int { return v.threads.n }

// ReadThreads counts the threads with unread replies again. If it is called while a count
// is running, one more count follows, for all these calls together.
func (v *Overlay) ReadThreads() tea.Cmd {
	if v.threads.reading {
		v.threads.again = true
		return nil
	}
	v.threads.reading, v.threads.again = true, false
	return v.readThreads(false)
}

// ShowThreads reads the threads that the user follows and shows them.
func (v *Overlay) ShowThreads() tea.Cmd { return v.readThreads(true) }

func (v *Overlay) readThreads(all bool) tea.Cmd {
	from := v.o.Threads
	return func() tea.Msg {
		list, err := ask.For(func(ctx context.Context) ([]chat.FollowedThread, error) { return from.Followed(ctx, all) })
		return ThreadsMsg{list, all, err}
	}
}

// threadsRead takes the threads that were read.
func (v *Overlay) threadsRead(msg ThreadsMsg) (r Result, cmd tea.Cmd) {
	if !msg.all {
		v.threads.reading = false
		if v.threads.again {
			cmd = v.ReadThreads()
		}
	}
	switch {
	case msg.err != nil:
		return v.unread("reading threads", msg.err), cmd
	case !msg.all:
		v.threads.n = len(msg.list)
	case len(msg.list) == 0:
		r.Notice = "You follow no threads: t on a selected message opens its thread, and writing there follows it."
	default:
		cmd = v.Show(&Threads{list: msg.list, zone: v.o.Zone})
	}
	return r, cmd
}

// Threads is the page of the threads that the user follows.
type Threads struct {
	list []chat.FollowedThread
	zone *time.Location
	at   int
}

// Init implements Dialog. The list has been read already.
func (t *Threads) Init() tea.Cmd { return nil }

// Update implements Dialog.
func (t *Threads) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		if msg.Act == keymap.Send {
			chosen := t.list[t.at]
			return Result{Close: true, Open: chosen.Conversation, Thread: chosen.Root.Seq}, nil
		}
		return Result{Close: browse(msg.Act, t.scroll)}, nil
	case Text:
		return Result{Close: msg == "q"}, nil
	case Scroll:
		t.scroll(int(msg))
	}
	return Result{}, nil
}

func (t *Threads) scroll(rows int) { t.at = max(0, min(t.at+rows, len(t.list)-1)) }

// Resize implements Dialog.
func (t *Threads) Resize(*theme.Theme, int, int) {}

// Rows implements Dialog. Each thread has two rows.
func (t *Threads) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	rows[height-1] = foot(th, width, "Enter: open  Up, Down: choose  Esc: close")
	if height < 4 {
		return rows, -1, 0
	}
	rows[0] = title(th, width, "Threads that you follow: "+strconv.Itoa(len(t.list)))
	pairs(th, rows[1:height-1], width, th.Bold, len(t.list), t.at, func(n int) (heading, about string) {
		f := t.list[n]
		words := chat.QuoteText(f.Root.Body)
		switch {
		case f.Root.Deleted():
			words = "deleted"
		case !text.IsClean(words):
			words = text.Clean(words)
		}
		about = "   " + strconv.Itoa(f.Root.Replies) + " in the thread"
		if f.Root.Replies > 0 {
			about += ", last " + f.Root.LastReplyAt.In(t.zone).Format("2 Jan 15:04")
		}
		if f.Unread > 0 {
			about = "   " + theme.Unread(f.Unread) + " unread," + about[2:]
		}
		return " " + f.Root.AuthorName + ": " + words, about
	})
	return rows, -1, 0
}
