// Package hooks has the command "hooks", with which the host makes, lists and revokes
// webhooks.
package hooks

import (
	"context"
	"fmt"
	"strconv"

	"confab/app/chat"
	"confab/app/hook"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
	"confab/cmd/confab/machine"
)

// Cmd is the command "hooks".
type Cmd struct {
	List   listCmd   `cmd:"" help:"List the webhooks that work."`
	Add    addCmd    `cmd:"" help:"Make a webhook. Its address is shown once, and contains the secret."`
	Revoke revokeCmd `cmd:"" help:"Make a webhook unusable at once. Its bot and its messages stay."`
}

type listCmd struct {
	datafolder.Flag
	console.Format

	Group string `arg:"" optional:"" help:"Only the webhooks of this group: its name or its id."`
}

// object is a webhook for programs.
type object struct {
	console.Head

	Number  int64   `json:"number"`
	Group   string  `json:"group"`
	Bot     string  `json:"bot"`
	MadeBy  string  `json:"made_by"`
	MadeAt  *string `json:"made_at"`
	UsedAt  *string `json:"used_at"`
	Address string  `json:"address,omitempty"` // only of a new one
}

func objectOf(h chat.Hook, address string) object {
	return object{console.NewHead("hook"), h.Number, "#" + h.Group, h.BotName, h.Maker, console.Stamp(h.MadeAt), console.Stamp(h.UsedAt), address}
}

func (c *listCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		var in chat.ConversationID
		if c.Group != "" {
			g, err := service.ContentsOf(s).Group(ctx, c.Group)
			if err != nil {
				return err
			}
			in = g.ID
		}
		list, err := hook.OfHost(s).List(ctx, in)
		if err != nil {
			return err
		}
		return console.List(c.Format, out, list, "There are no webhooks. Make one with  confab hooks add"+c.Option()+" GROUP BOT", func(h chat.Hook) console.Item {
			return console.Item{Object: objectOf(h, ""), Columns: []string{
				strconv.FormatInt(h.Number, 10), "#" + h.Group, h.BotName, "made " + console.Minute(h.MadeAt), "by " + h.Maker, used(h),
			}}
		})
	})
}

func used(h chat.Hook) string {
	if h.UsedAt.IsZero() {
		return "never used"
	}
	return "used " + console.Minute(h.UsedAt)
}

type addCmd struct {
	datafolder.Flag
	console.Format

	HTTPURL machine.WebURL `name:"http-url" help:"The address at which others reach --http of the server, such as https://chat.example.org." env:"CONFAB_HTTP_URL" placeholder:"URL"`

	Group string `arg:"" help:"The group: its name or its id."`
	Bot   string `arg:"" help:"The bot that posts there, such as github. If there is no account with this name, it is made, without a key."`
}

func (c *addCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		g, err := service.ContentsOf(s).Group(ctx, c.Group)
		if err != nil {
			return err
		}
		service.ProgramsOf(s).ServesWeb(string(c.HTTPURL))
		h, address, err := hook.OfHost(s).Make(ctx, g.ID, c.Bot)
		if err != nil {
			return err
		}
		if c.JSON {
			return console.List(c.Format, out, []chat.Hook{h}, "", func(h chat.Hook) console.Item { return console.Item{Object: objectOf(h, address)} })
		}
		fmt.Fprintln(out.Out, address)
		fmt.Fprintf(out.Err, "Webhook %d posts to #%s as %s. The address is shown only now, and whoever knows it can post.\n", h.Number, h.Group, h.BotName)
		if c.HTTPURL == "" {
			fmt.Fprintln(out.Err, "Put the address of your server's --http before it, such as https://chat.example.org, or name it with --http-url.")
		}
		return nil
	})
}

type revokeCmd struct {
	datafolder.Flag
	console.Confirm

	Number int64 `arg:"" help:"Number of the webhook, as confab hooks list shows it."`
}

func (c *revokeCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		h, err := hook.OfHost(s).Find(ctx, c.Number)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("revoke webhook %d, which posts to #%s as %s", h.Number, h.Group, h.BotName)
		if do, err := c.Confirmed(ctx, out, what); !do {
			return err
		}
		if _, err := hook.OfHost(s).Revoke(ctx, c.Number); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "revoked  webhook %d\n", h.Number)
		return nil
	})
}
