package importing

import (
	"context"
	"slices"
	"strconv"
	"time"

	"confab/app/chat"
	"confab/app/text"
)

// A source that keeps ids is an export of a confab server. Into a server that has had no
// account yet, everything of it comes: it is restored. Messages then keep their numbers, less
// those that had expired, because markers and much else refer to them.

// RestoringSetting is "yes" from the first transaction of a restore to its last one, so that
// one that was stopped goes on as a restore.
const RestoringSetting = "import.restoring"

// RestoredSetting is how many of the [Extra] items are on disk.
const RestoredSetting = "import.restored"

// Identity has the parts of an account that only a restore brings.
type Identity struct {
	Role        chat.Role
	Disabled    bool
	ReceiptsOff bool
	Deleted     bool
	Status      chat.Status
	CreatedAt   time.Time
}

// Extra is an item that only a restore brings. It comes after all messages.
type Extra struct {
	Kind  string // the type of its line
	Place string
	What  Belonging
}

func (Extra) item() {}

// Belonging is something that belongs to a server, besides accounts and messages.
type Belonging interface {
	// restore stores it. It returns false if it refers to something that is not here, or has a
	// value that it cannot have.
	restore(ctx context.Context, w *work, tx chat.Tx) (bool, error)
}

// begins reports whether the import is a restore.
func (im *Importer) begins(ctx context.Context) (bool, error) {
	if !im.keeps {
		return false, nil
	}
	under, err := im.backing.Store.Setting(ctx, RestoringSetting)
	if err != nil || under == "yes" {
		return under == "yes", err
	}
	return len(im.known) == 0 && len(im.deleted) == 0, nil
}

// makeAccounts makes all accounts of the export in one transaction, so that a server has all of
// them or none.
func (im *Importer) makeAccounts(ctx context.Context) error {
	im.accountsMade = true
	if im.owner.ID != 0 { // a restore that was stopped
		for _, key := range im.people {
			if a := im.accounts[key]; a.user.ID == 0 {
				a.user = im.deleted[a.uid]
			}
		}
		return nil
	}
	owner := slices.IndexFunc(im.people, func(key string) bool {
		full := im.accounts[key].Full
		return full != nil && full.Role == chat.RoleOwner && !full.Disabled && !full.Deleted
	})
	if owner < 0 {
		return chat.Refuse(chat.ErrNotFound, "The export has no account of an owner, so nobody could manage the server: add an owner first, and import it then.").With(chat.HintAddOwner)
	}
	var w *work
	do := func(ctx context.Context, tx target) error {
		w = &work{Importer: im, tx: tx, fresh: map[string]chat.User{}, rooms: map[*room]*state{}}
		for _, key := range im.people {
			if err := w.person(ctx, im.accounts[key]); err != nil {
				return err
			}
		}
		return tx.SetSetting(ctx, RestoringSetting, "yes")
	}
	if err := im.transact(ctx, do, func() []chat.Change { return nil }); err != nil {
		return err
	}
	im.owner = w.fresh[im.people[owner]]
	for key, u := range w.fresh {
		im.accounts[key].user = u
		im.known[u.UID] = u
		if im.accounts[key].Full.Deleted {
			im.deleted[u.UID] = u
		}
	}
	im.report.add(&w.report)
	return nil
}

// person makes an account as it was.
func (w *work) person(ctx context.Context, a *account) error {
	full := a.Full
	if full == nil {
		full = &Identity{Role: chat.RoleMember, Disabled: true}
		a.Full = full
	}
	name, err := w.handle(ctx, a.Name)
	if err != nil {
		return err
	}
	u, err := w.tx.InsertUser(ctx, chat.User{UID: a.uid, Name: name, Role: full.Role, Bot: a.Bot, CreatedAt: full.CreatedAt})
	if err != nil {
		return err
	}
	u.Disabled = full.Disabled
	w.fresh[a.Key] = u
	w.report.Accounts++
	w.report.NewAccounts = firstNew(w.report.NewAccounts, []New{{"@" + name, a.Name}})
	tx, ok := w.tx.(chat.Tx)
	if !ok {
		return nil
	}
	if full.Deleted {
		return tx.EraseUser(ctx, u.ID)
	}
	if full.Disabled {
		if err := tx.SetUserDisabled(ctx, u.ID, true); err != nil {
			return err
		}
	}
	if full.ReceiptsOff {
		if err := tx.SetReceiptsOff(ctx, u.ID, true); err != nil {
			return err
		}
	}
	if shown, err := text.ParseDisplayName(text.CleanLine(a.Display, 40)); err == nil && shown != "" {
		if err := tx.SetDisplayName(ctx, u.ID, shown); err != nil {
			return err
		}
	}
	if full.Status.Text == "" {
		return nil
	}
	return tx.SetStatus(ctx, u.ID, full.Status)
}

// extra restores an item, or only counts it in a rehearsal.
func (w *work) extra(ctx context.Context, e Extra) error {
	if tx, ok := w.tx.(chat.Tx); ok {
		done, err := e.What.restore(ctx, w, tx)
		if err != nil {
			return err
		}
		if !done {
			w.report.leave(e.Place, "a "+e.Kind+" that refers to something that is not in the export, or is damaged")
			return nil
		}
	}
	if w.report.Restored == nil {
		w.report.Restored = map[string]int{}
	}
	w.report.Restored[e.Kind]++
	return nil
}

