// Package hint has the screen's words for hints: what to do next after a refusal.
package hint

import "confab/app/chat"

// words has the hints with the commands and keys of the screen. A hint is "" if the screen
// offers nothing that helps, or if the user has left the screen by then.
var words = map[chat.Hint]string{
	chat.HintMute:         "/mute silences it.",
	chat.HintLeave:        "/leave takes you out of the group.",
	chat.HintNewGroup:     "/new NAME @one @other makes a group.",
	chat.HintSetRole:      "/role @name owner does that.",
	chat.HintAskManagers:  "Ask one of them: /members shows who they are.",
	chat.HintMembers:      "/members shows who is.",
	chat.HintPeople:       "Ctrl+K finds people.",
	chat.HintPublicGroups: "/list shows the public groups.",
	chat.HintIDs:          "", // the screen opens conversations from lists
	chat.HintBans:         "/bans shows who is.",
	chat.HintProveKey:     "Get a code with a in /keys, then connect once with the new key: ssh -o IdentitiesOnly=yes -i KEY CODE@HOST",
	chat.HintKeys:         "", // for the host
	chat.HintUnrevoke:     "", // for the host
	chat.HintAddOwner:     "", // for the host
	chat.HintAddPeople:    "", // for the host
	chat.HintAddKey:       "", // for the host
	chat.HintInvite:       "/invite makes one.",
	chat.HintRequests:     "/requests shows who is waiting.",
}

// Text explains an error to a user of the screen: the reason, and what to do next. It
// is "" for nil.
func Text(err error) string { return chat.Hinted(chat.UserText(err), chat.HintOf(err), words) }

// JoinMode explains a join mode to owners and admins, and what they can do.
func JoinMode(m chat.JoinMode) string { return chat.Hinted(m.Does(), m.Hint(), words) }
