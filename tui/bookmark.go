package tui

import (
	"context"

	"confab/app/chat"
	"confab/tui/command"
	"confab/tui/dialog"
)

// marked finds the message to pin or save: the selected one, or else the newest. Without
// such a message, it returns the reason.
func (s *selection) marked() (*chat.Message, string) {
	msg, ok := s.timeline.Message((*chat.Message).Written)
	switch {
	case !ok:
		return nil, "There is no message here."
	case msg.System():
		return nil, "This is a line about the conversation: only messages can be pinned or saved."
	case msg.Deleted():
		return nil, "This message is deleted: it cannot be pinned or saved."
	}
	return msg, ""
}

// pin pins a message, or unpins it. The conversation gets a line about it.
func (s *selection) pin(on bool) command.Outcome {
	msg, why := s.marked()
	if msg == nil {
		return command.Refuse(why)
	}
	return command.Ask("pinning a message", func(ctx context.Context) command.Answer {
		return command.Answer{Err: s.chat.Pin(ctx, msg.Conversation, msg.Seq, on)}
	})
}

// togglePin pins a message that is not pinned, and unpins one that is.
func (s *selection) togglePin() command.Outcome {
	msg, why := s.marked()
	if msg == nil {
		return command.Refuse(why)
	}
	return command.Ask("pinning a message", func(ctx context.Context) command.Answer {
		_, err := s.chat.TogglePin(ctx, msg.Conversation, msg.Seq)
		return command.Answer{Err: err}
	})
}

// toggleSaved saves a message that is not saved, and removes one that is.
func (s *selection) toggleSaved() command.Outcome {
	msg, why := s.marked()
	if msg == nil {
		return command.Refuse(why)
	}
	return command.Ask("saving a message", func(ctx context.Context) command.Answer {
		on, err := s.chat.ToggleSaved(ctx, msg.Conversation, msg.Seq)
		if on {
			return command.Answer{Err: err, Notice: "Saved for you alone: /saved lists your saved messages."}
		}
		return command.Answer{Err: err, Notice: "No longer saved."}
	})
}

// pins lists the pinned messages of the open conversation.
func (s *selection) pins(open *chat.ConversationSummary, report dialog.OnError) command.Outcome {
	if open == nil {
		return command.Refuse("There is no conversation open.")
	}
	in := *open
	return command.Outcome{Show: dialog.NewBookmarks(dialog.Bookmarks{
		Title: "Pinned in " + in.Title(), Empty: "No messages are pinned here. p on a selected message pins it.", Letter: "p", Does: "unpin", Zone: s.zone, Report: report,
		Read: func(ctx context.Context) ([]dialog.Bookmark, error) {
			pins, err := s.chat.Pins(ctx, in.ID)
			var list []dialog.Bookmark
			for _, p := range pins {
				list = append(list, dialog.Bookmark{Message: p.Message, In: in.Title(), At: p.At, By: p.By})
			}
			return list, err
		},
		Remove: func(ctx context.Context, m *chat.Message) error { return s.chat.Pin(ctx, m.Conversation, m.Seq, false) },
	})}
}

// saved lists the messages that the user has saved, in all conversations.
func (s *selection) saved(report dialog.OnError) command.Outcome {
	return command.Outcome{Show: dialog.NewBookmarks(dialog.Bookmarks{
		Title: "Saved messages", Empty: "You have saved no messages. s on a selected message saves it.", Letter: "s", Does: "remove", Zone: s.zone, Report: report,
		Read: func(ctx context.Context) ([]dialog.Bookmark, error) {
			saved, err := s.chat.Saved(ctx)
			var list []dialog.Bookmark
			for _, o := range saved {
				list = append(list, dialog.Bookmark{Message: o.Message, In: o.Conversation.Title(), At: o.At})
			}
			return list, err
		},
		Remove: func(ctx context.Context, m *chat.Message) error {
			return s.chat.Save(ctx, m.Conversation, m.Seq, false)
		},
	})}
}