// count remembers how many extra items are on disk.
func (w *work) count(ctx context.Context) error {
	if w.extras <= w.skip {
		return nil
	}
	return w.tx.SetSetting(ctx, RestoredSetting, strconv.Itoa(w.extras))
}

// restored ends a restore.
func (im *Importer) restored(ctx context.Context) error {
	return im.transact(ctx, func(ctx context.Context, tx target) error {
		for _, name := range []string{RestoringSetting, RestoredSetting} {
			if err := tx.SetSetting(ctx, name, ""); err != nil {
				return err
			}
		}
		return nil
	}, func() []chat.Change { return nil })
}

// who returns an account of the export. It returns false for none and for a deleted one.
func (w *work) who(key string) (chat.UserID, bool) {
	a := w.accounts[key]
	return w.user(key), a != nil && a.user.ID != 0 && !w.gone(a.user)
}

// user returns the id of an account of the export, or 0.
func (w *work) user(key string) chat.UserID {
	if a := w.accounts[key]; a != nil {
		return a.user.ID
	}
	return 0
}

// where returns a conversation of the export, or nil.
func (w *work) where(ctx context.Context, key string) (*state, error) {
	r := w.byKey[key]
	if r == nil {
		return nil, nil
	}
	return w.room(ctx, r)
}

// number returns the number here of a message of a conversation.
func (w *work) number(key string, seq chat.Seq) chat.Seq {
	return max(0, seq-w.byKey[key].Expired)
}

// both returns a conversation and an account, and whether both are here.
func (w *work) both(ctx context.Context, conversation, user string) (*state, chat.UserID, bool, error) {
	c, err := w.where(ctx, conversation)
	id, ok := w.who(user)
	return c, id, ok && c != nil && err == nil, err
}

// at returns the message with a number of the export, or nil if it is not here or was deleted.
func (w *work) at(ctx context.Context, key string, seq chat.Seq) (*chat.Message, error) {
	c, err := w.where(ctx, key)
	if err != nil || c == nil {
		return nil, err
	}
	n := w.number(key, seq)
	if n == 0 {
		return nil, nil
	}
	found, err := w.tx.MessagesAfter(ctx, c.ID, n-1, 1)
	if err != nil || len(found) == 0 || found[0].Seq != n || found[0].Deleted() {
		return nil, err
	}
	return found[0], nil
}

// seenBy returns a message and an account, as at and who do, and whether both are here.
func (w *work) seenBy(ctx context.Context, conversation string, seq chat.Seq, user string) (*chat.Message, chat.UserID, bool, error) {
	m, err := w.at(ctx, conversation, seq)
	id, ok := w.who(user)
	return m, id, ok && m != nil && err == nil, err
}

// maxFilled bounds how many numbers of messages that an export does not have are filled.
const maxFilled = 100_000

// fill puts deleted messages where an export has none, up to a number, because numbers have no
// gaps. It returns false if there are too many.
func (w *work) fill(ctx context.Context, s *state, p *post) (bool, error) {
	missing := int64(p.seq - s.LastSeq - 1)
	if missing+int64(w.filled) > maxFilled {
		return false, nil
	}
	for ; missing > 0; missing-- {
		m := &chat.Message{ID: ID(w.source, "filler", p.room.Key, strconv.FormatInt(int64(s.LastSeq), 10)), Conversation: s.ID, Author: w.owner.ID, SentAt: p.At}
		fresh, err := w.tx.InsertMessage(ctx, m)
		if err != nil || !fresh {
			return false, err
		}
		if err := w.delete(ctx, m, p); err != nil {
			return false, err
		}
		s.LastSeq = m.Seq
		w.filled++
		w.report.leave(p.Place, "a message before this one is not in the export: a deleted one stands in its place")
	}
	return true, nil
}

// delete makes a deleted message of one.
func (w *work) delete(ctx context.Context, m *chat.Message, p *post) error {
	if tx, ok := w.tx.(chat.Tx); ok {
		m.Body, m.DeletedAt, m.DeletedBy = "", p.At, w.user(p.DeletedBy)
		if !p.DeletedAt.IsZero() {
			m.DeletedAt = p.DeletedAt
		}
		return tx.DeleteMessage(ctx, m)
	}
	return nil
}

// numbered makes room for a message with its number. It returns false if it is here already,
// or cannot have the number.
func (w *work) numbered(ctx context.Context, s *state, p *post) (bool, error) {
	if p.seq <= s.LastSeq {
		m, err := w.begun(ctx, s, p.id)
		switch {
		case err != nil:
			return false, err
		case m != nil:
			w.report.Already++
		default:
			w.report.leave(p.Place, "its number is not after that of the message before it")
		}
		return false, nil
	}
	ok, err := w.fill(ctx, s, p)
	if err == nil && !ok {
		w.report.leave(p.Place, "too many messages before it are not in the export")
	}
	return ok, err
}
