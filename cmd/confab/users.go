package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/service"
	"confab/app/text"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

type usersCmd struct {
	Add       usersAddCmd       `cmd:"" help:"Create an account with its keys; a handle that is taken is refused."`
	List      usersListCmd      `cmd:"" help:"List the accounts: role, state, bans and last login."`
	Rename    usersRenameCmd    `cmd:"" help:"Change the handle of an account."`
	Role      usersRoleCmd      `cmd:"" help:"Change the server role of an account: owner, admin or member."`
	Disable   usersDisableCmd   `cmd:"" help:"Lock an account; its connections end at once. Its messages stay."`
	Enable    usersEnableCmd    `cmd:"" help:"Unlock a disabled account."`
	Silence   usersSilenceCmd   `cmd:"" help:"Let an account read, but not write, for a time or until you end it."`
	Unsilence usersUnsilenceCmd `cmd:"" help:"Let a silenced account write again."`
	Claim     usersClaimCmd     `cmd:"" help:"Give an imported account to the person it belongs to."`
	Export    usersExportCmd    `cmd:"" help:"Write an account's own data as JSON."`
	Delete    usersDeleteCmd    `cmd:"" help:"Delete an account; its connections end at once."`
}

type usersAddCmd struct {
	datafolder.Flag

	Bot   bool         `help:"The account is for a program: it is shown as a bot, and does not count in receipts." xor:"kind"`
	NoKey bool         `help:"Create the account without a key, for a person whom certificates of a CA let in (serve --trusted-ca)." xor:"kind"`
	Name  string       `arg:"" help:"Handle of the account: lower-case letters, digits, _ - and ., beginning with a letter."`
	File  console.Path `arg:"" optional:"" help:"A .pub or an authorized_keys file; standard input if it is - or missing."`
}

func (c *usersAddCmd) Run(ctx context.Context, out console.Streams) error {
	if c.NoKey {
		return c.addWithoutKey(ctx, out)
	}
	return addKeys(ctx, out, c.Flag, c.Name, c.File, newAccount(c.Bot))
}

func (c *usersAddCmd) addWithoutKey(ctx context.Context, out console.Streams) error {
	if c.File != "" {
		return errors.New("nothing was added: leave out --no-key, or leave out the file of the key")
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		user, err := service.Accounts().AddWithoutKey(ctx, c.Name)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "new account %s (%s)\nno key opens it: certificates of a CA do that, if the server trusts the CA (serve --trusted-ca)\n", user.Name, user.Role)
		return nil
	})
}

type usersClaimCmd struct {
	datafolder.Flag
	userArg

	Account string       `arg:"" optional:"" help:"The account that the person has here already: it gets everything of the imported one, which is gone then."`
	Key     console.Path `help:"For a person without an account here: a .pub or an authorized_keys file with the person's keys, which open the imported account from then on; - for standard input." placeholder:"FILE"`
}

func (c *usersClaimCmd) Run(ctx context.Context, out console.Streams) error {
	switch {
	case c.Account == "" && c.Key == "" || c.Account != "" && c.Key != "":
		return errors.New("nothing was claimed: name the account that the person has here, or give a key with --key FILE")
	case c.Account == "":
		return addKeys(ctx, out, c.Flag, c.Name, c.Key, service.Accounts.Claim)
	}
	return c.WithService(ctx, out, func(s *service.Service) error {
		given, err := importing.Give(ctx, service.ImportInto(s), c.Name, c.Account)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "%s is now a part of %s: %s, %s, %s\n", given.From.Name, given.To.Name,
			text.Plural(given.Messages, "message"), text.Plural(given.Reactions, "reaction"), text.Plural(given.Conversations, "conversation"))
		for _, with := range slices.Sorted(maps.Keys(given.Groups)) {
			fmt.Fprintf(out.Out, "%s and %s have a direct conversation here already: the imported one is now their private group #%s\n", given.To.Name, with, given.Groups[with])
		}
		return nil
	})
}

// userArg is the account on which a command acts.
type userArg struct {
	Name string `arg:"" help:"Handle of the account."`
}

type usersRoleCmd struct {
	datafolder.Flag
	userArg

	Role string `arg:"" help:"owner, admin or member."`
}

func (c *usersRoleCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		if err := service.Host().SetRole(ctx, c.Name, chat.Role(c.Role)); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "%s is now %s\n", c.Name, c.Role)
		return nil
	})
}

type usersDisableCmd struct {
	datafolder.Flag
	userArg

	Reason []string `arg:"" optional:"" help:"Reason, for the audit log."`
}

func (c *usersDisableCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		if err := service.Host().SetDisabled(ctx, c.Name, true, strings.Join(c.Reason, " ")); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "%s is disabled\n", c.Name)
		return nil
	})
}

type usersEnableCmd struct {
	datafolder.Flag
	userArg
}

func (c *usersEnableCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		if err := service.Host().SetDisabled(ctx, c.Name, false, ""); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "%s is enabled\n", c.Name)
		return nil
	})
}
