package importing

import (
	"context"
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
}

// meet notes an account. It is made when something refers to it.
func (im *Importer) meet(a Account) *account {
	if have := im.accounts[a.Key]; have != nil {
		return have
	}
	one := &account{Account: a, uid: im.id("account", a.Key)}
	one.user = im.known[one.uid]
	im.accounts[a.Key] = one
	return one
}

// ClaimedSetting returns the name of the setting with the id of the account that has
// claimed an imported one. So a repeated import does not make the imported account again.
func ClaimedSetting(uid uuid.UUID) string { return "import.claimed." + uid.String() }

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
		if u, ok := w.known[uid]; ok {
			w.fresh[key] = u
			return u, nil
		}
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
	return u, nil
}

// handle makes a handle from a name in the source. A name that somebody has here gets the
// name of the source after it, because two people may well have the same name.
func (w *work) handle(ctx context.Context, name string) (string, error) {
	wish := text.SuggestHandle(name)
	for n := 0; ; n++ {
		suffix := ""
		if n > 0 {
			suffix = "-" + w.source
		}
		if n > 1 {
			suffix += "-" + strconv.Itoa(n)
		}
		try := strings.TrimRight(wish[:min(len(wish), maxHandle-len(suffix))], "-_.") + suffix
		err := w.backing.HandleIsFree(ctx, w.tx, try)
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
