package command

import (
	"strings"

	"confab/app/chat"
)

type editCmd struct {
	ID   string   `arg:"" help:"The id of your message."`
	Text []string `arg:"" optional:"" passthrough:"partial" help:"The new text; without it, standard input."`
}

func (e *editCmd) take(text []string) { e.Text = text }

func (e *editCmd) Run(c *call) error {
	id, err := parseID("ID", e.ID)
	if err != nil {
		return err
	}
	words := e.Text
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	body := strings.Join(words, " ")
	if len(e.Text) == 0 {
		if err := c.needsInput("a text is needed"); err != nil {
			return err
		}
	}
	m, l, err := c.Chat.Messages().Message(c.ctx, id)
	if err != nil {
		return err
	}
	if len(e.Text) == 0 {
		text, err := c.readAll(chat.MaxBody, tooLong("Standard input has more than %s: nothing was changed.", limitText))
		if err != nil {
			return err
		}
		body = string(text)
	}
	if m, err = c.Chat.Messages().Edit(c.ctx, l.ID, m.Seq, body); err != nil {
		return err
	}
	return c.out.message(l, m, true)
}

type deleteCmd struct {
	ID string `arg:"" help:"The id of the message."`
}

func (d *deleteCmd) Run(c *call) error {
	m, l, err := c.messageByID(d.ID)
	if err != nil {
		return err
	}
	if m, err = c.Chat.Messages().Delete(c.ctx, l.ID, m.Seq); err != nil {
		return err
	}
	return c.out.message(l, m, true)
}
