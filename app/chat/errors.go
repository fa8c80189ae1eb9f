package chat

import (
	"errors"
	"fmt"
)

// Sentinel errors that callers branch on with [errors.Is]. A [Refusal] matches the error
// that it was made from.
var (
	// ErrTooLarge: the input is over a limit.
	ErrTooLarge = errors.New("too large")
	// ErrNotAllowed: the actor may not do this.
	ErrNotAllowed = errors.New("not allowed")
	// ErrNotFound: the thing does not exist, or the actor may not know that it does.
	ErrNotFound = errors.New("not found")
	// ErrConflict: a name, a key or an id already belongs to something else.
	ErrConflict = errors.New("conflict")
	// ErrTooFast: the actor has done this too often just now.
	ErrTooFast = errors.New("too fast")
	// ErrClosed: the service has stopped taking work.
	ErrClosed = errors.New("closed")
	// ErrFull: there is no room for new data. Stored data can still be read. It is not a
	// [Refusal], because the host has to know.
	ErrFull = errors.New("the disk is full")
	// ErrNoDatabase: the database is on its own, and does not answer. It is not a [Refusal] either.
	ErrNoDatabase = errors.New("the database cannot be reached")
	// ErrUnreachable: a service that keeps the contents of files does not answer as it should.
	// It is not a [Refusal] either.
	ErrUnreachable = errors.New("the storage for files cannot be reached")
)

// Refusal is an error with a sentence for the user that says what is wrong and what to do
// next. If the next step needs a command or a key, a [Hint] describes it instead, because
// commands and keys differ between front ends. Any other error of a use case is a fault of
// the server, which belongs in the log and not on a screen.
type Refusal struct {
	kind error
	text string
	hint Hint
}

// Refuse makes a [Refusal] of one of the sentinel kinds above. The text is a whole
// sentence. All front ends show it as it is, so it names no command and no key.
func Refuse(kind error, format string, args ...any) *Refusal {
	return &Refusal{kind: kind, text: fmt.Sprintf(format, args...)}
}

// With adds a hint to a refusal that was just made, and returns it.
func (r *Refusal) With(h Hint) *Refusal {
	r.hint = h
	return r
}

// Error returns the sentence for the user.
func (r *Refusal) Error() string { return r.text }

// UserText returns the sentence for the user.
func (r *Refusal) UserText() string { return r.text }

// Unwrap returns the kind, one of the sentinel errors.
func (r *Refusal) Unwrap() error { return r.kind }

// worded is an error that has a sentence for the user: a [Refusal], or an error of
// package text.
type worded interface {
	error
	UserText() string
}

// UserText returns the sentence that a user may see for err. For a [Refusal] it is the
// sentence of the refusal. For any other error, which the caller has to log, it is a
// general one. For nil it is "". Front ends add their words for hints (see [Hinted]).
func UserText(err error) string {
	if err == nil {
		return ""
	}
	if w, ok := errors.AsType[worded](err); ok {
		return w.UserText()
	}
	if errors.Is(err, ErrClosed) {
		return "The server is stopping; connect again in a moment."
	}
	if errors.Is(err, ErrFull) {
		return "The server's disk is full: nothing can be saved until its host makes room."
	}
	if errors.Is(err, ErrNoDatabase) {
		return "The server cannot reach its database: try again in a moment, and tell the host if it keeps happening."
	}
	if errors.Is(err, ErrUnreachable) {
		return "The server cannot reach its storage for files: try again in a few minutes, and tell the host if it keeps happening."
	}
	return "The server could not do that: try again, and tell the host if it keeps happening."
}

// IsRefusal reports whether err is a refusal for the user, and not a fault of the server.
func IsRefusal(err error) bool {
	_, ok := errors.AsType[worded](err)
	return ok
}

// Hint says what users can do next after a refusal. It is a code and not a sentence,
// because each front end has commands and keys of its own: a script has no /mute. So
// each front end has a table with its words for every hint. The words are "" for hints
// that do not apply to it.
type Hint int

// The hints.
const (
	// NoHint: the reason says everything.
	NoHint Hint = iota
	// HintMute: the conversation can be muted instead.
	HintMute
	// HintLeave: leaving a group has a command of its own.
	HintLeave
	// HintNewGroup: a new group can have all these people in it.
	HintNewGroup
	// HintSetRole: another member can be made an owner.
	HintSetRole
	// HintAskManagers: an owner or admin can do this, and the list of members shows
	// who they are.
	HintAskManagers
	// HintMembers: the list of members shows who can be named.
	HintMembers
	// HintPeople: people can be searched or listed.
	HintPeople
	// HintPublicGroups: the public groups can be listed.
	HintPublicGroups
	// HintIDs: a list shows the ids of conversations.
	HintIDs
	// HintBans: the bans can be listed.
	HintBans
	// HintProveKey: a code adds a key when its owner connects with both.
	HintProveKey
	// HintKeys: the keys of all accounts can be listed.
	HintKeys
	// HintUnrevoke: the revocation of a key can be taken back.
	HintUnrevoke
	// HintAddOwner: an owner is added together with a key.
	HintAddOwner
	// HintAddPeople: people are added together with their keys.
	HintAddPeople
	// HintAddKey: the key can be added to the account that exists already.
	HintAddKey
	// HintInvite: a code lets people join.
	HintInvite
	// HintRequests: the requests to join can be listed.
	HintRequests

	hintsEnd
)

// Hints returns all hints but [NoHint].
func Hints() []Hint {
	all := make([]Hint, 0, hintsEnd-1)
	for h := NoHint + 1; h < hintsEnd; h++ {
		all = append(all, h)
	}
	return all
}

// HintOf returns the hint of a [Refusal], and [NoHint] for any other error.
func HintOf(err error) Hint {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.hint
	}
	return NoHint
}

// Hinted adds a front end's words for a hint to a sentence.
func Hinted(sentence string, h Hint, words map[Hint]string) string {
	if words[h] == "" {
		return sentence
	}
	return sentence + " " + words[h]
}
