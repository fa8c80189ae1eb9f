package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/command"
	"confab/tui/composer"
	"confab/tui/dialog"
	"confab/tui/hint"
	"confab/tui/keymap"
	"confab/tui/theme"
	"confab/tui/timeline"
)

// selection carries out actions on a message: on the selected one (Esc, then the arrows),
// or else on the newest one that suits.
type selection struct {
	chat     Selected
	timeline *timeline.Timeline
	composer *composer.Composer
	self     chat.UserID
	zone     *time.Location
	now      func() time.Time
	theme    *theme.Theme
	// commanding says that the user has begun to write a command about the message.
	commanding bool
	deleting   chat.Seq // the message that y deletes now
}

// confirming returns the message that y deletes. Any key ends that.
func (s *selection) confirming() chat.Seq {
	deleting := s.deleting
	s.deleting = 0
	return deleting
}

// start selects the newest message on the screen.
func (s *selection) start() command.Outcome {
	s.commanding = false
	s.timeline.SelectLast()
	return command.Outcome{}
}

// selected returns the selected message, nil for none.
func (s *selection) selected() *chat.Message {
	if s.timeline.Selected() == 0 {
		return nil
	}
	msg, _ := s.timeline.Message(func(*chat.Message) bool { return false })
	return msg
}

// moves returns by how many messages a key moves the selection on a timeline of this
// height. It returns 0 for all other keys.
func moves(act keymap.Action, height int) int {
	const farthest = 1 << 20 // more than are in memory
	switch act {
	case keymap.Up:
		return -1
	case keymap.Down:
		return 1
	case keymap.PageUp:
		return -max(1, height/2)
	case keymap.PageDown:
		return max(1, height/2)
	case keymap.Home:
		return -farthest
	case keymap.End:
		return farthest
	default:
		return 0
	}
}

// key handles a key that acts on the selected message. It reports false for other keys.
// open is the conversation's entry in the list.
func (s *selection) key(act keymap.Action, k tea.KeyPressMsg, deleting chat.Seq, open *chat.ConversationSummary) (command.Outcome, bool) {
	letter := ""
	if keymap.IsText(k) {
		letter = k.Text
	}
	asked := deleting != 0 && deleting == s.timeline.Selected()
	switch {
	case act == keymap.Send && s.timeline.ToAnswered():
		return command.Outcome{Notice: "This is the message that the reply answers. Esc goes back to the reply."}, true
	case act == keymap.Escape && s.timeline.Return():
		return command.Outcome{}, true
	case act == keymap.Escape && s.timeline.ClosePicture():
		return command.Outcome{}, true
	case act == keymap.Escape || act == keymap.Send:
		s.commanding = false
		s.timeline.Select(0)
		return command.Outcome{}, true
	case letter == "?":
		return command.Outcome{Show: dialog.SelectedHelp()}, true
	case letter == "r":
		return s.reply(), true
	case letter == "i":
		return s.info(open), true
	case letter == "+":
		return s.pickReaction(), true
	case letter == "p":
		return s.togglePin(), true
	case letter == "s":
		return s.toggleSaved(), true
	case letter == "u":
		return s.unread(), true
	case letter == "e":
		return s.edit(), true
	case asked && (letter == "y" || letter == "Y"):
		return s.remove(), true
	case asked && (letter == "n" || letter == "N"):
		return command.Outcome{}, true
	case letter == "o":
		return s.links(), true
	case letter == "y":
		return s.copy(), true
	case letter == "d":
		return s.askToDelete(open), true
	case letter == "/" && s.composer.Empty():
		s.commanding = true
	case letter != "": // the user goes on writing
		s.timeline.Select(0)
	}
	return command.Outcome{}, false
}

// own reports whether a message is the user's own, and still there.
func (s *selection) own(o *chat.Message) bool { return o.Author == s.self && o.Written() }

// edit puts the selected message, or the user's newest, into the composer.
func (s *selection) edit() command.Outcome {
	msg, ok := s.timeline.Message(func(o *chat.Message) bool { return s.own(o) && o.File == nil })
	switch {
	case !ok:
		return command.Refuse("Select a message first: Esc, then Up and Down.")
	case msg.Deleted():
		return command.Refuse("This message is deleted.")
	case !s.own(msg):
		return command.Refuse("You can edit only your own messages: Up and Down select another message.")
	case msg.File != nil:
		return command.Refuse("A file can't be edited: d deletes it, and then you can send another one.")
	}
	s.timeline.Select(0)
	s.composer.EditMessage(msg)
	return command.Outcome{}
}

