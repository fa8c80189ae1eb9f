package dialog

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/ask"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/theme"
)

// KeyOwner has the methods of the chat that the page of keys needs.
type KeyOwner interface {
	// Keys returns the keys that open the account, the oldest first.
	Keys(context.Context) ([]chat.AuthorizedKey, error)
	// Key returns the fingerprint of the key that opened this session.
	Key() string
	// KeyCode makes a code that adds another key to the account.
	KeyCode(context.Context) (code string, expires time.Time, err error)
	// RemoveKey removes a key from the account.
	RemoveKey(ctx context.Context, fingerprint string) (chat.AuthorizedKey, error)
}

// Keys is the page of the user's own keys.
type Keys struct {
	account  KeyOwner
	zone     *time.Location
	report   OnError
	pasted   bool // the user gave the line of a key, which cannot be added that way
	list     []chat.AuthorizedKey
	at       int
	removing bool // r was pressed, and has to be confirmed
	note     string
}

// NewKeys makes the page of keys. pasted says that the user gave the command the line of a
// key. The page then explains how to add a key.
func NewKeys(account KeyOwner, zone *time.Location, report OnError, pasted bool) *Keys {
	return &Keys{account: account, zone: zone, report: report, pasted: pasted}
}

// keysMsg has the keys of the account, and a notice about the last change of them.
type keysMsg struct {
	list []chat.AuthorizedKey
	note string
	err  error
}

// Init implements Dialog.
func (k *Keys) Init() tea.Cmd {
	return k.after(func(context.Context) (string, error) {
		if k.pasted {
			return "", chat.KeyProof()
		}
		return "", nil
	})
}

// after does something with the keys and reads them again.
func (k *Keys) after(do func(context.Context) (note string, err error)) tea.Cmd {
	return func() tea.Msg {
		msg, _ := ask.For(func(ctx context.Context) (keysMsg, error) {
			note, err := do(ctx)
			list, err2 := k.account.Keys(ctx)
			return keysMsg{list, note, errors.Join(err, err2)}, nil
		})
		return Answer{k, msg}
	}
}

// Update implements Dialog.
func (k *Keys) Update(msg tea.Msg) (Result, tea.Cmd) {
	switch msg := msg.(type) {
	case Key:
		return k.key(msg.Act), nil
	case Text:
		return k.typed(string(msg))
	case Scroll:
		k.scroll(int(msg))
	case keysMsg:
		k.note, k.removing = msg.note, false
		if msg.err != nil {
			k.note = k.report.explain("managing keys", msg.err)
		}
		if msg.list != nil {
			k.list = msg.list
		}
		k.scroll(0)
	}
	return Result{}, nil
}

func (k *Keys) key(act keymap.Action) Result {
	k.note = ""
	if k.removing {
		k.removing = false
		return Result{}
	}
	switch act {
	case keymap.Up:
		k.scroll(-1)
	case keymap.Down:
		k.scroll(1)
	case keymap.Escape, keymap.Send:
		return Result{Close: true}
	}
	return Result{}
}

// typed handles a letter. If the line of a key was pasted, it explains how to add a key.
func (k *Keys) typed(letter string) (Result, tea.Cmd) {
	removing := k.removing
	k.removing, k.note = false, ""
	switch {
	case removing && letter != "y": // the answer was no
	case len(letter) > 10:
		k.note = hint.Text(chat.KeyProof())
	case letter == "a":
		return Result{}, k.after(k.code)
	case letter == "q":
		return Result{Close: true}, nil
	case letter == "r" && k.at < len(k.list):
		k.removing = true
		k.note = "Remove the key " + k.list[k.at].Fingerprint + "? y: yes, any other key: no"
		if k.list[k.at].Fingerprint == k.account.Key() {
			k.note = "Remove the key that you are using now? This session will end. y: yes, any other key: no"
		}
	case letter == "y" && removing:
		fingerprint := k.list[k.at].Fingerprint
		return Result{}, k.after(func(ctx context.Context) (string, error) {
			_, err := k.account.RemoveKey(ctx, fingerprint)
			return "The key is removed.", err
		})
	}
	return Result{}, nil
}

// code makes a code and says how to use it.
func (k *Keys) code(ctx context.Context) (string, error) {
	code, expires, err := k.account.KeyCode(ctx)
	return "The code " + code + " adds one key, once, until " + expires.In(k.zone).Format("15:04") +
		". Connect with the new key:  ssh -o IdentitiesOnly=yes -i KEY " + code + "@HOST  or type the code at the join screen.", err
}

func (k *Keys) scroll(rows int) { k.at = max(0, min(k.at+rows, len(k.list)-1)) }

// Resize implements Dialog.
func (k *Keys) Resize(*theme.Theme, int, int) {}

// Rows implements Dialog. Each key has two rows.
func (k *Keys) Rows(th *theme.Theme, width, height int) ([]string, int, int) {
	rows := make([]string, height)
	rows[height-1] = foot(th, width, "a: add  r: remove  Up, Down: choose  Esc: close")
	if height < 5 {
		return rows, -1, 0
	}
	rows[0] = title(th, width, "Your keys")
	note := &theme.Sheet{Theme: th, Width: width}
	if k.note != "" {
		note.Text(1, th.Warn, k.note)
	}
	room := max(2, height-2-len(note.Rows))
	copy(rows[min(room+1, height-1):height-1], note.Rows)
	day := func(t time.Time) string { return t.In(k.zone).Format("2 Jan 2006") }
	pairs(th, rows[1:min(room, height-1)], width, "", len(k.list), k.at, func(i int) (heading, about string) {
		key := k.list[i]
		about = "   added " + day(key.AddedAt)
		if !key.LastUsedAt.IsZero() {
			about += ", last used " + day(key.LastUsedAt)
		}
		if key.Fingerprint == k.account.Key() {
			about += ", in use here"
		}
		if key.Comment != "" {
			about += "  " + text.CleanLine(key.Comment, 100)
		}
		return " " + key.Type + "  " + key.Fingerprint, about
	})
	return rows, -1, 0
}
