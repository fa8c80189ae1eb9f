package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/hint"
)

// commands are all there are, in the order of the help.
func commands() []command {
	return []command{
		{"dm", "NAME", "write to someone", (*Model).cmdDirect},
		{"new", "NAME [@member ...] [--public]", "make a group", (*Model).cmdNew},
		{"list", "", "show the public groups", (*Model).cmdList},
		{"join", "#NAME", "join a public group", (*Model).cmdJoin},
		{"leave", "", "leave this group; it closes with its last member", (*Model).cmdLeave},
		{"members", "", "show who is here", (*Model).cmdMembers},
		{"add", "@name ...", "add members; people with whom you share no conversation are invited", (*Model).cmdAdd},
		{"invitations", "", "show the groups that you are invited to: accept, decline, or block the sender", (*Model).cmdInvitations},
		{"accept", "#NAME", "join a group that you are invited to", (*Model).cmdAccept},
		{"decline", "#NAME", "take an invitation off your list; nobody is told", (*Model).cmdDecline},
		{"block", "@name", "get no direct messages, invitations and mentions from someone; they are not told", (*Model).cmdBlock},
		{"unblock", "@name", "take a block back", (*Model).cmdUnblock},
		{"blocks", "", "show whom you have blocked", (*Model).cmdBlocks},
		{"remove", "@name", "remove a member", (*Model).cmdRemove},
		{"role", "@name owner|admin|member", "change what a member may do", (*Model).cmdRole},
		{"rename", "NAME", "rename this group", (*Model).cmdRename},
		{"topic", "[TEXT]", "set the topic; without a text, take it away", (*Model).cmdTopic},
		{"settings", "[public|members-add|history on|off, keep 30d]", "show or change the settings of this group", (*Model).cmdSettings},
		{"pin", "", "keep this conversation at the top, or not any more", (*Model).cmdPin},
		{"mute", "[1h|8h|forever|off]", "keep this conversation quiet", (*Model).cmdMute},
		{"receipts", "on|off [here]", "share what you read and see what others have, or neither", (*Model).cmdReceipts},
		{"info", "", "who has got and read the selected message, or your newest", (*Model).cmdInfo},
		{"unread", "", "mark the selected message and all after it unread, or the newest", (*Model).cmdUnread},
		{"edit", "", "edit the selected message, or your newest", (*Model).cmdEdit},
		{"delete", "", "delete the selected message, or your newest", (*Model).cmdDelete},
		{"read", "all", "mark everything read", (*Model).cmdRead},
		{"search", "[WORDS]", "search messages: words, \"words in a row\", wor*, from:NAME, in:#NAME, before:DATE, after:DATE", func(m *Model, rest string) tea.Cmd { return m.openSearch(rest) }},
		{"nick", "NAME", "change your name; for admins, @name shows what one was called before", (*Model).cmdNick},
		{"name", "[TEXT]", "set what stands beside your name; without a text, take it away", (*Model).cmdName},
		{"keys", "[LINE]", "show your keys, get a code that adds one, and remove one", (*Model).cmdKeys},
		{"export", "", "show what the server has of you, as JSON", (*Model).cmdExport},
		{"requests", "", "show who asks to join, and let them in or not", (*Model).cmdRequests},
		{"invite", "[--uses N] [--expires 7d] [--role member]", "make a code with which people join", (*Model).cmdInvite},
		{"admin", "join [closed|request|invite|open]", "see or change how people join the server", (*Model).cmdAdmin},
		{"go", "[NAME]", "go to a conversation or a person", (*Model).cmdGo},
		{"next", "", "go to the next conversation", func(m *Model, _ string) tea.Cmd { return m.step(1) }},
		{"previous", "", "go to the previous conversation", func(m *Model, _ string) tea.Cmd { return m.step(-1) }},
		{"last", "", "go back to the conversation before", func(m *Model, _ string) tea.Cmd { return m.last() }},
		{"next-unread", "", "go to the next conversation with something unread", func(m *Model, _ string) tea.Cmd { return m.stepUnread(1) }},
		{"unread-line", "", "go to the first unread message", func(m *Model, _ string) tea.Cmd { return m.toUnreadLine() }},
		{"select", "", "select a message", func(m *Model, _ string) tea.Cmd { return m.selectLast() }},
		{"sidebar", "", "hide or show the list of conversations", func(m *Model, _ string) tea.Cmd { return m.toggleSidebar() }},
		{"mouse", "", "let the wheel scroll where it does not, and back", func(m *Model, _ string) tea.Cmd { return m.toggleMouse() }},
		{"bind", "[KEY ACTION]", "show the keys, or give one something else to do", (*Model).cmdBind},
		{"kick", "@name [REASON]", "end someone's sessions (owners and admins of the server)", (*Model).cmdKick},
		{"ban", "@name|FINGERPRINT|CIDR [30m|2h|7d|4w|forever] [REASON]", "keep an account, a key or a network out (likewise)", (*Model).cmdBan},
		{"unban", "@name|FINGERPRINT|CIDR", "take a ban back (likewise)", (*Model).cmdUnban},
		{"bans", "", "show who is banned (likewise)", (*Model).cmdBans},
		{"audit", "", "show who did what on this server, newest first (likewise)", (*Model).cmdAudit},
		{"help", "", "all keys and commands", func(m *Model, _ string) tea.Cmd { return m.openHelp() }},
		{"quit", "", "leave", func(*Model, string) tea.Cmd { return tea.Quit }},
	}
}

