package main

import (
	"strings"

	"confab/app/chat"
)

// hints are the words of the host's command line for each hint: they tell a refused
// host what to do next. A hint is "" if no command of the host's helps. The mark {data}
// stands for the --data that the command needs.
var hints = map[chat.Hint]string{
	chat.HintMute:         "", // the host reads no conversations
	chat.HintLeave:        "",
	chat.HintNewGroup:     "",
	chat.HintSetRole:      "", // roles in groups are for their members
	chat.HintAskManagers:  "",
	chat.HintMembers:      "",
	chat.HintPeople:       "Run confab users list{data} to see all accounts.",
	chat.HintPublicGroups: "Run confab groups list{data} to see all groups.",
	chat.HintIDs:          "",
	chat.HintBans:         "Run confab bans list{data} to see who is.",
	chat.HintProveKey:     "", // the host needs no proof
	chat.HintKeys:         "Run confab keys list{data} to see all accounts and keys.",
	chat.HintUnrevoke:     "To undo its revocation, run confab keys unrevoke{data} with that fingerprint.",
	chat.HintAddOwner:     "Run confab keys add{data} to add one.",
	chat.HintAddPeople:    "Run confab keys add{data} to add them.",
	chat.HintAddKey:       "To let these keys open that account too, run confab keys add{data} without --new.",
	chat.HintInvite:       "Run confab invite{data} to make one.",
	chat.HintRequests:     "Run confab requests list{data} to see who waits.",
}

// hinted returns a sentence, followed by the words for a hint. The option is what
// commands need.
func hinted(sentence string, h chat.Hint, option string) string {
	return chat.Hinted(sentence, h, map[chat.Hint]string{h: strings.ReplaceAll(hints[h], "{data}", option)})
}
