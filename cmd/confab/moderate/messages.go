// Package moderate has the commands with which the host moderates the chat without a screen:
// messages, groups, requests to join, codes and announcements. They work while the server
// runs, and its sessions see the effect at once.
package moderate

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/text"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// MessagesCmd is the command "messages".
type MessagesCmd struct {
	Show   messagesShowCmd   `cmd:"" help:"Show a message."`
	Delete messagesDeleteCmd `cmd:"" help:"Delete a message, with its file, for everyone."`
}

// messageArg is the message on which a command acts.
type messageArg struct {
	ID string `arg:"" help:"Id of the message, as ssh HOST history --json and the exports write it."`
}

func (a messageArg) parse() (uuid.UUID, error) {
	id, err := uuid.Parse(strings.TrimSpace(a.ID))
	if err != nil {
		return id, chat.Refuse(text.ErrInvalid, "%q is no id of a message: it has the form 0198c5a0-0b6e-7c3f-9d54-3f1f0d2a7b11.", text.CleanLine(a.ID, 60))
	}
	return id, nil
}

type messagesShowCmd struct {
	datafolder.Flag
	console.Format
	messageArg
}

type fileObject struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

type messageObject struct {
	console.Head

	ID        string      `json:"id"`
	In        string      `json:"in"`
	Number    chat.Seq    `json:"number"`
	Author    string      `json:"author"`
	Change    string      `json:"change,omitempty"`
	Text      string      `json:"text"`
	File      *fileObject `json:"file,omitempty"`
	SentAt    *string     `json:"sent_at"`
	EditedAt  *string     `json:"edited_at,omitempty"`
	DeletedAt *string     `json:"deleted_at,omitempty"`
	DeletedBy string      `json:"deleted_by,omitempty"`
}

func (c *messagesShowCmd) Run(ctx context.Context, out console.Streams) error {
	id, err := c.parse()
	if err != nil {
		return err
	}
	return c.WithService(ctx, out, func(s *service.Service) error {
		m, where, err := service.ContentsOf(s).Message(ctx, id)
		if err != nil {
			return err
		}
		return console.List(c.Format, out, []*chat.Message{m}, "", func(m *chat.Message) console.Item {
			o := messageObject{
				Head: console.NewHead("message"), ID: m.ID.String(), In: where, Number: m.Seq, Author: m.AuthorName, Change: string(m.Notice), Text: m.Text(),
				SentAt: console.Stamp(m.SentAt), EditedAt: console.Stamp(m.EditedAt), DeletedAt: console.Stamp(m.DeletedAt), DeletedBy: m.DeleterName,
			}
			if m.File != nil {
				o.File = &fileObject{m.File.Name, m.File.Size, m.File.Sum.String()}
			}
			return console.Item{Object: o, Columns: []string{described(m, where)}}
		})
	})
}

// described describes a message to people: who wrote it, where and when, and its text.
func described(m *chat.Message, where string) string {
	s := fmt.Sprintf("%s  number %d in %s, by %s, %s", m.ID, m.Seq, where, m.AuthorName, console.Minute(m.SentAt))
	if m.Edited() {
		s += ", edited " + console.Minute(m.EditedAt)
	}
	if !m.Deleted() {
		return s + "\n" + m.Text()
	}
	s += ", deleted " + console.Minute(m.DeletedAt)
	if m.DeleterName != "" {
		s += " by " + m.DeleterName
	}
	return s
}

type messagesDeleteCmd struct {
	datafolder.Flag
	console.Confirm
	messageArg
}

func (c *messagesDeleteCmd) Run(ctx context.Context, out console.Streams) error {
	id, err := c.parse()
	if err != nil {
		return err
	}
	return c.WithService(ctx, out, func(s *service.Service) error {
		m, where, err := service.ContentsOf(s).Message(ctx, id)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("delete message %d of %s in %s", m.Seq, m.AuthorName, where)
		if do, err := c.Confirmed(ctx, out, what); !do {
			return err
		}
		if _, err := service.ContentsOf(s).DeleteMessage(ctx, id); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "deleted  message %d of %s in %s\n", m.Seq, m.AuthorName, where)
		return nil
	})
}
