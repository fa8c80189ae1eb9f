package service

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
	"confab/app/word"
)

// Edit replaces the text of a message of the session's user, and returns the edited
// message. Receipts stay as they are. Edit returns when the change is on disk and in the
// mailbox of every session of the conversation. It refuses the same texts as
// [Messages.Send]. It returns [chat.ErrNotFound] if the message is not in the conversation
// or the user may not see it, and [chat.ErrNotAllowed] for messages of other users, system
// lines, deleted messages and files.
func (s Messages) Edit(ctx context.Context, id chat.ConversationID, seq chat.Seq, raw string) (*chat.Message, error) {
	body, err := chat.CheckBody(raw)
	if err != nil {
		return nil, err
	}
	if err := s.slowWriting(ctx, body); err != nil {
		return nil, err
	}
	return s.alter(ctx, id, seq, func(ctx context.Context, tx chat.Tx, own chat.Membership, c chat.Conversation, m *chat.Message) (bool, error) {
		switch {
		case m.Author != s.user.ID:
			return false, chat.Refuse(chat.ErrNotAllowed, "You can edit only your own messages.")
		case m.File != nil:
			return false, chat.Refuse(chat.ErrNotAllowed, "A file cannot be edited: delete it and send another one.")
		}
		if err := s.decide(ctx, tx, own, c, chat.ActionEdit); err != nil || m.Body == body {
			return false, err
		}
		// Each edit gets a later time than the one before, even if the clock goes back,
		// because the time tells the states of a message apart.
		m.Body, m.EditedAt = body, later(s.service.timestamp(), m.EditedAt)
		var err error
		if m.GroupMention, err = groupMention(ctx, tx, own, c, body, s.service.now()); err != nil {
			return false, err
		}
		if err := tx.EditMessage(ctx, m); err != nil {
			return false, err
		}
		if m.ThreadOnly { // it mentions nobody in the conversation
			return true, nil
		}
		return true, s.mention(ctx, tx, m)
	})
}

// later returns now, or a millisecond after than if now is not later.
func later(now, than time.Time) time.Time {
	if now.After(than) {
		return now
	}
	return than.Add(time.Millisecond)
}

// Delete deletes the text and the file of a message for everyone, and returns the empty
// message that is left. Authors may delete their own messages. Owners and admins of a group,
// and in public groups those of the server, may delete those of others. The errors are those of [Messages.Edit].
func (s Messages) Delete(ctx context.Context, id chat.ConversationID, seq chat.Seq) (*chat.Message, error) {
	if err := s.slow(ctx, 0); err != nil {
		return nil, err
	}
	var contents []chat.Sum
	m, err := s.alter(ctx, id, seq, func(ctx context.Context, tx chat.Tx, own chat.Membership, c chat.Conversation, m *chat.Message) (bool, error) {
		contents = nil
		action := chat.ActionDelete
		if m.Author != s.user.ID {
			action = chat.ActionDeleteOthers
		}
		if err := chat.Decide(own, c, action, s.service.now()); err != nil {
			return false, err
		}
		if s.asStaff(own, c, action) {
			if err := s.service.audit(ctx, tx, s.handle(), chat.AuditMessageDelete, m.AuthorName, "in #"+c.Name); err != nil {
				return false, err
			}
		}
		contents = emptied(m, s.service.timestamp())
		deleter, err := tx.UserByID(ctx, s.user.ID)
		if err != nil {
			return false, err
		}
		m.DeletedBy, m.DeleterName = deleter.ID, deleter.Name
		return true, tx.DeleteMessage(ctx, m)
	})
	if err != nil {
		return nil, err
	}
	if err := s.service.files.drop(ctx, s.service.store, contents...); err != nil {
		s.log.Error("deleting the content of a file", "err", err) // the next start tries again
	}
	return m, nil
}

// emptied makes a message what it is after it was deleted, and returns the contents that it
// had.
func emptied(m *chat.Message, at time.Time) (contents []chat.Sum) {
	if m.File != nil {
		contents = []chat.Sum{m.File.Sum}
	}
	m.Body, m.File, m.ReplyTo, m.Reactions, m.GroupMention, m.DeletedAt = "", nil, nil, nil, "", at
	return contents
}

// alter finds a message that the session's user may see, and calls do with a copy of
// it. If do has changed the copy, alter tells the members who may see the message.
func (s Messages) alter(ctx context.Context, id chat.ConversationID, seq chat.Seq, do func(context.Context, chat.Tx, chat.Membership, chat.Conversation, *chat.Message) (bool, error)) (*chat.Message, error) {
	var altered *chat.Message
	err := s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if err := s.mayStayHere(ctx, tx); err != nil {
			return nil, err
		}
		own, c, found, err := s.find(ctx, tx, id, seq, chat.ActionRead)
		if err != nil {
			return nil, err
		}
		m := *found
		altered = &m
		if err := alterable(m); err != nil {
			return nil, err
		}
		changed, err := do(ctx, tx, own, c, altered)
		if err != nil || !changed {
			return nil, err
		}
		return alterations(ctx, tx, s.service, c, altered, s.user)
	})
	if err != nil {
		return nil, err
	}
	return altered, nil
}

