package command

import (
	"confab/tui/dialog"
	"confab/tui/setting"
)

// All returns the commands in the order of the help.
func All() []Command {
	chat := func(name, takes, does string, run func(*Call, string) Outcome) Command {
		return Command{dialog.Command{Name: name, Takes: takes, Does: does}, run}
	}
	screen := func(name, takes, does string) Command { return chat(name, takes, does, nil) }
	also := func(c Command, names ...string) Command {
		c.Also = names
		return c
	}
	ways := func(c Command, listed string) Command {
		c.Ways = listed
		return c
	}
	return []Command{
		also(chat("dm", "@name [TEXT]", "write to someone (me: notes to yourself); a text is sent at once", direct), "msg", "query"),
		screen("me", "TEXT", "say what you are doing: /me waves is shown as * ann waves"),
		chat("new", "NAME [@member ...] [--public]", "make a group", newGroup),
		chat("list", "", "show the public groups", list),
		chat("join", "#NAME", "join a public group", join),
		also(chat("leave", "", "leave this group; it closes with its last member", inOpen(leave)), "part"),
		chat("members", "", "show who is here", inOpen(members)),
		chat("who", "", "show all people, and who is online", who),
		chat("whois", "@name", "show who someone is", whois),
		chat("away", "[TEXT] [until TIME]", "say that you are away: /away at lunch until 14:00; it ends at that time or with /back, and not when you write", away),
		chat("back", "", "say that you are back", back),
		chat("add", "@name ...", "add members; people with whom you share no conversation are invited", inOpen(add)),
		screen("invitations", "", "show the groups that you are invited to: accept, decline, or block the sender"),
		chat("accept", "#NAME", "join a group that you are invited to", accept),
		chat("decline", "#NAME", "take an invitation off your list; nobody is told", decline),
		chat("block", "@name", "stop direct messages, invitations and mentions from someone; they are not told", block),
		chat("unblock", "@name", "unblock someone", unblock),
		chat("blocks", "", "show the people you have blocked", blocks),
		chat("remove", "@name", "remove a member", inOpen(remove)),
		chat("role", "@name owner|admin|member", "change what a member may do", inOpen(role)),
		chat("rename", "NAME", "rename this group", inOpen(rename)),
		chat("topic", "[TEXT]", "set the topic; without a text, remove it", inOpen(topic)),
		ways(chat("settings", "[NAME VALUE]", "show your settings and those of this conversation, or change one", settings), settingWays(setting.Own, setting.Group, setting.Here)),
		ways(chat("group", "[NAME VALUE]", "show the settings of this conversation, or change one", inOpen(group)), settingWays(setting.Group, setting.Here)),
		chat("top", "", "keep this conversation at the top; again to stop that", inOpen(keepAtTop)),
		chat("mute", "[1h|8h|forever|off]", "keep this conversation quiet", inOpen(mute)),
		chat("notify", "[WORD|remove WORD]", "be notified of messages with a word; without one, show of what you are notified", notify),
		chat("dnd", "[for 2h|until 14:00|tomorrow 9:00|on|off]", "do not disturb: turn notifications off, for a time or until you turn them on", dnd),
		chat("receipts", "on|off [here]", "share what you read, and see it of others; or neither", receipts),
		screen("info", "", "who has received and read the selected message, or your newest"),
		screen("unread", "", "mark the selected message, or the newest, and all later ones as unread"),
		screen("reply", "[TEXT]", "answer the selected message, or the newest of somebody else; without a text, write it next"),
		screen("react", ":EMOJI:", "react to the selected message, or the newest; again: take it back"),
		screen("pin", "", "pin the selected message, or the newest, for everybody here"),
		screen("unpin", "", "unpin the selected message, or the newest"),
		screen("pins", "", "show the pinned messages of this conversation"),
		screen("save", "", "save the selected message, or the newest, for yourself; again: remove it"),
		screen("saved", "", "show the messages that you have saved"),
		screen("thread", "", "open the replies to the selected message, or close them"),
		screen("also", "TEXT", "send a reply in this thread to the conversation too"),
		screen("threads", "", "show the threads that you follow, and how many replies are unread"),
		screen("follow", "", "follow this thread, or that of the selected message"),
		screen("unfollow", "", "stop following it"),
		screen("edit", "", "edit the selected message, or your newest"),
		screen("links", "", "show the links in the selected message, or in the newest that has any"),
		screen("view", "", "show the picture of the selected message, or the newest, or close it"),
		screen("copy", "", "copy the text of the selected message, or of the newest"),
		screen("delete", "", "delete the selected message, or your newest"),
		chat("remind", "[me] WHEN [to] TEXT", "remind you at a time: in 20m, at 9:00, tomorrow at 9, on monday at 9, 2026-12-24 18:00", remind),
		chat("send", "WHEN TEXT", "send a message here at a time, written as for /remind: /send at 9:00 good morning", inOpen(send)),
		also(screen("later", "", "show your reminders and scheduled messages: cancel one, or copy its text"), "reminders", "scheduled"),
		chat("cancel", "NUMBER", "cancel a reminder or a scheduled message by its number in /later", cancel),
		chat("read", "all", "mark everything read", readAll),
		screen("search", "[WORDS]", "search messages: words, \"words in a row\", wor*, from:NAME, in:#NAME, before:DATE, after:DATE, has:file, has:link"),
		screen("mentions", "", "show the messages that mention you, in all conversations: open one, or mark it read"),
		chat("nick", "NAME", "change your name; for admins, @name shows an account's former names", nick),
		chat("name", "[TEXT]", "set your display name; without a text, remove it", displayName),
		screen("keys", "[LINE]", "show your keys, get a code that adds one, and remove one"),
		chat("export", "", "show what the server has stored about you, as JSON", export),
		screen("requests", "", "show the requests to join: accept or refuse them"),
		chat("motd", "", "show the message of the day, and what was announced last", motd),
		chat("rules", "", "show the rules of this server", rules),
		chat("announce", "TEXT", "tell everybody something; people who are away see it once when they come back (owners and admins)", announce),
		chat("invite", "[@name ...] [--uses N] [--expires 7d] [--role member]", "make a code with which people join the server; with names, add these people to this group, as /add does", invite),
		chat("admin", "join [closed|request|invite|open]", "see or change how people join the server", admin),
		chat("hooks", "[add BOT|revoke NUMBER]", "show the webhooks of this group, with which other programs post here; make one, or revoke one (owners and admins)", inOpen(hooks)),
		chat("goto", "2026-01-31|yesterday|monday|15:04", "go to the first message of a day, or from a time on, or to the next one after it", inOpen(goTo)),
		screen("files", "", "show the files of this conversation, and the commands that fetch them"),
		screen("go", "[NAME]", "go to a conversation or a person"),
		screen("next", "", "go to the next conversation"),
		screen("previous", "", "go to the previous conversation"),
		screen("last", "", "go back to the conversation that you had open before"),
		screen("next-unread", "", "go to the next conversation with unread messages"),
		screen("unread-line", "", "go to the first unread message"),
		screen("select", "", "select a message"),
		screen("sidebar", "", "hide or show the list of conversations"),
		screen("fold", "[unread|pinned|groups|people]", "fold or unfold a section of the list; without a name, that of the open conversation"),
		screen("pane", "[members|thread|pinned|details|off]", "show or hide the right pane of a wide window, or say what it shows"),
		screen("mouse", "", "let the mouse scroll, or select text"),
		chat("bind", "[KEY ACTION]", "show what the keys do and change it, or bind one at once", bind),
		chat("kick", "@name [REASON]", "end someone's sessions (owners and admins)", kick),
		chat("ban", "@name|FINGERPRINT|CIDR [30m|2h|7d|4w|forever] [REASON]", "keep an account, a key or a network out (owners and admins)", ban),
		chat("unban", "@name|FINGERPRINT|CIDR", "lift a ban (owners and admins)", unban),
		chat("silence", "@name [30m|2h|7d|4w|forever] [REASON]", "let someone read, but not write (owners and admins)", silence),
		chat("unsilence", "@name", "let someone write again (owners and admins)", unsilence),
		chat("bans", "", "show who is banned or silenced (owners and admins)", bans),
		chat("audit", "", "show who did what on this server, newest first (owners and admins)", audit),
		screen("clear", "", "clear the view until you scroll up or come back; marks nothing as read"),
		screen("help", "[COMMAND]", "all keys and commands, or one command"),
		also(screen("quit", "", "leave"), "exit", "q"),
	}
}