func (m *Model) cmdDirect(rest string) tea.Cmd {
	return m.askToOpen("opening a direct conversation", func(ctx context.Context) doneMsg {
		id, err := m.chat.Direct(ctx, rest)
		return doneMsg{opens: id, err: err}
	})
}

func (m *Model) cmdNew(rest string) tea.Cmd {
	public := false
	var name string
	var members []string
	for _, w := range words(rest) {
		switch {
		case w == "--public":
			public = true
		case strings.HasPrefix(w, "--"):
			return m.refuse("/new knows --public, and not " + text.CleanLine(w, 20) + ".")
		case strings.HasPrefix(w, "@"):
			members = append(members, w)
		case name == "":
			name = w
		default:
			return m.refuse("A group has one name, without spaces; members are written with an @ before them.")
		}
	}
	if name == "" {
		return m.refuse("Write /new NAME [@member ...] [--public].")
	}
	return m.askToOpen("making a group", func(ctx context.Context) doneMsg {
		id, err := m.chat.NewGroup(ctx, name, public, members)
		return doneMsg{opens: id, err: err}
	})
}

func (m *Model) cmdJoin(rest string) tea.Cmd {
	return m.askToOpen("joining a group", func(ctx context.Context) doneMsg {
		id, err := m.chat.Join(ctx, rest)
		return doneMsg{opens: id, err: err}
	})
}

func (m *Model) cmdLeave(string) tea.Cmd {
	return m.inOpen(func(l *chat.Listed) tea.Cmd {
		id, title := l.ID, l.Title()
		return m.ask("leaving a group", func(ctx context.Context) doneMsg {
			return doneMsg{err: m.chat.Leave(ctx, id), notice: "You have left " + title + "."}
		})
	})
}

// change asks for something to be changed in the open conversation.
func (m *Model) change(doing string, do func(context.Context, chat.ConversationID) error) tea.Cmd {
	return m.inOpen(func(l *chat.Listed) tea.Cmd {
		id := l.ID
		return m.ask(doing, func(ctx context.Context) doneMsg { return doneMsg{err: do(ctx, id)} })
	})
}

func (m *Model) cmdAdd(rest string) tea.Cmd {
	return m.inOpen(func(l *chat.Listed) tea.Cmd {
		if l.Kind == chat.KindDirect {
			// A conversation of two stays one: what is wanted is a group.
			m.composer.Set("/new NAME @" + l.Other.Name + " " + rest)
			m.notice = "A conversation of two stays one. This makes a group with all of you: put a name for NAME, and press Enter."
			return nil
		}
		return m.change("adding members", func(ctx context.Context, id chat.ConversationID) error {
			return m.chat.AddMembers(ctx, id, words(rest))
		})
	})
}

func (m *Model) cmdRemove(rest string) tea.Cmd {
	return m.change("removing a member", func(ctx context.Context, id chat.ConversationID) error {
		return m.chat.RemoveMember(ctx, id, rest)
	})
}

func (m *Model) cmdRole(rest string) tea.Cmd {
	w := words(rest)
	if len(w) != 2 {
		return m.refuse("Write /role @name owner, admin or member.")
	}
	return m.change("changing a role", func(ctx context.Context, id chat.ConversationID) error {
		return m.chat.SetRole(ctx, id, w[0], chat.Role(w[1]))
	})
}

func (m *Model) cmdRename(rest string) tea.Cmd {
	return m.change("renaming a group", func(ctx context.Context, id chat.ConversationID) error {
		return m.chat.Rename(ctx, id, rest)
	})
}

