package chat

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"confab/app/text"
)

// UserID identifies an account inside this server, and never leaves it. Outside, the
// handle and the [User.UID] identify an account.
type UserID int64

// Role decides what an account may do on the whole server, or what a member may do in a
// conversation.
type Role string

// The roles. The first account of a server is its owner. The maker of a group is the
// group's owner. [DecideServer] and [Decide] say what each role may do.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

// ParseRole reads the name of a role. Errors are [text.ErrInvalid].
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case RoleOwner, RoleAdmin, RoleMember:
		return r, nil
	default:
		return "", Refuse(text.ErrInvalid, "Unknown role %q. Choose owner, admin or member.", text.CleanLine(s, 20))
	}
}

// User is an account: a handle and the keys that open it.
type User struct {
	ID   UserID
	UID  uuid.UUID // UUIDv7, what the outside may see
	Name string    // the handle, see [text.ParseHandle]
	// DisplayName is a name that the account has chosen besides its handle, or "". It
	// is not unique and proves nothing, so it is only shown beside the handle.
	DisplayName string
	Role        Role
	CreatedAt   time.Time
	// ReceiptsOff says that the account doesn't show others what it has read, and so
	// doesn't see what they have read.
	ReceiptsOff bool
	Bot         bool // a program, which receipts leave out
	// Disabled says that nobody may use the account.
	Disabled bool
	Status   Status
}

// AccountReader is the part of [Reader] about accounts and their names.
type AccountReader interface {
	// UserByKey returns the account that the key with this fingerprint opens.
	UserByKey(ctx context.Context, fingerprint string) (User, error)
	// UserByName returns the account with this handle.
	UserByName(ctx context.Context, name string) (User, error)
	// UserByID returns one account.
	UserByID(ctx context.Context, id UserID) (User, error)
	// UserBySkeleton returns the account whose handle has this [text.Skeleton].
	UserBySkeleton(ctx context.Context, skeleton string) (User, error)
	// Users returns all accounts, by handle.
	Users(ctx context.Context) ([]User, error)
	// DeletedUsers returns the deleted accounts with their last handles, the latest first.
	// A handle that was forgotten is "", and the time is then zero.
	DeletedUsers(ctx context.Context) ([]FormerName, error)
	// Owners returns the accounts with [RoleOwner], oldest first.
	Owners(ctx context.Context) ([]User, error)
	// Staff returns the owners and the admins of the server, oldest first.
	Staff(ctx context.Context) ([]User, error)
	// FormerNames returns the former handles of an account, oldest first.
	FormerNames(ctx context.Context, user UserID) ([]FormerName, error)
	// LastSeen returns when an account's user was there last, or the zero time if that is not
	// known, and whether the account shares it.
	LastSeen(ctx context.Context, user UserID) (at time.Time, shared bool, err error)
	// NextStatusEnd returns when the next status ends by itself, of all accounts, and the
	// zero time if none does.
	NextStatusEnd(ctx context.Context) (time.Time, error)
	// StatusesUntil returns at most limit accounts whose status ends by itself at this time
	// or earlier, the earliest first.
	StatusesUntil(ctx context.Context, at time.Time, limit int) ([]User, error)
	// NamesKeptBack returns the former handles with this skeleton that their accounts gave
	// up after a time, the latest first. Handles of deleted accounts are kept for 30 days.
	NamesKeptBack(ctx context.Context, skeleton string, since time.Time) ([]FormerName, error)
}

// AccountTx is the part of [Tx] about accounts and their names.
type AccountTx interface {
	// InsertUser adds an account and returns it with its id.
	InsertUser(ctx context.Context, u User) (User, error)
	// SetUserRole changes what an account may do on the server, and so in #general.
	SetUserRole(ctx context.Context, user UserID, role Role) error
	// SetUserDisabled disables an account, or enables it.
	SetUserDisabled(ctx context.Context, user UserID, disabled bool) error
	// SetUserName changes a handle, also in the codes that the account has made.
	SetUserName(ctx context.Context, user UserID, name string) error
	// SetDisplayName changes a display name. The name "" removes it.
	SetDisplayName(ctx context.Context, user UserID, name string) error
	// SetStatus changes what an account says of itself; the zero value removes it.
	SetStatus(ctx context.Context, user UserID, s Status) error
	// SetLastSeen notes when an account's user was there, to the minute, if the account shares
	// that; the zero time forgets it. It never goes back.
	SetLastSeen(ctx context.Context, user UserID, at time.Time) error
	// InsertFormerName stores a former handle of an account.
	InsertFormerName(ctx context.Context, n FormerName) error
	// EraseUser deletes an account's keys, preferences and name, the codes for it, and
	// the codes that it made. The caller ends the memberships.
	EraseUser(ctx context.Context, user UserID) error
	// PruneErasedNames forgets the names of accounts that were deleted before a time.
	PruneErasedNames(ctx context.Context, before time.Time) error
}

