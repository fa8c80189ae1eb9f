package command

import "confab/app/chat"

// hints are the hints for scripts and bots that were refused. They name commands of
// this package, as its help does. A hint is "" if there is no command for it.
var hints = map[chat.Hint]string{
	chat.HintMute:         "", // scripts get no notifications
	chat.HintLeave:        "Use leave for that.",
	chat.HintNewGroup:     "Make a group with: new NAME @one @other",
	chat.HintSetRole:      "", // only the screen changes roles
	chat.HintAskManagers:  "Ask one of them: members shows who they are.",
	chat.HintMembers:      "Use members to see who is.",
	chat.HintPeople:       "Use who to list everyone.",
	chat.HintPublicGroups: "Use list --public to see the public groups.",
	chat.HintIDs:          "Use list --json to see the ids.",
	chat.HintBans:         "", // bans are for the screen and the host
	chat.HintProveKey:     "Get a code with keys add and nothing after it, then connect once with the new key: ssh -o IdentitiesOnly=yes -i KEY CODE@HOST",
	chat.HintKeys:         "", // for the host
	chat.HintUnrevoke:     "", // for the host
	chat.HintAddOwner:     "", // for the host
	chat.HintAddPeople:    "", // for the host
	chat.HintAddKey:       "", // for the host
	chat.HintInvite:       "", // codes are for the screen and the host
	chat.HintRequests:     "", // requests are for the screen
}

// userText returns the text of an error for a script or a bot: the reason, and what
// to do next.
func userText(err error) string {
	return chat.Hinted(chat.UserText(err), chat.HintOf(err), hints)
}
