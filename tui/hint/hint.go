// Package hint has the words with commands and keys of the screen: what to do next after a
// refusal, and where to find what has changed.
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

// WordsChanged tells people in a line that a text of the host has changed. It is "" for an
// announcement, which is a message in #general as well.
func WordsChanged(c chat.WordsChanged) string {
	is := c.Words.Of(c.Kind).Set()
	switch {
	case c.Kind == chat.WordMaintenance && is:
		return c.Words.Maintenance.HaltedText() + "."
	case c.Kind == chat.WordMaintenance:
		return "The maintenance is over: everybody can write again."
	case c.Kind == chat.WordRules && is:
		return "This server has new rules: /rules shows them."
	case c.Kind == chat.WordMotd && is:
		return "There is a new message of the day: /motd shows it."
	}
	return ""
}