// Status is what an account says of itself while it is away. The zero value is that of an
// account that is not. Writing or connecting does not change it: it lasts until its time has
// come, or until its user takes it back.
type Status struct {
	Text  string    // one clean line, [AwayText] if the user gave none; "" while the account is not away
	Until time.Time // when it ends by itself; the zero time if it does not
}

const (
	// AwayText is the text of a status for which the user gave none.
	AwayText = "away"
	// MaxStatus is the longest text of a status, in characters.
	MaxStatus = 100
)

// Away reports whether the account is away at a time. Call it each time a status is shown:
// then the status ends in time, even if nothing else has happened.
func (s Status) Away(now time.Time) bool {
	return s.Text != "" && (s.Until.IsZero() || now.Before(s.Until))
}

// Presence returns what others are shown of the account: a user who is online and says that
// it is away is away.
func (s Status) Presence(p Presence, now time.Time) Presence {
	if p == Online && s.Away(now) {
		return Away
	}
	return p
}

// Words formats the status for people in the zone of now, as in "away: at lunch until 14:00".
// It returns "" if the account is not away.
func (s Status) Words(now time.Time) string {
	if !s.Away(now) {
		return ""
	}
	words := AwayText
	if s.Text != AwayText {
		words += ": " + s.Text
	}
	if !s.Until.IsZero() {
		words += " until " + dayTime(s.Until.In(now.Location()), now, "")
	}
	return words
}

// dayTime formats a time as people say it: with a word for the day if it is near. The word
// for today is the caller's.
func dayTime(at, now time.Time, today string) string {
	isDay := func(day time.Time) bool { return at.YearDay() == day.YearDay() && at.Year() == day.Year() }
	switch clock := at.Format("15:04"); {
	case isDay(now):
		return today + clock
	case isDay(now.AddDate(0, 0, 1)):
		return "tomorrow " + clock
	case isDay(now.AddDate(0, 0, -1)):
		return "yesterday " + clock
	default:
		return shortTime(at, now)
	}
}

// ParseStatus reads a status as people write it: a text, and when it ends, as in "at lunch
// until 14:00" or "for 2h". Both can be left out. Times are those of the zone of now, and can
// be written in all forms of [text.ParseUntil]. Words after "until" or "for" that are no time
// belong to the text, unless they follow "until" and begin with a digit. The result is as
// that of [CheckStatus].
func ParseStatus(raw string, now time.Time) (Status, error) {
	words := strings.Fields(text.CleanLine(raw, 4*MaxStatus))
	for i := len(words) - 2; i >= 0; i-- {
		word, when := text.Lower(words[i]), strings.Join(words[i+1:], " ")
		if word != "until" && word != "for" {
			continue
		}
		if until, err := text.ParseUntil(word+" "+when, now); err == nil {
			return CheckStatus(Status{strings.Join(words[:i], " "), until}, now)
		}
		if word == "until" && when[0] >= '0' && when[0] <= '9' {
			return Status{}, Refuse(text.ErrInvalid, "%q is no time that is still to come. Write until 14:00, until monday at 9, until 2026-12-24 or for 2h.", text.CleanLine(when, 40))
		}
	}
	return CheckStatus(Status{Text: strings.Join(words, " ")}, now)
}