// askToDelete asks whether to delete the selected message, or the user's newest.
func (s *selection) askToDelete(open *chat.ConversationSummary) command.Outcome {
	msg, ok := s.timeline.Message(s.own)
	if !ok {
		return command.Refuse("Select a message first: Esc, then Up and Down.")
	}
	switch {
	case msg.System():
		return command.Refuse("This is a line about the conversation: it can't be deleted.")
	case msg.Deleted():
		return command.Refuse("This message is deleted already.")
	case msg.Author != s.self:
		if open == nil {
			return command.Outcome{}
		}
		if err := chat.Decide(open.Mine, open.Conversation, chat.ActionDeleteOthers, s.now()); err != nil {
			return command.Refuse(hint.Text(err))
		}
	}
	s.timeline.Select(msg.Seq)
	s.deleting = msg.Seq
	return command.Outcome{Notice: "Delete for everyone? y/n"}
}

// remove deletes the selected message.
func (s *selection) remove() command.Outcome {
	id, seq := s.timeline.Conversation(), s.timeline.Selected()
	return command.Ask("deleting a message", func(ctx context.Context) command.Answer {
		_, err := s.chat.Delete(ctx, id, seq)
		return command.Answer{Err: err}
	})
}

// links shows the links in the selected message, or in the newest that has any.
func (s *selection) links() command.Outcome {
	msg, ok := s.timeline.Message(func(o *chat.Message) bool { return len(linksOf(o)) > 0 })
	if !ok {
		return command.Refuse("No message here has a link.")
	}
	links := linksOf(msg)
	if len(links) == 0 {
		return command.Refuse("This message has no link.")
	}
	return command.Outcome{Show: dialog.NewLinks(links)}
}

// linksOf returns the links in a message.
func linksOf(m *chat.Message) []string {
	if m.System() || m.File != nil {
		return nil
	}
	return text.Links(text.Clean(m.Body))
}

// copy copies all text of the selected message, or of the newest, as it was typed.
func (s *selection) copy() command.Outcome {
	msg, ok := s.timeline.Message((*chat.Message).Written)
	if !ok {
		return command.Refuse("There is no message to copy.")
	}
	if msg.Deleted() {
		return command.Refuse("This message is deleted.")
	}
	return command.Outcome{Copy: text.Clean(msg.Text())}
}

// info shows who has received and read the selected message, or the user's newest.
// open is its conversation in the list.
func (s *selection) info(open *chat.ConversationSummary) command.Outcome {
	msg, ok := s.timeline.Message(s.own)
	if !ok {
		return command.Refuse("Select a message first: Esc, then Up and Down.")
	}
	if msg.System() {
		return command.Refuse("This is a line about the conversation: it has no receipts.")
	}
	if msg.Deleted() {
		return command.Refuse("This message is deleted: it has no receipts.")
	}
	if msg.ThreadOnly {
		return command.Refuse("This is a reply in a thread: it has no receipts.")
	}
	place := ""
	if open != nil {
		place = open.Title()
	}
	return command.Ask("reading the details of a message", func(ctx context.Context) command.Answer {
		d, err := s.chat.Details(ctx, msg.Conversation, msg.Seq)
		if err != nil {
			return command.Answer{Err: err}
		}
		return command.Answer{Page: dialog.Details(d, place, s.zone, s.theme)}
	})
}

// unread marks the selected message, or the newest, and all later ones as unread.
func (s *selection) unread() command.Outcome {
	msg, ok := s.timeline.Message(func(o *chat.Message) bool { return timeline.Counts(o, s.self) })
	if !ok {
		return command.Refuse("There is nothing here to mark unread.")
	}
	if s.timeline.Thread() != 0 {
		return command.Refuse("Messages are marked unread in the conversation, and not in a thread.")
	}
	undo := s.timeline.MarkUnread(msg.Seq)
	out := command.Ask("marking unread", func(ctx context.Context) command.Answer {
		return command.Answer{
			Err:    s.chat.MarkUnread(ctx, msg.Conversation, msg.Seq),
			Notice: "Marked unread from there on, for you only, until you come back here.",
		}
	})
	out.Ask.Undo = undo
	return out
}