// alterable refuses messages that nobody can edit or delete.
func alterable(m chat.Message) error {
	if m.System() {
		return chat.Refuse(chat.ErrNotAllowed, "This is a line about the conversation: it can't be edited or deleted.")
	}
	if m.Deleted() {
		return chat.Refuse(chat.ErrNotAllowed, "This message has been deleted.")
	}
	return nil
}

// alterations returns the changes that tell the members of a conversation that a message was
// edited or deleted by an account, which is the zero one for the host.
func alterations(ctx context.Context, tx chat.Tx, s *service, c chat.Conversation, m *chat.Message, by chat.User) ([]chat.Change, error) {
	hidden, err := hiddenFrom(ctx, tx, c, m.Seq)
	if err != nil {
		return nil, err
	}
	changes := []chat.Change{chat.MessageAltered{
		Conversation: c.ID, Seq: m.Seq, At: s.timestamp(), HiddenFrom: hidden, By: by.ID, Bot: by.Bot, Message: m,
	}}
	if m.Thread == 0 || !m.Deleted() {
		return changes, nil
	}
	more, err := s.threadMoved(ctx, tx, c, m.Thread)
	return append(changes, more...), err
}

// Message returns a message by its id, and where it is, as people write it: "#ops", or
// "@ann and @bob". The error is [chat.ErrNotFound] if no message has this id.
func (h Contents) Message(ctx context.Context, id uuid.UUID) (m *chat.Message, where string, err error) {
	return h.message(ctx, h.host.service.store, id)
}

func (h Contents) message(ctx context.Context, r chat.Reader, id uuid.UUID) (*chat.Message, string, error) {
	m, err := r.MessageByID(ctx, id)
	if errors.Is(err, chat.ErrNotFound) {
		return nil, "", chat.Refuse(chat.ErrNotFound, "There is no message with the id %s.", id)
	}
	if err != nil {
		return nil, "", err
	}
	c, err := r.Conversation(ctx, m.Conversation)
	if err != nil || c.Kind == chat.KindGroup {
		return m, "#" + c.Name, err
	}
	members, err := r.Members(ctx, c.ID)
	names := make([]string, len(members))
	for i, member := range members {
		names[i] = "@" + member.Name
	}
	return m, strings.Join(names, " and "), err
}

// DeleteMessage deletes a message as [Messages.Delete] does, in any conversation. If it has
// a file, a running server removes its content at once, and otherwise the next start does.
func (h Contents) DeleteMessage(ctx context.Context, id uuid.UUID) (*chat.Message, error) {
	var deleted *chat.Message
	err := h.host.audited(ctx, chat.AuditMessageDelete, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		found, where, err := h.message(ctx, tx, id)
		if err != nil {
			return auditedAction{}, err
		}
		if err := alterable(*found); err != nil {
			return auditedAction{}, err
		}
		m := *found
		contents := emptied(&m, h.host.service.timestamp())
		if err := tx.DeleteMessage(ctx, &m); err != nil {
			return auditedAction{}, err
		}
		c, err := tx.Conversation(ctx, m.Conversation)
		if err != nil {
			return auditedAction{}, err
		}
		changes, err := alterations(ctx, tx, h.host.service, c, &m, chat.User{})
		if len(contents) > 0 {
			changes = append(changes, chat.ContentsDropped{})
		}
		deleted = &m
		return auditedAction{id.String(), "by " + m.AuthorName + ", in " + where, changes}, err
	})
	return deleted, err
}

// find returns a message that the session's user may see, and the user's membership of its
// conversation, where the user must be allowed to do something.
func (s *session) find(ctx context.Context, r chat.Reader, id chat.ConversationID, seq chat.Seq, action chat.Action) (chat.Membership, chat.Conversation, *chat.Message, error) {
	own, c, err := s.access(ctx, r, id, action)
	if err != nil {
		return own, c, nil, err
	}
	if seq > chat.Floor(own, c) {
		if m, err := chat.MessageAt(ctx, r, id, seq); err != nil || m != nil {
			return own, c, m, err
		}
	}
	return own, c, nil, chat.Refuse(chat.ErrNotFound, "There is no such message here.")
}