func (m *Model) cmdTopic(rest string) tea.Cmd {
	return m.change("setting a topic", func(ctx context.Context, id chat.ConversationID) error {
		return m.chat.SetTopic(ctx, id, rest)
	})
}

func (m *Model) cmdSettings(rest string) tea.Cmd {
	return m.inOpen(func(l *chat.Listed) tea.Cmd {
		w := words(rest)
		switch {
		case l.Kind == chat.KindDirect:
			return m.refuse("A conversation of two has no settings.")
		case len(w) == 0:
			return m.cover(dialog.Settings(l.Conversation, l.Title()))
		case len(w) == 2 && w[0] == "keep":
			keep, err := chat.ParseKeep(w[1])
			if err != nil {
				return m.refuse(hint.Text(err))
			}
			return m.change("changing how long messages are kept", func(ctx context.Context, id chat.ConversationID) error {
				return m.chat.SetKeep(ctx, id, keep)
			})
		case len(w) != 2 || w[1] != "on" && w[1] != "off":
			return m.refuse("Write /settings, or /settings public on, or /settings keep 30d.")
		}
		return m.change("changing a setting", func(ctx context.Context, id chat.ConversationID) error {
			return m.chat.Configure(ctx, id, chat.Setting(w[0]), w[1] == "on")
		})
	})
}

func (m *Model) cmdPin(string) tea.Cmd {
	return m.inOpen(func(l *chat.Listed) tea.Cmd {
		id, pin := l.ID, !l.Mine.Pinned
		notice := l.Title() + " is not pinned any more."
		if pin {
			notice = l.Title() + " is pinned: it stays at the top."
		}
		return m.ask("pinning", func(ctx context.Context) doneMsg {
			return doneMsg{err: m.chat.Pin(ctx, id, pin), notice: notice}
		})
	})
}

func (m *Model) cmdMute(rest string) tea.Cmd {
	return m.inOpen(func(l *chat.Listed) tea.Cmd {
		id, until, notice := l.ID, time.Time{}, l.Title()+" is muted"
		switch rest {
		case "", "forever":
			until = m.now().AddDate(1000, 0, 0)
			notice += ": /mute off ends it."
		case "off":
			notice = l.Title() + " is not muted any more."
		default:
			d, err := time.ParseDuration(rest)
			if err != nil || d <= 0 {
				return m.refuse("Write /mute 1h, /mute 8h, /mute forever or /mute off.")
			}
			until = m.now().Add(d)
			notice += " until " + until.In(m.term.Location()).Format("15:04") + "."
		}
		return m.ask("muting", func(ctx context.Context) doneMsg {
			return doneMsg{err: m.chat.Mute(ctx, id, until), notice: notice}
		})
	})
}

func (m *Model) cmdReceipts(rest string) tea.Cmd {
	w := words(rest)
	here := len(w) == 2 && w[1] == "here"
	if len(w) == 0 || w[0] != "on" && w[0] != "off" || len(w) > 1 && !here {
		return m.refuse("Write /receipts on or /receipts off, with \"here\" after it for this conversation only.")
	}
	on, id, where := w[0] == "on", chat.ConversationID(0), ""
	if here {
		l := m.current()
		if l == nil {
			return m.refuse("There is no conversation open.")
		}
		id, where = l.ID, " here"
	}
	notice := fmt.Sprintf("Receipts are off%s: nobody is told what you read, and you do not see what others have.", where)
	if on {
		notice = fmt.Sprintf("Receipts are on%s: what you read from now on is shown, and you see what others have.", where)
	}
	return m.ask("switching receipts", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.ShareReceipts(ctx, id, on), notice: notice}
	})
}

func (m *Model) cmdRead(rest string) tea.Cmd {
	if rest != "all" {
		return m.refuse("Write /read all: it marks every conversation read.")
	}
	return m.ask("marking everything read", func(ctx context.Context) doneMsg {
		return doneMsg{err: m.chat.ReadAll(ctx), notice: "Everything is read."}
	})
}

func (m *Model) cmdGo(rest string) tea.Cmd { return m.openSwitcher(rest) }

// toggleSidebar hides or shows the list; where there is no room for it beside
// the messages it covers them, as the switcher.
func (m *Model) toggleSidebar() tea.Cmd {
	if m.width < sidebarFrom {
		return m.openSwitcher("")
	}
	m.hideSidebar = !m.hideSidebar
	return nil
}

func (m *Model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	m.notice = "The mouse selects text again."
	if m.mouse {
		m.notice = "The wheel scrolls now; hold Shift (Option on a Mac) to select text. Alt+M gives the mouse back."
	}
	return nil
}
