package importing

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// account is an account of the source.
type account struct {
	Account
	uid  uuid.UUID
	user chat.User // the account here; its id is 0 before it is made
	own  chat.User // the account that its user has here, by [Options.Accounts]
}

// meet notes an account. It is made when something refers to it.
func (im *Importer) meet(a Account) *account {
	if have := im.accounts[a.Key]; have != nil {
		return have
	}
	one := &account{Account: a, uid: im.id("account", a.Key)}
	one.user = im.known[one.uid]
	for _, name := range []string{a.Key, a.Name} {
		if own, ok := im.own[text.Lower(name)]; ok {
			im.met[text.Lower(name)] = true
			one.own = own
			im.refused = errors.Join(im.refused, one.taken(own))
		}
	}
	im.accounts[a.Key] = one
	return one
}

// taken refuses to give an account to somebody if its messages have come under another one.
func (a *account) taken(own chat.User) error {
	if a.user.ID != 0 && a.user.ID != own.ID {
		return chat.Refuse(chat.ErrConflict, "Messages of %s were imported before, under @%s: give that account to @%s when the import has ended, and leave %s out here.",
			text.CleanLine(a.Name, maxHandle), a.user.Name, own.Name, text.CleanLine(a.Name, maxHandle))
	}
	return fits(a.Bot, own)
}

// owned returns the accounts that people have here, by the names that they have in the source.
func owned(ctx context.Context, r chat.Reader, accounts map[string]string) (map[string]chat.User, error) {
	all := map[string]chat.User{}
	for there, here := range accounts {
		user, err := Receiver(ctx, r, here)
		if err != nil {
			return nil, err
		}
		all[text.Lower(there)] = user
	}
	return all, nil
}

// unmet refuses names of [Options.Accounts] that the source does not have.
func (im *Importer) unmet() error {
	err := im.refused
	for _, name := range slices.Sorted(maps.Keys(im.own)) {
		if !im.met[name] {
			err = errors.Join(err, chat.Refuse(chat.ErrNotFound, "The export has no account called %s: check the name.", text.CleanLine(name, 80)))
		}
	}
	return err
}

// ClaimedSetting returns the name of the setting with the id of the account that has
// claimed an imported one. So a repeated import does not make the imported account again.
func ClaimedSetting(uid uuid.UUID) string { return "import.claimed." + uid.String() }

// deleted returns the accounts that were deleted here. An import still brings
// their messages from elsewhere, as those of a deleted user.
func deleted(ctx context.Context, r chat.Reader) (map[uuid.UUID]chat.User, error) {
	names, err := r.DeletedUsers(ctx)
	if err != nil {
		return nil, err
	}
	all := map[uuid.UUID]chat.User{}
	for _, n := range names {
		u, err := r.UserByID(ctx, n.User)
		if err != nil {
			return nil, err
		}
		all[u.UID] = u
	}
	return all, nil
}

// gone reports whether an account was deleted here.
func (im *Importer) gone(u chat.User) bool {
	_, is := im.deleted[u.UID]
	return is
}

// handleOf returns the handle here of an account that a text names. It writes what waits if
// it has to make the account, because the handle is certain only then.
func (im *Importer) handleOf(ctx context.Context, key string) (string, error) {
	a := im.accounts[key]
	if a == nil {
		return "", nil
	}
	if a.user.ID == 0 {
		im.batch = append(im.batch, a)
		if err := im.commit(ctx); err != nil {
			return "", err
		}
	}
	if im.gone(a.user) {
		return "", nil
	}
	return a.user.Name, nil
}

// account returns the account here that stands for one of the source. It makes it if it is
// missing.
func (w *work) account(ctx context.Context, key string) (chat.User, error) {
	if u, ok := w.fresh[key]; ok {
		return u, nil
	}
	a := w.accounts[key]
	if a.user.ID != 0 {
		return a.user, nil
	}
	claimed, err := w.tx.Setting(ctx, ClaimedSetting(a.uid))
	if err != nil {
		return chat.User{}, err
	}
	if uid, err := uuid.Parse(claimed); err == nil {
		u, ok := w.known[uid]
		if !ok {
			u, ok = w.deleted[uid]
		}
		if ok {
			if a.own.ID != 0 && a.own.ID != u.ID {
				return u, chat.Refuse(chat.ErrConflict, "What %s wrote there belongs to @%s here: leave %s out.", text.CleanLine(a.Name, maxHandle), u.Name, text.CleanLine(a.Name, maxHandle))
			}
			w.fresh[key] = u
			return u, nil
		}
	}
	if u, ok := w.deleted[a.uid]; ok {
		w.fresh[key] = u
		return u, nil
	}
	if a.own.ID != 0 {
		w.fresh[key] = a.own
		return a.own, w.tx.SetSetting(ctx, ClaimedSetting(a.uid), a.own.UID.String())
	}
	u, err := w.newAccount(ctx, a)
	if err == nil {
		w.fresh[key] = u
	}
	return u, err
}

// newAccount makes a placeholder: a disabled account without keys, which nobody can use
// until the host lets a key claim it. It is not in #general before that.
func (w *work) newAccount(ctx context.Context, a *account) (chat.User, error) {
	name, err := w.handle(ctx, a.Name)
	if err != nil {
		return chat.User{}, err
	}
	u, err := w.tx.InsertUser(ctx, chat.User{UID: a.uid, Name: name, Role: chat.RoleMember, Bot: a.Bot, CreatedAt: w.backing.Now()})
	if err != nil {
		return u, err
	}
	u.Disabled = true
	if err := w.tx.SetUserDisabled(ctx, u.ID, true); err != nil {
		return u, err
	}
	if err := w.tx.SetPreference(ctx, u.ID, chat.ImportedPreference, w.source); err != nil {
		return u, err
	}
	if shown, err := text.ParseDisplayName(text.CleanLine(a.Display, 40)); err == nil && shown != "" && shown != name {
		u.DisplayName = shown
		if err := w.tx.SetDisplayName(ctx, u.ID, shown); err != nil {
			return u, err
		}
	}
	w.report.Accounts++
	w.report.NewAccounts = firstNew(w.report.NewAccounts, []New{{"@" + name, a.Name}})
	return u, nil
}

// handle makes a handle from a name in the source. A name that somebody has here gets the
// name of the source after it, because two people may well have the same name.
func (w *work) handle(ctx context.Context, name string) (string, error) {
	return free(text.SuggestHandle(name), w.source, maxHandle, func(name string) error { return w.backing.HandleIsFree(ctx, w.tx, name) })
}

// free makes a name that check does not refuse, with at most longest characters. Names other
// than the wish have the name of the source at their end.
func free(wish, source string, longest int, check func(name string) error) (string, error) {
	for n := 0; ; n++ {
		suffix := ""
		if n > 0 {
			suffix = "-" + source
		}
		if n > 1 {
			suffix += "-" + strconv.Itoa(n)
		}
		try := strings.TrimRight(wish[:min(len(wish), longest-len(suffix))], "-_.") + suffix
		err := check(try)
		if err == nil {
			return try, nil
		}
		if !chat.IsRefusal(err) {
			return "", err
		}
	}
}

// maxHandle is the longest handle.
const maxHandle = 32
