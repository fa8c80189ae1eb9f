package newcomer

import (
	"context"
	"fmt"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/text"
	"confab/cmd/confab/console"
)

// InviteCmd is the command "invite".
type InviteCmd struct {
	place

	Uses    int    `help:"How many people can use the code." default:"1" placeholder:"N"`
	Expires string `help:"How long the code is valid, such as 12h, 7d or 2w." default:"7d" placeholder:"TIME"`
	Role    string `help:"Server role of the people who join: member, admin or owner." default:"member"`
}

// Run makes a code, and prints the command with which people join. Standard output has only
// the code, for scripts.
func (c *InviteCmd) Run(ctx context.Context, out console.Streams) error {
	lasts, err := chat.ParseExpiry(c.Expires)
	if err != nil {
		return err
	}
	if c.Uses < 1 { // 0 would mean the default
		return chat.Refuse(text.ErrInvalid, "--uses must be 1 or more, not %d.", c.Uses)
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		code, expires, err := service.Joining().Invite(ctx, chat.Invitation{Uses: c.Uses, Lasts: lasts, Role: chat.Role(c.Role)})
		if err != nil {
			return err
		}
		at, err := c.address()
		if err != nil { // the code is made, and must be shown all the same
			at.Host = "HOST"
		}
		fmt.Fprintln(out.Out, code)
		fmt.Fprintf(out.Err, "The code is shown only now, and is valid until %s. To join, run this, or type the code at the join screen:\n\n    %s\n",
			console.Minute(expires), at.Command("", code+"@"))
		if at.Host == "localhost" {
			fmt.Fprintln(out.Err, "From another machine, give the name or address of this one instead of localhost. With --ssh-address ADDR, this command prints it.")
		}
		mode, err := service.Joining().Mode(ctx)
		if err == nil && mode == chat.JoinClosed {
			fmt.Fprintf(out.Err, "The server is closed. The code will work after you run  confab join invite%s\n", c.Option())
		}
		return err
	})
}
