package tui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/tui/composer"
	"confab/tui/dialog"
	"confab/tui/keymap"
	"confab/tui/outbox"
	"confab/tui/setting"
	"confab/tui/sidebar"
	"confab/tui/timeline"
)

// navigator goes from one conversation to another, and keeps all components at the same
// conversation.
type navigator struct {
	sidebar  *sidebar.Sidebar
	timeline *timeline.Timeline
	composer *composer.Composer
	outbox   *outbox.Outbox
	overlay  *dialog.Overlay
	keys     *keymap.Map
	say      func(notice string)

	wanted    chat.ConversationID // the conversation to open when the list has it
	wantedSeq chat.Seq            // at which message, 0 for where the user was
	wantedIn  chat.Seq            // in the thread of which root, 0 for none
	written   chat.ConversationID // one in which the user has written before it was open
	previous  chat.ConversationID // the one that was open before
	opening   int                 // how many commands are under way that open another conversation
	asked     int                 // how many there have been
	expected  int                 // the number of the one whose conversation the user waits for; 0 after going elsewhere
	settled   bool                // [navigator.ready] was called
	start     string              // one of the values of [setting.Start]
	came      string              // the conversation in which the previous session ended, see [setting.Place]
}

// busy reports whether another conversation is being opened. Meanwhile messages wait,
// because they would go to the previous conversation (see postponed).
func (n *navigator) busy() bool {
	return n.timeline.Conversation() == 0 || n.opening > 0 || n.wanted != 0
}

// current is the list's entry of the open conversation, nil if there is none.
func (n *navigator) current() *chat.ConversationSummary {
	return n.sidebar.Entry(n.timeline.Conversation())
}

// visit opens a conversation. The previous one keeps its scroll position and its draft.
func (n *navigator) visit(id chat.ConversationID) tea.Cmd {
	n.overlay.Close()
	n.timeline.Select(0)
	n.wanted, n.wantedSeq, n.wantedIn, n.expected = 0, 0, 0, 0
	if n.timeline.Shows(id) {
		return n.timeline.CloseThread()
	}
	l := n.sidebar.Entry(id)
	if l == nil { // it is new; the list will have it
		n.wanted = id
		return n.sidebar.Read()
	}
	if open := n.timeline.Conversation(); open != 0 {
		n.previous = open
	}
	n.sidebar.Opened()
	cmd := tea.Batch(n.composer.Open(id), n.timeline.Open(id, l.LastSeq))
	if n.written == id {
		n.timeline.Replied() // what was written is at the end
	}
	n.written = 0
	return cmd
}

// visitOr opens a conversation. If the id is 0, it shows the notice.
func (n *navigator) visitOr(id chat.ConversationID, notice string) tea.Cmd {
	if id == 0 {
		n.say(notice)
		return nil
	}
	return n.visit(id)
}

// goTo opens a conversation at a message, with those around it, and selects it. If the
// thread is not 0, it opens that thread.
func (n *navigator) goTo(id chat.ConversationID, thread, seq chat.Seq) tea.Cmd {
	cmd := n.visit(id)
	if !n.timeline.Shows(id) {
		n.wantedSeq, n.wantedIn = seq, thread // when the list has it
		return cmd
	}
	if thread != 0 {
		cmd = together(cmd, n.timeline.OpenThread(thread))
	}
	n.timeline.GoTo(seq)
	return cmd
}

// ready takes the settings that decide where the session begins, and reads the list of
// conversations. When the list arrives, begin opens that conversation.
func (n *navigator) ready(start, came string) tea.Cmd {
	n.start, n.came = start, came
	if n.settled {
		return nil
	}
	n.settled = true
	return sidebar.Start(n.sidebar)
}

// begin opens the conversation in which the session begins: by default the one in which the
// previous session ended. If there is no such conversation, it opens #general.
func (n *navigator) begin() tea.Cmd {
	if !n.settled {
		return nil
	}
	if n.start == setting.StartUnread {
		if id := n.sidebar.NextUnread(1); id != 0 {
			return n.visit(id)
		}
	}
	uid, at, _ := strings.Cut(n.came, " ")
	for _, l := range n.sidebar.Visible() {
		if n.start == setting.StartGeneral || l.UID.String() != uid {
			continue
		}
		cmd := n.visit(l.ID)
		if seq, err := strconv.ParseInt(at, 10, 64); err == nil && seq > 0 && chat.Seq(seq) < l.LastSeq {
			n.timeline.StayAt(chat.Seq(seq))
		}
		return cmd
	}
	return n.home()
}

