package dialog

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/ask"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// filesPage is how many files are asked for at a time.
const filesPage = 50

// FileLister is what reads the files of a conversation.
type FileLister interface {
	// Newest returns at most limit messages with the newest files of a conversation, the
	// newest first, with positions below the given one, if it is not 0.
	Newest(ctx context.Context, id chat.ConversationID, limit int, below int64) ([]*chat.Message, error)
}

// Files is the page of a conversation's files, each with the command that fetches it.
type Files struct {
	lister FileLister
	id     chat.ConversationID
	title  string
	zone   *time.Location
	report OnError

	list    []*chat.Message
	at      int
	loaded  bool
	more    bool // there may be older files
	asking  bool
	failure string
}

// NewFiles makes the page for a conversation with a title.
func NewFiles(lister FileLister, id chat.ConversationID, title string, zone *time.Location, report OnError) *Files {
	return &Files{lister: lister, id: id, title: title, zone: zone, report: report}
}

// filesMsg has a page of files.
type filesMsg struct {
	list []*chat.Message
	err  error
}

// Init implements Dialog.
func (d *Files) Init() tea.Cmd { return d.read(0) }

// read asks for the files of messages below a position.
func (d *Files) read(below int64) tea.Cmd {
	d.asking = true
	return func() tea.Msg {
		list, err := ask.For(func(ctx context.Context) ([]*chat.Message, error) {
			return d.lister.Newest(ctx, d.id, filesPage, below)
		})
		return Answer{d, filesMsg{list, err}}
	}
}

// Update implements Dialog.
func (d *Files) Update(msg tea.Msg) (r Result, cmd tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		if msg.Act == keymap.Send && d.at < len(d.list) {
			return Result{Close: true, Open: d.id, At: d.list[d.at].Seq}, nil
		}
		r.Close = browse(msg.Act, d.scroll)
	case Text:
		switch {
		case msg == "q":
			r.Close = true
		case msg == "y" && d.at < len(d.list):
			r.Close, r.Copy = true, d.list[d.at].FetchCommand(d.title)
		}
	case Scroll:
		d.scroll(int(msg))
	case filesMsg:
		d.asking, d.loaded = false, true
		if msg.err != nil {
			d.failure, d.more = d.report.explain("listing files", msg.err), false
			return r, nil
		}
		d.list = append(d.list, msg.list...)
		d.more = len(msg.list) == filesPage
	}
	if d.more && !d.asking && !r.Close && d.at > len(d.list)-filesPage/2 {
		cmd = d.read(d.list[len(d.list)-1].Position)
	}
	return r, cmd
}

func (d *Files) scroll(rows int) { d.at = max(0, min(d.at+rows, len(d.list)-1)) }

// Resize implements Dialog.
func (d *Files) Resize(*theme.Theme, int, int) {}

// Rows implements Dialog. Each file has two rows.
func (d *Files) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	rows[height-1] = foot(th, width, "Enter: go there  y: copy the command  Esc: close")
	heading := "Files of " + d.title
	switch {
	case d.failure != "":
		heading = d.failure
	case !d.loaded:
		heading += th.Ellipsis
	case len(d.list) == 0:
		heading = "There are no files in " + d.title + "."
	case d.more:
		heading += ": " + strconv.Itoa(d.at+1) + " of more than " + strconv.Itoa(len(d.list))
	default:
		heading += ": " + strconv.Itoa(d.at+1) + " of " + strconv.Itoa(len(d.list))
	}
	rows[0] = title(th, width, heading)
	if height < 4 {
		return rows, -1, 0
	}
	pairs(th, rows[1:height-1], width, "", len(d.list), d.at, func(n int) (heading, about string) {
		m := d.list[n]
		return " " + th.Isolate(m.File.Name) + "  " + chat.SizeText(m.File.Size) + "  " + m.AuthorName + "  " + m.SentAt.In(d.zone).Format("2006-01-02 15:04"),
			"   " + m.FetchCommand(d.title)
	})
	return rows, -1, 0
}
