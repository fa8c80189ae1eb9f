package chat

import "errors"

// Hint says what somebody who was refused can do next. It is a code and not a
// sentence because each front end has commands and keys of its own: a script has no
// /mute. So each front end has a table with its words for every hint, "" for those
// it can do nothing about.
type Hint int

// The hints that there are.
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
