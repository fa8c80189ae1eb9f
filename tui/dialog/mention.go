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

// Mentioned reads the user's mentions, and marks them read.
type Mentioned interface {
	// Mentions returns the latest messages that mention the user, the newest first.
	Mentions(context.Context) ([]chat.MentionOf, error)
	// ReadMention marks one of them read. Nothing else becomes read.
	ReadMention(ctx context.Context, id chat.ConversationID, seq chat.Seq) error
}

// Mentions is the page of the messages that mention the user, in all conversations.
type Mentions struct {
	account Mentioned
	zone    *time.Location
	report  OnError
	list    []chat.MentionOf
	loaded  bool
	failure string
	at      int
}

// NewMentions makes the page.
func NewMentions(account Mentioned, zone *time.Location, report OnError) *Mentions {
	return &Mentions{account: account, zone: zone, report: report}
}

// mentionsMsg has the mentions that were read.
type mentionsMsg struct {
	list []chat.MentionOf
	err  error
}

// mentionReadMsg says that a mention was marked read, or has the error.
type mentionReadMsg struct {
	of  chat.MentionOf
	err error
}

// Init implements Dialog.
func (d *Mentions) Init() tea.Cmd {
	return func() tea.Msg {
		list, err := ask.For(d.account.Mentions)
		return Answer{d, mentionsMsg{list, err}}
	}
}

// Update implements Dialog.
func (d *Mentions) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		if msg.Act == keymap.Send && d.at < len(d.list) {
			of := d.list[d.at]
			return Result{Close: true, Open: of.Conversation.ID, At: of.Message.Seq}, nil
		}
		return Result{Close: browse(msg.Act, d.scroll)}, nil
	case Text:
		switch msg {
		case "q":
			return Result{Close: true}, nil
		case "r":
			return Result{}, d.read()
		}
	case Scroll:
		d.scroll(int(msg))
	case mentionsMsg:
		if d.loaded = true; msg.err != nil {
			d.failure = d.report.explain("listing mentions", msg.err)
			return Result{}, nil
		}
		d.list = msg.list
	case mentionReadMsg:
		if msg.err != nil {
			d.mark(msg.of, false)
			return Result{Notice: d.report.explain("marking a mention read", msg.err)}, nil
		}
	}
	return Result{}, nil
}

func (d *Mentions) scroll(rows int) { d.at = max(0, min(d.at+rows, len(d.list)-1)) }

// read marks the chosen mention read, and goes to the next one.
func (d *Mentions) read() tea.Cmd {
	if d.at >= len(d.list) || d.list[d.at].Read {
		return nil
	}
	of := d.list[d.at]
	d.mark(of, true)
	d.scroll(1)
	return func() tea.Msg {
		_, err := ask.For(func(ctx context.Context) (struct{}, error) {
			return struct{}{}, d.account.ReadMention(ctx, of.Conversation.ID, of.Message.Seq)
		})
		return Answer{d, mentionReadMsg{of, err}}
	}
}

// mark shows a mention as read or unread.
func (d *Mentions) mark(of chat.MentionOf, read bool) {
	for i := range d.list {
		if d.list[i].Message.ID == of.Message.ID {
			d.list[i].Read = read
		}
	}
}

// Resize implements Dialog.
func (d *Mentions) Resize(*theme.Theme, int, int) {}

// Rows implements Dialog. Each mention has two rows.
func (d *Mentions) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	rows[height-1] = foot(th, width, "Enter: open  r: mark read  Up, Down: choose  Esc: close")
	unread := 0
	for _, of := range d.list {
		if !of.Read {
			unread++
		}
	}
	heading := "Mentions: " + strconv.Itoa(unread) + " unread"
	switch {
	case d.failure != "":
		heading = d.failure
	case !d.loaded:
		heading = "Mentions" + th.Ellipsis
	case len(d.list) == 0:
		heading = "Nobody has mentioned you."
	}
	rows[0] = title(th, width, heading)
	if height < 4 {
		return rows, -1, 0
	}
	pairs(th, rows[1:height-1], width, "", len(d.list), d.at, func(n int) (heading, about string) {
		of := d.list[n]
		mark := "   "
		if !of.Read {
			mark = " " + th.Mention + " "
		}
		m := of.Message
		return mark + of.Conversation.Title() + "  " + m.AuthorName + "  " + m.SentAt.In(d.zone).Format("2 Jan 15:04"),
			"   " + text.CleanLine(m.Text(), max(1, width))
	})
	return rows, -1, 0
}
