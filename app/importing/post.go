package importing

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// post is a message of the source, cleaned and ready to be written.
type post struct {
	Message
	room  *room
	id    uuid.UUID
	parts []part
	root  uuid.UUID // the message that began its thread, or [uuid.Nil]
	last  bool      // if the thread has not begun by now, it never will
	seq   chat.Seq  // its number, in a restore
}

// part is a message of this chat. A post has several parts if it is too long for one, or has
// files.
type part struct {
	id   uuid.UUID
	body string
	file *chat.Attachment
}

func (p *post) bytes() int {
	n := 0
	for _, one := range p.parts {
		n += len(one.body)
	}
	return n
}

// The earliest and the latest time that a message can have. Messages from the future would
// stay the newest ones for good.
var earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

const clockSkew = 24 * time.Hour

// maxWaiting bounds how many replies wait for the beginning of their thread.
const maxWaiting = 20_000

// prepare cleans a message. It returns nil if nothing of it comes.
func (im *Importer) prepare(ctx context.Context, m Message) (*post, error) {
	r := im.rooms[m.Conversation]
	switch {
	case r == nil || r.done:
		im.report.leave(m.Place, "its conversation is not in the export")
		return nil, nil
	case m.At.Before(earliest) || m.At.After(im.backing.Now().Add(clockSkew)):
		im.report.leave(m.Place, "its time is before 1970 or in the future")
		return nil, nil
	case m.Author == "" && m.AuthorName == "" && !m.ByHost:
		im.report.leave(m.Place, "it has no author")
		return nil, nil
	}
	if m.Author == "" {
		m.Author = m.AuthorName
	}
	if im.accounts[m.Author] == nil && !m.ByHost {
		name := m.AuthorName
		if name == "" {
			name = m.Author
		}
		im.meet(Account{Key: m.Author, Name: name, Display: m.AuthorName, Bot: m.AuthorBot})
	}
	p := &post{Message: m, room: r, id: im.id("message", r.Key, m.Key)}
	if m.Thread != "" && m.Thread != m.Key {
		p.root = im.id("message", r.Key, m.Thread)
	}
	if im.restore {
		p.seq, p.last = m.Seq-r.Expired, true
	}
	if !m.DeletedAt.IsZero() {
		p.parts = []part{{id: p.id}}
		return p, nil
	}
	if err := im.divide(ctx, p); err != nil {
		return nil, err
	}
	if im.restore && len(p.parts) > 1 {
		im.report.leave(m.Place, "a message that is longer than messages can be: only its beginning comes")
		p.parts = p.parts[:1]
	}
	if len(p.parts) == 0 {
		im.report.leave(m.Place, "it is empty")
		return nil, nil
	}
	if m.Notice == "" {
		r.authors[m.Author] = true
	}
	return p, nil
}

// divide makes the parts of a post.
func (im *Importer) divide(ctx context.Context, p *post) error {
	if p.Render != nil {
		var err error
		p.Text = p.Render(func(key string) string {
			name, failed := im.handleOf(ctx, key)
			err = errors.Join(err, failed)
			return name
		})
		if err != nil {
			return err
		}
	}
	body := text.Clean(p.Text)
	if p.Notice != "" {
		body = text.CleanLine(p.Text, maxTopic)
		p.parts = []part{{id: p.id, body: body}}
		return nil
	}
	var files []part
	for i, f := range p.Files {
		id := im.id("message", p.room.Key, p.Key, "file", strconv.Itoa(i))
		name, file, err := im.keep(ctx, id, f)
		if err != nil {
			return err
		}
		if file != nil {
			files = append(files, part{id: id, body: file.Name, file: file})
			continue
		}
		if name != "" { // people see at least that there was a file
			body = strings.TrimLeft(body+"\n[file: "+name+"]", "\n")
		}
		im.report.leave(p.Place, "the content of its file is not in the export")
	}
	if strings.TrimSpace(body) != "" {
		bodies := split(body, chat.MaxBody)
		if len(bodies) > 1 {
			im.report.Split++
		}
		for i, b := range bodies {
			id := p.id
			if i > 0 {
				id = im.id("message", p.room.Key, p.Key, "part", strconv.Itoa(i))
			}
			p.parts = append(p.parts, part{id: id, body: b})
		}
	}
	p.parts = append(p.parts, files...)
	if len(p.parts) > 0 {
		p.parts[0].id = p.id // replies and reactions refer to the first part
	}
	return nil
}

// split cuts a clean text into parts of at most limit bytes, at the ends of lines if
// possible.
func split(body string, limit int) []string {
	var parts []string
	for len(body) > limit {
		cut := strings.LastIndexByte(body[:limit], '\n')
		if cut < limit/2 {
			cut = limit
			for !utf8.RuneStart(body[cut]) {
				cut--
			}
		}
		if one := text.Clean(body[:cut]); one != "" {
			parts = append(parts, one)
		}
		body = text.Clean(body[cut:])
	}
	if body != "" {
		parts = append(parts, body)
	}
	return parts
}

