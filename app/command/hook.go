package command

import (
	"strconv"

	"confab/app/chat"
	"confab/app/hook"
)

type hooksCmd struct {
	List   hooksListCmd   `cmd:"" default:"withargs" help:"List the webhooks of a group."`
	Add    hooksAddCmd    `cmd:"" help:"Make a webhook. Its address is shown once, and whoever knows it can post."`
	Revoke hooksRevokeCmd `cmd:"" help:"Make a webhook unusable at once. Its bot and its messages stay."`
}

type hooksListCmd struct {
	Target string `arg:"" help:"The group: #name or an id."`
}

func (h *hooksListCmd) Run(c *call) error {
	l, err := c.find(h.Target)
	if err != nil {
		return err
	}
	list, err := hook.Of(c.Chat).List(c.ctx, l.ID)
	if err != nil {
		return err
	}
	for _, h := range list {
		if err := c.out.write(hookOf(h, "")); err != nil {
			return err
		}
	}
	return nil
}

type hooksAddCmd struct {
	Target string `arg:"" help:"The group: #name or an id."`
	Bot    string `arg:"" help:"The bot that posts there, such as github. If there is no account with this name, it is made."`
}

func (h *hooksAddCmd) Run(c *call) error {
	l, err := c.find(h.Target)
	if err != nil {
		return err
	}
	made, address, err := hook.Of(c.Chat).Make(c.ctx, l.ID, h.Bot)
	if err != nil {
		return err
	}
	return c.out.write(hookOf(made, address))
}

type hooksRevokeCmd struct {
	Number int64 `arg:"" help:"The number of the webhook, as hooks shows it."`
}

func (h *hooksRevokeCmd) Run(c *call) error {
	gone, err := hook.Of(c.Chat).Revoke(c.ctx, h.Number)
	if err != nil {
		return err
	}
	r := hookOf(gone, "")
	r.State = "revoked"
	return c.out.write(r)
}

// hookRecord is a webhook of a group.
type hookRecord struct {
	head
	Number  int64  `json:"number"`
	State   string `json:"state"` // works or revoked
	Group   string `json:"group"`
	Bot     string `json:"bot"`
	MadeBy  string `json:"made_by"`
	MadeAt  string `json:"made_at"`
	UsedAt  string `json:"used_at,omitempty"` // "" if never
	Address string `json:"address,omitempty"` // only of a new one
}

func hookOf(h chat.Hook, address string) *hookRecord {
	return &hookRecord{newHead("hook"), h.Number, "works", "#" + h.Group, h.BotName, h.Maker, stamp(h.MadeAt), stamp(h.UsedAt), address}
}

func (r *hookRecord) columns(*output) []string {
	return []string{strconv.FormatInt(r.Number, 10), r.State, r.Group, r.Bot, r.MadeBy, r.MadeAt, r.UsedAt, r.Address}
}