// hiddenFrom returns the members who may not see a message, because they joined later.
func hiddenFrom(ctx context.Context, r chat.Reader, c chat.Conversation, seq chat.Seq) ([]chat.UserID, error) {
	if c.OpenHistory {
		return nil, nil
	}
	members, err := r.Members(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var hidden []chat.UserID
	for _, m := range members {
		if seq <= chat.Floor(m.Membership, c) {
			hidden = append(hidden, m.User)
		}
	}
	return hidden, nil
}

// line posts a system line for the host.
func (h Contents) line(ctx context.Context, tx chat.Tx, id chat.ConversationID, notice chat.Notice, body string) (chat.Change, error) {
	if owners, err := tx.Owners(ctx); err != nil {
		return nil, err
	} else if len(owners) == 0 {
		return nil, noOwner()
	}
	posted, err := h.host.service.announce(ctx, tx, id, chat.User{Name: chat.HostActor}, notice, body)
	if err != nil {
		return nil, err
	}
	return recorded([]chat.Change{posted})[0], nil
}

// recorded makes the lines that the host has posted appear in a server in another process.
func recorded(changes []chat.Change) []chat.Change {
	for i, c := range changes {
		if p, ok := c.(chat.MessagePosted); ok {
			changes[i] = chat.LinePosted{Conversation: p.Message.Conversation, Seq: p.Message.Seq, Message: p.Message}
		}
	}
	return changes
}

// maxAnnouncement is the longest message to everybody, in characters.
const maxAnnouncement = 1000

// Announce tells everybody something: by a system line in #general, which screens show at
// once wherever their users are. People who are not connected are shown it once when they
// come back.
func (m Moderation) Announce(ctx context.Context, words string) error {
	words, err := word.Clean(text.CleanLine(words, maxAnnouncement+1), maxAnnouncement)
	if err != nil {
		return err
	}
	if words == "" {
		return chat.Refuse(text.ErrInvalid, "There is nothing to announce: write the message.")
	}
	return m.audited(ctx, chat.AuditAnnounce, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		changes, err := m.announced(ctx, tx, words)
		if err != nil {
			return auditedAction{}, err
		}
		told, err := word.Tell(ctx, tx, chat.WordAnnouncement, words, true, m.service.timestamp())
		return auditedAction{"#" + chat.GeneralName, "", append(changes, told)}, err
	})
}

// announced posts the line of an announcement.
func (m Moderation) announced(ctx context.Context, tx chat.Tx, words string) ([]chat.Change, error) {
	if m.actor == 0 {
		line, err := Contents{m}.line(ctx, tx, m.service.general, chat.NoticeServer, words)
		return []chat.Change{line}, err
	}
	by, err := decided(ctx, tx, m.actor, chat.ServerAnnounce, nil)
	if err != nil {
		return nil, err
	}
	line, err := m.service.announce(ctx, tx, m.service.general, by, chat.NoticeStaff, words)
	return []chat.Change{line}, err
}

// SetWord changes a text for everybody: the rules, the message of the day or, while on is
// true, why the server is in maintenance. Without a text, rules and a message of the day are
// removed.
func (m Moderation) SetWord(ctx context.Context, kind chat.WordKind, words string, on bool) error {
	words, err := word.Clean(words, chat.MaxWord)
	if err != nil {
		return err
	}
	return m.audited(ctx, chat.AuditWord, func(ctx context.Context, tx chat.Tx) (auditedAction, error) {
		return m.setWord(ctx, tx, kind, words, on)
	})
}

func (m Moderation) setWord(ctx context.Context, tx chat.Tx, kind chat.WordKind, words string, on bool) (auditedAction, error) {
	if err := m.allowed(ctx, tx, chat.ServerAnnounce, nil); err != nil {
		return auditedAction{}, err
	}
	detail := "removed"
	if on {
		detail = "set"
	}
	told, err := word.Tell(ctx, tx, kind, words, on, m.service.timestamp())
	return auditedAction{string(kind), detail, []chat.Change{told}}, err
}

// ApplyWord changes a text to what a file of the host's says, if the file has changed since
// it was last applied. So a text that was set with a command stays until then.
func (m Moderation) ApplyWord(ctx context.Context, kind chat.WordKind, words string) error {
	words, err := word.Clean(words, chat.MaxWord)
	if err != nil {
		return err
	}
	return m.service.writer.DoForHost(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if before, err := word.Applied(ctx, tx, kind, words); before || err != nil {
			return nil, err
		}
		set, err := m.setWord(ctx, tx, kind, words, words != "")
		return set.changes, errors.Join(err, m.service.audit(ctx, tx, m.name, chat.AuditWord, set.target, set.detail))
	})
}

// Words returns what the host tells everybody. It asks only the memory.
func (m Moderation) Words() *chat.Words { return m.service.live.Words() }

// Words returns what the host tells everybody. It asks only the memory.
func (s Account) Words() *chat.Words { return s.service.live.Words() }

// NoteTold stores that the session's user was shown texts of the host.
func (s Account) NoteTold(ctx context.Context, words chat.Words) error {
	return s.write(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		if _, err := s.self(ctx, tx); err != nil {
			return nil, err
		}
		return nil, word.NoteTold(ctx, tx, s.user.ID, words)
	})
}
