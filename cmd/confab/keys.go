package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
	"confab/cmd/confab/newcomer"
	"confab/keys"
)

type keysCmd struct {
	Add    keysAddCmd    `cmd:"" help:"Add keys to an account; a new name creates the account."`
	List   keysListCmd   `cmd:"" help:"List the keys and their accounts."`
	Import keysImportCmd `cmd:"" help:"Add the keys of a whole team, all or none."`
	Reset  keysResetCmd  `cmd:"" help:"Make a code with which someone who has lost a key can add a new one."`
	Revoke keysRevokeCmd `cmd:"" help:"Remove a key; the connections that it opened end at once."`

	Revoked keysRevokedCmd    `cmd:"" help:"List the keys and CAs whose certificates are refused."`
	SSHFP   newcomer.SSHFPCmd `cmd:"" name:"sshfp" help:"Print the fingerprints of the server's host keys as records for the DNS."`

	Unrevoke keysUnrevokeCmd `cmd:"" help:"Accept the certificates of a revoked key or CA again."`
}

type keysAddCmd struct {
	datafolder.Flag

	New  bool         `help:"Create a new account, and refuse a handle that is taken."`
	Name string       `arg:"" help:"Handle of the account: lower-case letters, digits, _ - and ., beginning with a letter."`
	File console.Path `arg:"" optional:"" help:"A .pub or an authorized_keys file; standard input if it is - or missing."`
}

func (c *keysAddCmd) Run(ctx context.Context, out console.Streams) error {
	add := service.Accounts.AddKeys
	if c.New {
		add = newAccount(false)
	}
	return addKeys(ctx, out, c.Flag, c.Name, c.File, add)
}

// adder adds keys to an account.
type adder func(service.Accounts, context.Context, string, []keys.Key) (service.KeysAdded, error)

// newAccount returns the adder for a handle that must be free.
func newAccount(bot bool) adder {
	return func(to service.Accounts, ctx context.Context, name string, add []keys.Key) (service.KeysAdded, error) {
		return to.Add(ctx, name, bot, add)
	}
}

// addKeys reads keys and adds them to an account.
func addKeys(ctx context.Context, out console.Streams, f datafolder.Flag, name string, file console.Path, add adder) error {
	var in io.Reader = out.In
	from := "standard input"
	if file != "" && file != "-" {
		opened, err := os.Open(string(file))
		if err != nil {
			return fmt.Errorf("reading the keys: %w", err)
		}
		defer opened.Close()
		in, from = opened, string(file)
	}
	found, err := keys.ParseAuthorized(in)
	if err != nil {
		return fmt.Errorf("nothing was added; problems in %s:\n%w", from, err)
	}
	return f.WithService(ctx, out, func(service *service.Service) error {
		done, err := add(service.Accounts(), ctx, name, found)
		if err != nil {
			return err
		}
		if done.NewUser {
			kind := string(done.User.Role)
			if done.User.Bot {
				kind = "bot"
			}
			fmt.Fprintf(out.Out, "new account %s (%s)\n", done.User.Name, kind)
		} else if done.Claimed {
			fmt.Fprintf(out.Out, "%s is claimed: these keys open the account\n", done.User.Name)
		} else if len(done.Added) > 0 {
			fmt.Fprintf(out.Out, "%s already has an account (%s): these keys open it too\n", done.User.Name, done.User.Role)
		}
		for _, k := range done.Added {
			fmt.Fprintf(out.Out, "added    %s  %s\n", k.Fingerprint(), k.Type())
		}
		for _, k := range done.Already {
			fmt.Fprintf(out.Out, "already  %s  %s\n", k.Fingerprint(), k.Type())
		}
		return nil
	})
}

type keysListCmd struct {
	datafolder.Flag
	console.Format

	Name string `arg:"" optional:"" help:"Only this account's keys."`
}

type keyObject struct {
	console.Head

	Account     string  `json:"account"`
	Fingerprint string  `json:"fingerprint"`
	KeyType     string  `json:"key_type"`
	Comment     string  `json:"comment,omitempty"`
	AddedAt     *string `json:"added_at"`
	LastUsedAt  *string `json:"last_used_at,omitempty"`
}

func (c *keysListCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		list, err := service.Accounts().Keys(ctx, c.Name)
		if err != nil {
			return err
		}
		return console.List(c.Format, out, list, "There are no keys yet. Add one with  confab keys add"+c.Option()+" NAME FILE", func(k chat.AuthorizedKey) console.Item {
			return console.Item{
				Object:  keyObject{console.NewHead("key"), k.UserName, k.Fingerprint, k.Type, k.Comment, console.Stamp(k.AddedAt), console.Stamp(k.LastUsedAt)},
				Columns: []string{k.UserName, k.Fingerprint, k.Type, console.Day(k.AddedAt), k.Comment},
			}
		})
	})
}

type keysRevokedCmd struct {
	datafolder.Flag
	console.Format
}

type revokedObject struct {
	console.Head

	Fingerprint string  `json:"fingerprint"`
	RevokedAt   *string `json:"revoked_at"`
}

func (c *keysRevokedCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		list, err := service.Accounts().RevokedKeys(ctx)
		if err != nil {
			return err
		}
		return console.List(c.Format, out, list, "No keys are revoked.", func(k chat.RevokedKey) console.Item {
			return console.Item{
				Object:  revokedObject{console.NewHead("revoked_key"), k.Fingerprint, console.Stamp(k.At)},
				Columns: []string{k.Fingerprint, console.Day(k.At)},
			}
		})
	})
}

type keysUnrevokeCmd struct {
	datafolder.Flag

	Fingerprint string `arg:"" help:"Fingerprint of the certified key, or of the CA's, SHA256:…"`
}

func (c *keysUnrevokeCmd) Run(ctx context.Context, out console.Streams) error {
	fingerprint, err := keys.ParseFingerprint(c.Fingerprint)
	if err != nil {
		return err
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		if err := service.Accounts().Unrevoke(ctx, fingerprint); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "unrevoked  %s  for certificates\n", fingerprint)
		return nil
	})
}

type keysRevokeCmd struct {
	datafolder.Flag

	Fingerprint string `arg:"" help:"Fingerprint of the key, SHA256:…, as confab keys list shows it."`
}

func (c *keysRevokeCmd) Run(ctx context.Context, out console.Streams) error {
	fingerprint, err := keys.ParseFingerprint(c.Fingerprint)
	if err != nil {
		return err
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		key, err := service.Accounts().RevokeKey(ctx, fingerprint)
		if err != nil {
			return err
		}
		if key.UserName == "" {
			fmt.Fprintf(out.Out, "revoked  %s  for certificates\n", key.Fingerprint)
			return nil
		}
		fmt.Fprintf(out.Out, "revoked  %s  %s of %s\n", key.Fingerprint, key.Type, key.UserName)
		left, err := service.Accounts().Keys(ctx, key.UserName)
		if err == nil && len(left) == 0 {
			fmt.Fprintf(out.Out, "%s has no keys left: add one with  confab keys add%s %s FILE\n", key.UserName, c.Option(), key.UserName)
		}
		return err
	})
}
