package chat

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// BanKind says whether a ban keeps out an account, a key or a network, or silences an account.
type BanKind string

// The kinds of bans.
const (
	BanAccount BanKind = "account"
	BanKey     BanKind = "key"
	BanNetwork BanKind = "network"
	// BanSilence: the account can read, but not write.
	BanSilence BanKind = "silence"
)

// Ban keeps an account, a key or a network out, or silences an account. A person makes each ban; the server
// makes none by itself.
type Ban struct {
	Kind     BanKind
	User     UserID // of an account or a silence, else 0
	UserName string // its handle now
	Target   string // a fingerprint or a CIDR, "" for the others
	MadeAt   time.Time
	EndsAt   time.Time // the zero time if it does not end by itself
	MadeBy   string    // a handle, or "host"
	Reason   string    // "" if none was given
}

// BanMade is a ban that somebody has just made.
type BanMade struct {
	Ban
	Before *Ban // the ban of the same target that was in force, nil if there was none
}

// Words says what is banned for how long, and what has changed if it was banned before. end
// formats the end of a ban, as in "until Monday".
func (b BanMade) Words(end func(Ban) string) string {
	if b.Before == nil {
		return b.Title() + " is " + b.Done() + " " + end(b.Ban) + "."
	}
	noun := "ban"
	if b.Kind == BanSilence {
		noun = "silence"
	}
	s := b.Title() + " was " + b.Done() + " already. The " + noun + " is "
	if b.EndsAt.Equal(b.Before.EndsAt) {
		s += "still " + end(b.Ban)
	} else {
		s += "now " + end(b.Ban) + " instead of " + end(*b.Before)
	}
	switch was := b.Before.Reason; {
	case b.Reason == "":
		return s + ", without a reason."
	case b.Reason == was:
		return s + ", and the reason is still: " + b.Reason + "."
	case was == "":
		return s + ", and the reason is: " + b.Reason + "."
	default:
		return s + ", and the reason is now: " + b.Reason + " (before: " + was + ")."
	}
}

// SameSpan stands for the length of a ban that nobody has given. A first ban then lasts until
// it is lifted, and a second one ends when the first would have ended.
const SameSpan time.Duration = -1

// Done returns what the ban makes its target: "banned" or "silenced".
func (b Ban) Done() string {
	if b.Kind == BanSilence {
		return "silenced"
	}
	return "banned"
}

// Title returns the banned account, key or network, as a user writes it to ban or unban it.
func (b Ban) Title() string {
	if b.Kind == BanAccount || b.Kind == BanSilence {
		return "@" + b.UserName
	}
	return b.Target
}

// Active reports whether the ban is in force at a time.
func (b Ban) Active(now time.Time) bool { return b.EndsAt.IsZero() || now.Before(b.EndsAt) }

// Text returns the sentence for the banned person. The sentence about a network names no
// member, because strangers may read it.
func (b Ban) Text() string { return b.TextFor(b.Kind == BanNetwork) }

// TextFor returns the sentence of [Ban.Text] for a member or for a stranger. For strangers
// it names no member, because they must not learn who is here.
func (b Ban) TextFor(stranger bool) string {
	what := map[BanKind]string{
		BanAccount: "You are banned from this server", BanKey: "This key is banned from this server",
		BanNetwork: "Connections from your address are banned from this server", BanSilence: "You can read but not write on this server",
	}[b.Kind]
	var s strings.Builder
	s.WriteString(what)
	if !b.EndsAt.IsZero() {
		s.WriteString(" until " + b.EndsAt.UTC().Format("2006-01-02 15:04") + " UTC")
	}
	if b.Reason != "" {
		s.WriteString(" (" + b.Reason + ")")
	}
	if b.MadeBy == HostActor || stranger {
		s.WriteString(": ask its host about it.")
	} else {
		s.WriteString(": ask " + b.MadeBy + " about it, or its host.")
	}
	return s.String()
}

// longestSpan is the longest time that [ParseSpan] accepts. For a longer ban, users write
// "forever".
const longestSpan = 10 * 366 * 24 * time.Hour

// ParseSpan reads a duration such as 30m, 2h, 7d or 4w. For "forever" it returns 0. It
// reports false for any other text, and for more than ten years.
func ParseSpan(s string) (time.Duration, bool) {
	if s == "forever" {
		return 0, true
	}
	digits, unit := cutUnit(s)
	n, err := strconv.ParseUint(digits, 10, 16)
	if unit == 0 || err != nil || n == 0 || n > uint64(longestSpan/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// cutUnit cuts the unit off a time such as 30m, 2h, 7d or 4w. Without one of these
// units it returns 0.
func cutUnit(s string) (digits string, unit time.Duration) {
	if s == "" {
		return "", 0
	}
	last := len(s) - 1
	unit = map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[s[last]]
	return s[:last], unit
}

// BanReader is the part of [Reader] about bans.
type BanReader interface {
	// Bans returns all bans, oldest first, also those that have ended.
	Bans(ctx context.Context) ([]Ban, error)
	// BansOf returns the bans of an account and of a key.
	BansOf(ctx context.Context, user UserID, fingerprint string) ([]Ban, error)
}

// BanTx is the part of [Tx] about bans.
type BanTx interface {
	// InsertBan adds a ban, and replaces an older one of the same target.
	InsertBan(ctx context.Context, b Ban) error
	// DeleteBan removes a ban and reports whether there was one.
	DeleteBan(ctx context.Context, b Ban) (bool, error)
}
