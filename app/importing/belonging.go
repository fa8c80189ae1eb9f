package importing

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
	"confab/app/word"
)

// Key is a key that opens an account.
type Key struct {
	User string
	Key  chat.AuthorizedKey
}

func (i Key) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	user, ok := w.who(i.User)
	if !ok {
		return false, nil
	}
	if _, err := tx.Key(ctx, i.Key.Fingerprint); err == nil {
		return false, nil // a key opens one account
	}
	i.Key.UserID, i.Key.Comment = user, text.CleanLine(i.Key.Comment, 200)
	if err := tx.InsertKey(ctx, i.Key); err != nil || i.Key.LastUsedAt.IsZero() {
		return true, err
	}
	return true, tx.UseKey(ctx, i.Key.Fingerprint, i.Key.LastUsedAt)
}

// FormerName is a handle that an account had before.
type FormerName struct {
	User, Name string
	EndedAt    time.Time
}

func (i FormerName) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	user := w.user(i.User) // a deleted account has one, too
	name, err := text.ParseHandle(i.Name)
	if user == 0 || err != nil {
		return false, nil
	}
	return true, tx.InsertFormerName(ctx, chat.FormerName{User: user, Name: name, EndedAt: i.EndedAt})
}

// fingerprint is the form of a fingerprint.
var fingerprint = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}$`)

// RevokedKey is a key whose certificates are refused.
type RevokedKey struct {
	Fingerprint string
	At          time.Time
}

func (i RevokedKey) restore(ctx context.Context, _ *work, tx chat.Tx) (bool, error) {
	if !fingerprint.MatchString(i.Fingerprint) {
		return false, nil
	}
	return true, tx.RevokeCertificates(ctx, i.Fingerprint, i.At)
}

// Setting is a setting of the server.
type Setting struct{ Name, Value string }

func (i Setting) restore(ctx context.Context, _ *work, tx chat.Tx) (bool, error) {
	if ours, err := word.Restore(ctx, tx, i.Name, i.Value); ours || err != nil {
		return err == nil, err
	}
	if i.Name == "" || text.CleanLine(i.Name, 200) != i.Name || text.Clean(i.Value) != i.Value || len(i.Value) > maxSetting {
		return false, nil
	}
	if i.Name == "join" {
		if _, err := chat.ParseJoinMode(i.Value); err != nil {
			return false, nil
		}
	}
	return true, tx.SetSetting(ctx, i.Name, i.Value)
}

// maxSetting is the longest value of a setting, in bytes.
const maxSetting = 64 << 10

// Preference is a preference of an account.
type Preference struct{ User, Name, Value string }

func (i Preference) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	user, ok := w.who(i.User)
	if !ok || i.Name == "" || text.CleanLine(i.Name, 200) != i.Name || text.CleanLine(i.Value, 200) != i.Value {
		return false, nil
	}
	if i.Name != chat.ImportedPreference && i.Name != chat.CertificatePreference {
		have, err := tx.Preferences(ctx, user)
		if err != nil {
			return false, err
		}
		if chat.CheckPreference(have, i.Name, i.Value) != nil {
			return false, nil
		}
	}
	return true, tx.SetPreference(ctx, user, i.Name, i.Value)
}

// LastSeen is when the user of an account was last here.
type LastSeen struct {
	User string
	At   time.Time
}

func (i LastSeen) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	user, ok := w.who(i.User)
	if !ok {
		return false, nil
	}
	return true, tx.SetLastSeen(ctx, user, i.At)
}

// Ban keeps an account, a key or a network out, or silences an account.
type Ban struct {
	User string
	Ban  chat.Ban
}

func (i Ban) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	b := i.Ban
	switch b.Kind {
	case chat.BanAccount, chat.BanSilence:
		var ok bool
		if b.User, ok = w.who(i.User); !ok {
			return false, nil
		}
		b.Target = ""
	case chat.BanKey, chat.BanNetwork:
		if b.Target = text.CleanLine(b.Target, 100); b.Target == "" {
			return false, nil
		}
	default:
		return false, nil
	}
	b.MadeBy, b.Reason = text.CleanLine(b.MadeBy, maxHandle), text.CleanLine(b.Reason, 200)
	return true, tx.InsertBan(ctx, b)
}

// Request is a request to join.
type Request struct{ Request chat.JoinRequest }

func (i Request) restore(ctx context.Context, _ *work, tx chat.Tx) (bool, error) {
	r := i.Request
	name, err := text.ParseHandle(r.Name)
	known := slices.Contains([]chat.RequestState{chat.RequestPending, chat.RequestApproved, chat.RequestRefused}, r.State)
	if err != nil || !known || !fingerprint.MatchString(r.Fingerprint) {
		return false, nil
	}
	r.Name, r.Note, r.Address = name, text.CleanLine(r.Note, 200), text.CleanLine(r.Address, 100)
	return true, tx.PutRequest(ctx, r)
}

// Draft is what a member has written and not sent.
type Draft struct{ Conversation, User, Body string }

func (i Draft) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	c, user, ok, err := w.both(ctx, i.Conversation, i.User)
	body := text.Clean(i.Body)
	if !ok || strings.TrimSpace(body) == "" || len(body) > chat.MaxBody {
		return false, err
	}
	return true, tx.SetDraft(ctx, c.ID, user, body)
}

// Later is a reminder or a scheduled message.
type Later struct {
	Conversation, User string
	Later              chat.Later
}

func (i Later) restore(ctx context.Context, w *work, tx chat.Tx) (bool, error) {
	l := i.Later
	var ok bool
	if l.User, ok = w.who(i.User); !ok || l.ID == uuid.Nil {
		return false, nil
	}
	if i.Conversation != "" {
		c, err := w.where(ctx, i.Conversation)
		if err != nil || c == nil {
			return false, err
		}
		l.Conversation = c.ID
	}
	have, err := tx.Laters(ctx, l.User)
	if err != nil || len(have) >= chat.MaxLater || slices.ContainsFunc(have, func(h chat.Later) bool { return h.ID == l.ID }) {
		return false, err
	}
	l.Body, l.Zone, l.Refused = text.Clean(l.Body), text.CleanLine(l.Zone, 60), text.CleanLine(l.Refused, 200)
	if strings.TrimSpace(l.Body) == "" || len(l.Body) > chat.MaxBody {
		return false, nil
	}
	if _, err := tx.Later(ctx, l.ID); err == nil { // of another account
		return false, nil
	}
	if _, err := tx.InsertLater(ctx, l); err != nil || l.DueAt.IsZero() {
		return true, err
	}
	return true, tx.SetLaterDue(ctx, l.ID, l.DueAt, l.Refused)
}

// Audit is an entry of the audit log.
type Audit struct{ Entry chat.AuditEntry }

func (i Audit) restore(ctx context.Context, _ *work, tx chat.Tx) (bool, error) {
	e := i.Entry
	for _, s := range []*string{&e.Actor, &e.Action, &e.Target, &e.Detail} {
		*s = text.CleanLine(*s, 2000)
	}
	if e.Action == "" {
		return false, nil
	}
	return true, tx.AppendAudit(ctx, e)
}
