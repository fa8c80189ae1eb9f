package tui

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// owning is what an account does with what is its own.
type owning interface {
	// Keys are those that open the account, the oldest first.
	Keys(context.Context) ([]chat.AuthorizedKey, error)
	// Key is the fingerprint of the one that opened this session.
	Key() string
	// KeyCode makes a code with which one key more opens the account.
	KeyCode(context.Context) (code string, expires time.Time, err error)
	RemoveKey(ctx context.Context, fingerprint string) (chat.AuthorizedKey, error)
	// Export writes the account's own data as JSON.
	Export(context.Context, io.Writer) error
}

// keysMsg has the keys of the account, and what has just been done with them.
type keysMsg struct {
	list []chat.AuthorizedKey
	note string
	err  error
}

// keysAfter does something with the keys and reads them again.
func (m *Model) keysAfter(do func(context.Context) (note string, err error)) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
		defer cancel()
		note, err := do(ctx)
		list, err2 := m.chat.Keys(ctx)
		return keysMsg{list, note, errors.Join(err, err2)}
	}
}

// cmdKeys shows the keys. A key's line that comes with it cannot be added by that.
func (m *Model) cmdKeys(rest string) tea.Cmd {
	k := &keyring{location: m.term.Location(), own: m.chat.Key()}
	m.overlay = k
	return m.keysAfter(func(context.Context) (string, error) {
		if rest != "" {
			return "", chat.KeyProof()
		}
		return "", nil
	})
}

func (m *Model) addKey() tea.Cmd {
	return m.keysAfter(func(ctx context.Context) (string, error) {
		code, expires, err := m.chat.KeyCode(ctx)
		return "The code " + code + " adds one key, once, until " + expires.In(m.term.Location()).Format("15:04") +
			". Connect with the new key:  ssh -o IdentitiesOnly=yes -i KEY " + code + "@HOST  or type the code at the join screen.", err
	})
}

func (m *Model) keysRead(msg keysMsg) {
	k, ok := m.overlay.(*keyring)
	if !ok {
		return // it was closed meanwhile
	}
	k.note, k.removing = msg.note, false
	if msg.err != nil {
		k.note = m.fail("looking after keys", msg.err)
		m.notice = ""
	}
	if msg.list != nil {
		k.list = msg.list
	}
	k.scroll(0)
}

// keyring is the page of one's own keys.
type keyring struct {
	list     []chat.AuthorizedKey
	own      string // fingerprint of the one in use
	at       int
	removing bool // r was pressed, and is to be confirmed
	note     string
	location *time.Location
}

func (k *keyring) key(m *Model, act keymap.Action, _ tea.KeyPressMsg) tea.Cmd {
	if k.removing {
		k.removing, k.note = false, ""
		return nil
	}
	k.note = ""
	switch act {
	case keymap.Up:
		k.scroll(-1)
	case keymap.Down:
		k.scroll(1)
	case keymap.Escape, keymap.Send:
		m.overlay = nil
	}
	return nil
}

// text takes a letter. The line of a key that was pasted is answered with how to add it.
func (k *keyring) text(m *Model, text string) tea.Cmd {
	removing := k.removing
	k.removing, k.note = false, ""
	switch {
	case removing && text != "y": // that was no: it does nothing else
	case len(text) > 10:
		k.note = hint.Text(chat.KeyProof())
	case text == "a":
		return m.addKey()
	case text == "q":
		m.overlay = nil
	case text == "r" && k.at < len(k.list):
		k.removing = true
		k.note = "Remove the key " + k.list[k.at].Fingerprint + "? y: yes, any other key: no"
		if k.list[k.at].Fingerprint == k.own {
			k.note = "Remove the key that you are here with? This session ends then. y: yes, any other key: no"
		}
	case text == "y" && removing:
		fingerprint := k.list[k.at].Fingerprint
		return m.keysAfter(func(ctx context.Context) (string, error) {
			_, err := m.chat.RemoveKey(ctx, fingerprint)
			return "The key is removed.", err
		})
	}
	return nil
}

func (k *keyring) scroll(rows int) { k.at = max(0, min(k.at+rows, len(k.list)-1)) }

func (k *keyring) resize(theme.Theme, int, int) {}

// rows shows each key in two rows.
func (k *keyring) rows(th theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	rows[height-1] = theme.Paint(th.Reverse, th.Fit(" a: add  r: remove  Up, Down: choose  Esc: close", width, th.Ellipsis))
	if height < 5 {
		return rows, -1, 0
	}
	rows[0] = " " + theme.Paint(th.Bold, th.FitMax("Your keys", width-2, th.Ellipsis))
	note := &sheet{theme: th, width: width}
	if k.note != "" {
		note.text(1, th.Warn, k.note)
	}
	room := max(2, height-2-len(note.rows))
	copy(rows[min(room+1, height-1):height-1], note.rows)
	day := func(t time.Time) string { return t.In(k.location).Format("2 Jan 2006") }
	pairs(th, rows[1:min(room, height-1)], width, "", len(k.list), k.at, func(i int) (head, about string) {
		key := k.list[i]
		about = "   added " + day(key.AddedAt)
		if !key.LastUsedAt.IsZero() {
			about += ", last used " + day(key.LastUsedAt)
		}
		if key.Fingerprint == k.own {
			about += ", in use here"
		}
		if key.Comment != "" {
			about += "  " + text.CleanLine(key.Comment, 100)
		}
		return " " + key.Type + "  " + key.Fingerprint, about
	})
	return rows, -1, 0
}

// maxExportShown bounds an export on the screen, in bytes.
const maxExportShown = 256 << 10

// shownExport takes as much of an export as can be shown.
type shownExport struct{ text strings.Builder }

// Write implements io.Writer.
func (e *shownExport) Write(p []byte) (int, error) {
	if e.text.Len()+len(p) > maxExportShown {
		return 0, chat.Refuse(chat.ErrTooLarge, "It is too long to be shown here: run  ssh HOST export > me.json")
	}
	return e.text.Write(p)
}

func (m *Model) cmdExport(string) tea.Cmd {
	return m.ask("exporting", func(ctx context.Context) doneMsg {
		var b shownExport
		if err := m.chat.Export(ctx, &b); err != nil {
			return doneMsg{err: err}
		}
		lines := []helpLine{{text.Clean(b.text.String()), ""}}
		return doneMsg{title: "What the server has of you; ssh HOST export writes it to a file", page: lines}
	})
}

// userDeleted takes an account that is no more, and what it wrote if that is gone.
func (m *Model) userDeleted(ev chat.UserDeleted) tea.Cmd {
	m.rename(chat.UserRenamed{User: ev.User, Name: chat.DeletedName})
	if !ev.Purged {
		return m.readList()
	}
	for _, t := range m.timelines {
		for _, msg := range t.window {
			if msg.Author == ev.User && !msg.System() && !msg.Deleted() {
				gone := *msg
				gone.Body, gone.File, gone.ReplyTo, gone.DeletedAt = "", nil, nil, ev.At
				t.altered(&gone)
			}
		}
	}
	return m.readList()
}