// post writes a message with its reactions.
func (w *work) post(ctx context.Context, p *post) error {
	s, err := w.room(ctx, p.room)
	if err != nil {
		return err
	}
	if !s.open {
		_, err := w.tx.MessageByID(ctx, p.id)
		if gone, err := missing(err); err != nil || gone {
			w.report.leave(p.Place, "people have written in its conversation since it was imported, and messages can't be put between theirs")
			return err
		}
		w.report.Already++
		return nil
	}
	if w.restore {
		if there, err := w.numbered(ctx, s, p); err != nil || !there {
			return err
		}
	}
	var root *chat.Message
	if p.root != uuid.Nil {
		root, err = w.begun(ctx, s, p.root)
		if err != nil {
			return err
		}
		if root == nil && !p.last && len(w.later)+w.waiting < maxWaiting {
			w.later = append(w.later, p)
			return nil
		}
		if root == nil {
			w.report.leave(p.Place, "the first message of its thread is not in the export: the reply comes as a message of the conversation")
		}
	}
	var author chat.User // none for a line of the host
	if !p.ByHost {
		if author, err = w.account(ctx, p.Author); err != nil {
			return err
		}
	}
	var answers *chat.Quote
	if p.ReplyTo != "" {
		m, err := w.begun(ctx, s, w.id("message", p.room.Key, p.ReplyTo))
		if err != nil {
			return err
		}
		if m != nil {
			answers = &chat.Quote{ID: m.ID, Seq: m.Seq}
		}
	}
	for i, one := range p.parts {
		m := &chat.Message{
			ID: one.id, Conversation: s.ID, Author: author.ID, Notice: p.Notice, Body: one.body, SentAt: p.At, File: one.file, GroupMention: p.GroupMention,
		}
		if root != nil {
			m.Thread, m.ThreadOnly = root.Root(), !p.Also
		}
		if i == 0 {
			m.ReplyTo = answers
		}
		fresh, err := w.insert(ctx, m, p)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		s.LastSeq = m.Seq
		if i == 0 {
			if err := w.react(ctx, m, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// begun returns a message of a conversation, or nil if it is not here.
func (w *work) begun(ctx context.Context, s *state, id uuid.UUID) (*chat.Message, error) {
	m, err := w.tx.MessageByID(ctx, id)
	if gone, err := missing(err); err != nil || gone || m.Conversation != s.ID {
		return nil, err
	}
	return m, nil
}

// insert adds one message, unless it is here already.
func (w *work) insert(ctx context.Context, m *chat.Message, p *post) (bool, error) {
	fresh, err := w.tx.InsertMessage(ctx, m)
	if err != nil {
		return false, err
	}
	if !fresh {
		w.report.Already++
		return false, nil
	}
	w.report.Messages++
	if !p.DeletedAt.IsZero() {
		return true, w.delete(ctx, m, p)
	}
	if m.Thread != 0 {
		w.report.Replies++
	}
	if m.File != nil {
		w.report.Files++
		if err := w.tx.InsertFile(ctx, m); err != nil {
			return false, err
		}
	}
	if !p.EditedAt.IsZero() && m.File == nil && m.Notice == "" {
		w.report.Edits++
		m.EditedAt = p.EditedAt
		return true, w.tx.EditMessage(ctx, m)
	}
	return true, nil
}

// react adds the reactions of a new message.
func (w *work) react(ctx context.Context, m *chat.Message, p *post) error {
	kinds := map[string]bool{}
	for _, r := range p.Reactions {
		emoji, err := chat.ParseReaction(r.Emoji)
		if err != nil {
			w.report.leave(p.Place, "a reaction with an emoji that this chat does not have")
			continue
		}
		if !kinds[emoji] && len(kinds) >= chat.MaxReactionKinds {
			w.report.leave(p.Place, "a reaction over the limit of different ones at a message")
			continue
		}
		if r.By == "" {
			w.report.leave(p.Place, "a reaction of nobody")
			continue
		}
		if w.accounts[r.By] == nil {
			w.meet(Account{Key: r.By, Name: r.By})
		}
		by, err := w.account(ctx, r.By)
		if err != nil {
			return err
		}
		if w.gone(by) {
			w.report.leave(p.Place, "a reaction of an account that was deleted here")
			continue
		}
		at := r.At
		if at.IsZero() {
			at = p.At
		}
		fresh, err := w.tx.InsertReaction(ctx, m, emoji, by.ID, at)
		if err != nil {
			return err
		}
		kinds[emoji] = true
		if fresh {
			w.report.Reactions++
		}
	}
	return nil
}