// openThread opens a thread of a conversation.
func (n *navigator) openThread(id chat.ConversationID, root chat.Seq) tea.Cmd {
	cmd := n.visit(id)
	if !n.timeline.Shows(id) {
		return cmd // the conversation is new here, and so is the thread
	}
	return together(cmd, n.timeline.OpenThread(root))
}

// home opens #general, or else any conversation.
func (n *navigator) home() tea.Cmd {
	return n.visitOr(n.sidebar.Home(), "You are not in any conversation: /list shows public groups, /dm NAME writes to someone.")
}

// step opens the conversation that is so many entries further down in the sidebar.
func (n *navigator) step(by int) tea.Cmd { return n.visitOr(n.sidebar.Step(by), "") }

// stepUnread opens the next conversation with something unread, in a direction.
func (n *navigator) stepUnread(by int) tea.Cmd {
	return n.visitOr(n.sidebar.NextUnread(by), "Nothing is unread.")
}

// last goes back to the conversation that was open before.
func (n *navigator) last() tea.Cmd {
	return n.visitOr(n.previous, "There was no other conversation before.")
}

// loaded takes the list of conversations, and opens the conversation that waited for it.
func (n *navigator) loaded(msg sidebar.ListMsg) tea.Cmd {
	first := n.sidebar.Empty()
	title := ""
	if l := n.current(); l != nil {
		title = l.Title()
	}
	cmd, ok := n.sidebar.Loaded(msg)
	if !ok {
		return nil
	}
	if first {
		n.composer.SetDrafts(n.sidebar.Drafts())
	}
	cmds := []tea.Cmd{cmd}
	wanted, wantedSeq, wantedIn, again := n.wanted, n.wantedSeq, n.wantedIn, n.sidebar.Stale()
	switch open := n.timeline.Conversation(); {
	case wanted != 0 && n.sidebar.Entry(wanted) != nil:
		if wantedSeq != 0 && n.written != wanted {
			cmds = append(cmds, n.goTo(wanted, wantedIn, wantedSeq))
		} else {
			cmds = append(cmds, n.visit(wanted))
		}
	case open == 0:
		cmds = append(cmds, n.begin())
	case n.sidebar.Entry(open) == nil:
		cmds = append(cmds, n.lose(open, title))
	}
	n.sidebar.Sort()
	if !again {
		n.wanted, n.wantedSeq, n.wantedIn = 0, 0, 0
	} else {
		if n.wanted == 0 && n.sidebar.Entry(wanted) == nil {
			n.wanted, n.wantedSeq, n.wantedIn = wanted, wantedSeq, wantedIn // it may be there the next time
		}
		cmds = append(cmds, n.sidebar.Read())
	}
	return tea.Batch(cmds...)
}

// lose forgets a conversation that is no longer in the list. Ctrl+Y brings its draft back.
func (n *navigator) lose(id chat.ConversationID, title string) tea.Cmd {
	n.sidebar.Forget(id)
	if n.previous == id {
		n.previous = 0
	}
	dropped, written, lost := n.outbox.Drop(id), n.composer.Forget(id), n.timeline.Shows(id)
	n.timeline.Forget(id)
	if lost {
		n.overlay.Close()
	}
	_, searched := n.overlay.Update(chat.Removed{Conversation: id})
	if !lost {
		return searched
	}
	n.outbox.Cancel(id)
	var unsent []string
	for _, o := range dropped {
		unsent = append(unsent, o.Body)
	}
	unsent = append(unsent, written...)
	cmd := n.home()
	notice := "You are no longer a member of " + title + "."
	if len(unsent) > 0 {
		n.composer.Keep(strings.Join(unsent, "\n"))
		notice += " " + n.keys.KeysFor(keymap.Yank) + " brings back what you were writing there."
	}
	n.say(notice)
	return together(cmd, searched)
}
