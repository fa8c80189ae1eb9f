package moderate

import (
	"context"
	"fmt"
	"strconv"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// RequestsCmd is the command "requests".
type RequestsCmd struct {
	List    requestsListCmd    `cmd:"" help:"List the requests to join that nobody has decided, oldest first."`
	Approve requestsApproveCmd `cmd:"" help:"Let somebody in. People who wait at the join screen are told at once."`
	Refuse  requestsRefuseCmd  `cmd:"" help:"Refuse a request."`
}

type requestsListCmd struct {
	datafolder.Flag
	console.Format
}

type requestObject struct {
	console.Head

	Number      int64   `json:"number"`
	Name        string  `json:"name"`
	Note        string  `json:"note,omitempty"`
	Address     string  `json:"address"`
	Fingerprint string  `json:"fingerprint"`
	Conflict    string  `json:"conflict,omitempty"`
	AskedAt     *string `json:"asked_at"`
}

func (c *requestsListCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		requests, err := service.Joining().Requests(ctx)
		if err != nil {
			return err
		}
		return console.List(c.Format, out, requests, "Nobody is waiting to be let in.", func(r chat.JoinRequest) console.Item {
			return console.Item{
				Object:  requestObject{console.NewHead("request"), r.ID, r.Name, r.Note, r.Address, r.Fingerprint, r.Conflict, console.Stamp(r.AskedAt)},
				Columns: []string{strconv.FormatInt(r.ID, 10), r.Name, console.Minute(r.AskedAt), r.Address, r.Fingerprint, r.Note, r.Conflict},
			}
		})
	})
}

// requestArg is the request on which a command acts.
type requestArg struct {
	Number int64 `arg:"" help:"Number of the request, as confab requests list shows it."`
}

type requestsApproveCmd struct {
	datafolder.Flag
	requestArg
}

func (c *requestsApproveCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		named, err := service.Joining().Answer(ctx, c.Number, true)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "approved  request %d\n", c.Number)
		if !named {
			fmt.Fprintln(out.Out, "Somebody else has the name by now: the newcomer chooses another one and is let in.")
		}
		return nil
	})
}

type requestsRefuseCmd struct {
	datafolder.Flag
	requestArg
}

func (c *requestsRefuseCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		if _, err := service.Joining().Answer(ctx, c.Number, false); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "refused  request %d\n", c.Number)
		return nil
	})
}

// CodesCmd is the command "codes".
type CodesCmd struct {
	List   codesListCmd   `cmd:"" help:"List the codes that can be used: invitations, and codes that add a key to an account."`
	Revoke codesRevokeCmd `cmd:"" help:"Make a code unusable."`
}

type codesListCmd struct {
	datafolder.Flag
	console.Format
}

type codeObject struct {
	console.Head

	Number    int64     `json:"number"`
	For       string    `json:"for,omitempty"`
	Role      chat.Role `json:"role,omitempty"`
	Uses      int       `json:"uses"`
	MadeBy    string    `json:"made_by"`
	ExpiresAt *string   `json:"expires_at"`
}

func (c *codesListCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		codes, err := s.Joining().Codes(ctx)
		if err != nil {
			return err
		}
		return console.List(c.Format, out, codes, "There are no codes. Make one with  confab invite"+c.Option(), func(l service.ListedCode) console.Item {
			o := codeObject{console.NewHead("code"), l.ID, l.For, l.Role, l.Uses, l.MadeBy, console.Stamp(l.ExpiresAt)}
			if l.For != "" { // the account has its role already
				o.Role = ""
			}
			return console.Item{Object: o, Columns: []string{
				strconv.FormatInt(l.ID, 10), purpose(l), fmt.Sprintf("uses: %d", l.Uses), "until " + console.Minute(l.ExpiresAt), "by " + l.MadeBy,
			}}
		})
	})
}

// purpose says what a code does.
func purpose(l service.ListedCode) string {
	if l.For != "" {
		return "adds a key to " + l.For
	}
	return "invites a new " + string(l.Role)
}

type codesRevokeCmd struct {
	datafolder.Flag
	console.Confirm

	Number int64 `arg:"" help:"Number of the code, as confab codes list shows it."`
}

func (c *codesRevokeCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		code, err := service.Joining().Code(ctx, c.Number)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("revoke code %d, which %s", c.Number, purpose(code))
		if do, err := c.Confirmed(ctx, out, what); !do {
			return err
		}
		if err := service.Joining().RevokeCode(ctx, c.Number); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "revoked  code %d\n", c.Number)
		return nil
	})
}
