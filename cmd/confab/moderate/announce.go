package moderate

import (
	"context"
	"fmt"
	"strings"

	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// AnnounceCmd is the command "announce".
type AnnounceCmd struct {
	datafolder.Flag

	Message []string `arg:"" help:"The message, in one line. Everybody who is connected sees it at once, and it stays in #general."`
}

// Run announces the message.
func (c *AnnounceCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		if err := s.Host().Announce(ctx, strings.Join(c.Message, " ")); err != nil {
			return err
		}
		fmt.Fprintln(out.Out, "announced  in #general")
		return nil
	})
}
