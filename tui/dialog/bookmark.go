package dialog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// Bookmark is a message that was pinned or saved.
type Bookmark struct {
	Message *chat.Message
	In      string // the title of its conversation
	At      time.Time
	By      string // who pinned it; "" for a saved message
}

// Bookmarks configures a list of pinned or saved messages.
type Bookmarks struct {
	Title  string
	Empty  string // the text of an empty list
	Letter string // the key that removes a message from the list
	Does   string // the word for that key in the last row
	Zone   *time.Location
	Report OnError
	Read   func(context.Context) ([]Bookmark, error)
	Remove func(context.Context, *chat.Message) error
}

// BookmarkList lists pinned or saved messages. Enter goes to one.
type BookmarkList struct {
	o    Bookmarks
	list []Bookmark
	at   int
	read bool
	note string
}

// NewBookmarks makes a list. It reads its messages when it opens.
func NewBookmarks(o Bookmarks) *BookmarkList { return &BookmarkList{o: o} }

// bookmarksMsg has the messages of the list.
type bookmarksMsg struct {
	list []Bookmark
	err  error
}

// Init implements Dialog.
func (b *BookmarkList) Init() tea.Cmd {
	return b.after(func(context.Context) error { return nil })
}

// after does something and reads the list again.
func (b *BookmarkList) after(do func(context.Context) error) tea.Cmd {
	return func() tea.Msg {
		msg, _ := ask.For(func(ctx context.Context) (bookmarksMsg, error) {
			err := do(ctx)
			list, err2 := b.o.Read(ctx)
			return bookmarksMsg{list, errors.Join(err, err2)}, nil
		})
		return Answer{b, msg}
	}
}

// Update implements Dialog. It also handles [chat.MessageChanged] and [chat.Removed].
func (b *BookmarkList) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		return b.key(msg.Act), nil
	case Text:
		return b.typed(string(msg))
	case Scroll:
		b.scroll(int(msg))
	case bookmarksMsg:
		b.read, b.note = true, ""
		if msg.err != nil {
			b.note = b.o.Report.explain("listing messages", msg.err)
		}
		b.list = msg.list
		b.scroll(0)
	case chat.MessageChanged: // deleted messages disappear from the screen
		b.drop(func(m *chat.Message) bool {
			return m.Conversation == msg.Message.Conversation && m.Seq == msg.Message.Seq && msg.Message.Deleted()
		})
	case chat.Removed:
		b.drop(func(m *chat.Message) bool { return m.Conversation == msg.Conversation })
	}
	return Result{}, nil
}

// drop removes messages from the list.
func (b *BookmarkList) drop(gone func(*chat.Message) bool) {
	b.list = slices.DeleteFunc(b.list, func(o Bookmark) bool { return gone(o.Message) })
	b.scroll(0)
}

func (b *BookmarkList) key(act keymap.Action) Result {
	if act == keymap.Send && b.at < len(b.list) {
		m := b.list[b.at].Message
		return Result{Close: true, Open: m.Conversation, At: m.Seq}
	}
	return Result{Close: browse(act, b.scroll)}
}

func (b *BookmarkList) typed(letter string) (Result, tea.Cmd) {
	switch {
	case letter == "q":
		return Result{Close: true}, nil
	case letter == b.o.Letter && b.at < len(b.list):
		m := b.list[b.at].Message
		return Result{}, b.after(func(ctx context.Context) error { return b.o.Remove(ctx, m) })
	}
	return Result{}, nil
}

func (b *BookmarkList) scroll(rows int) { b.at = max(0, min(b.at+rows, len(b.list)-1)) }

// Resize implements Dialog.
func (b *BookmarkList) Resize(*theme.Theme, int, int) {}

// Rows implements Dialog. Each message has two rows.
func (b *BookmarkList) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	keys, short := "Enter goes there, "+b.o.Letter+": "+b.o.Does+", Esc: close", "Enter: open, "+b.o.Letter+", Esc"
	if b.note != "" {
		keys = b.note
	}
	rows[height-1] = foot(th, width, keys, short)
	rows[0] = title(th, width, b.o.Title)
	switch {
	case len(b.list) > 0:
		rows[0] = title(th, width, b.o.Title+": "+strconv.Itoa(len(b.list)))
		pairs(th, rows[1:height-1], width, th.Bold, len(b.list), b.at, b.item)
	case b.read:
		for i, l := range th.Wrap(b.o.Empty, max(1, width-2)) {
			if i+1 < height-1 {
				rows[i+1] = " " + theme.Paint(th.Faint, b.o.Empty[l.Start:l.End])
			}
		}
	}
	return rows, -1, 0
}

// item is the heading and the text of a message.
func (b *BookmarkList) item(i int) (heading, about string) {
	one := b.list[i]
	m := one.Message
	heading = " " + one.In + "  " + m.AuthorName + "  " + m.SentAt.In(b.o.Zone).Format("2006-01-02 15:04")
	if one.By != "" {
		heading += "  pinned by " + one.By
	}
	words, _ := excerpt(m.Text(), nil)
	return heading, "   " + words
}