// CheckStatus checks each status that enters the server. It cleans the text, and an empty text
// becomes [AwayText]. A text over [MaxStatus] is refused with [ErrTooLarge]. A time that is past
// or more than a year ahead is refused with [text.ErrInvalid].
func CheckStatus(s Status, now time.Time) (Status, error) {
	s.Text, s.Until = text.CleanLine(s.Text, 4*MaxStatus), s.Until.Truncate(time.Millisecond)
	if s.Text == "" {
		s.Text = AwayText
	}
	switch n := utf8.RuneCountInString(s.Text); {
	case n > MaxStatus:
		return s, Refuse(ErrTooLarge, "The status is longer than %d characters: shorten it.", MaxStatus)
	case s.Until.IsZero():
		return s, nil
	case !s.Until.After(now):
		return s, Refuse(text.ErrInvalid, "That time has passed already: choose a later one.")
	case s.Until.After(now.AddDate(1, 0, 0)):
		return s, Refuse(text.ErrInvalid, "That is more than a year ahead: choose an earlier time.")
	default:
		return s, nil
	}
}

// StatusSet says that an account is away, or is back. The account's own sessions get it, and
// the people with whom the account has direct conversations.
type StatusSet struct {
	User   UserID
	Direct []ConversationID `json:",omitempty"` // the account's direct conversations
	// Status is the present one. The record does not contain it, because words that were
	// taken back must not stay in the database, so a process that applies a recorded change
	// reads it from the store.
	Status Status `json:"-"`
}

func (StatusSet) event() {}

// DisabledReason is the sentence for users of disabled accounts.
const DisabledReason = "This account is disabled: ask the server's host about it."

// DeletedName is shown in place of the handle of a deleted account.
const DeletedName = "deleted user"

// DeletedReason is the sentence for the user of a deleted account.
const DeletedReason = "This account has been deleted."

// UserDeleted tells everyone that an account was deleted. Purged says that its messages
// were deleted too.
type UserDeleted struct {
	User   UserID
	Purged bool
	At     time.Time
}

func (UserDeleted) event() {}

// NobodyThere refuses a message to a deleted account with [ErrNotAllowed].
func NobodyThere() error {
	return Refuse(ErrNotAllowed, "Nothing was sent: this account has been deleted.")
}

// ImportedPreference is the preference of accounts that were imported from another chat and
// that nobody has claimed yet. Its value is the kind of chat.
const ImportedPreference = "imported-from"

// CertificatePreference is the preference that keeps what the last certificate of an account
// said about its groups.
const CertificatePreference = "certificate-groups"

const (
	maxPreference  = 100 // bytes of the name, and of the value
	maxPreferences = 200 // of an account
)

// CheckPreference refuses what users may not store as a preference beside those that they have:
// what is too long or one too many, with [ErrTooLarge], and what only the server stores, with
// [ErrNotAllowed].
func CheckPreference(have map[string]string, name, value string) error {
	_, known := have[name]
	switch {
	case name == CertificatePreference || name == ImportedPreference:
		return Refuse(ErrNotAllowed, "Only the server can change that.")
	case len(name) > maxPreference || len(value) > maxPreference:
		return Refuse(ErrTooLarge, "That is too long to save.")
	case !known && len(have) >= maxPreferences:
		return Refuse(ErrTooLarge, "There are %d preferences, which is the limit: remove one first.", maxPreferences)
	}
	return nil
}

// RoleText returns a role as part of a sentence, such as "an owner".
func RoleText(r Role) string {
	switch r {
	case RoleOwner:
		return "an owner"
	case RoleAdmin:
		return "an admin"
	default:
		return "a member"
	}
}

// LastSeenPreference is the preference of accounts that share when their users were there last:
// "on". All others, and what they have not set, are for the screens alone.
const LastSeenPreference = "set.last-seen"

// LastSeenWords formats when somebody was there last for people in the zone of now, as in
// "last seen today 14:02". It returns "" if that is not known.
func LastSeenWords(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return "last seen " + dayTime(at.In(now.Location()), now, "today ")
}

// PreferenceReader is the part of [Reader] about the preferences of accounts.
type PreferenceReader interface {
	// Preferences returns the preferences of an account, by name.
	Preferences(ctx context.Context, user UserID) (map[string]string, error)
}

// PreferenceTx is the part of [Tx] about the preferences of accounts.
type PreferenceTx interface {
	// SetPreference stores a preference of an account. The value "" removes it.
	SetPreference(ctx context.Context, user UserID, name, value string) error
}

// FormerName is a former handle of an account.
type FormerName struct {
	User    UserID
	Name    string
	EndedAt time.Time
}

// UserRenamed tells everyone that an account has another handle or display name.
type UserRenamed struct {
	User        UserID
	Name        string
	DisplayName string
}

func (UserRenamed) event() {}
