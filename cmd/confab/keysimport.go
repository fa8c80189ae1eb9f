package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
	"confab/keys"
)

type keysImportCmd struct {
	datafolder.Flag

	DropOptions bool `help:"Import keys also if their lines have options that limit them, such as from= and expiry-time=. The server does not enforce these options; a warning names each line."`

	From console.Path `arg:"" help:"An authorized_keys file whose comments are names (ann, or ann@laptop), or a folder with NAME.pub files."`
}

func (c *keysImportCmd) Run(ctx context.Context, out console.Streams) error {
	parse := keys.ParseAuthorized
	if c.DropOptions {
		parse = keys.ParseDropping
	}
	found, err := parser(parse).readImport(string(c.From))
	if err != nil {
		return fmt.Errorf("nothing was imported:\n%w", err)
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		added, err := service.Accounts().ImportKeys(ctx, found)
		if err != nil {
			return fmt.Errorf("nothing was imported:\n%w", err)
		}
		for _, k := range found {
			if k.Key.Dropped != "" {
				fmt.Fprintf(out.Err, "%s: %s was dropped: the key can be used without this limit.\n", k.From, k.Key.Dropped)
			}
		}
		users := 0
		w := tabwriter.NewWriter(out.Out, 0, 0, 2, ' ', 0)
		for _, k := range added {
			account := "key added"
			if k.NewUser {
				account = "new account"
				users++
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", account, k.Name, k.Key.Fingerprint(), k.Key.Type())
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "keys added: %d, new accounts: %d\n", len(added), users)
		return nil
	})
}

// parser reads the keys in a text, as [keys.ParseAuthorized] does.
type parser func(io.Reader) ([]keys.Key, error)

// readImport reads the names and keys to import, all of which must be valid.
func (parse parser) readImport(path string) ([]service.ImportedKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return parse.importLines(filepath.Base(path), string(text))
	}
	files, err := filepath.Glob(filepath.Join(path, "*.pub"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no .pub files in %s: name them after the accounts, such as ann.pub", path)
	}
	var found []service.ImportedKey
	var bad []error
	for _, name := range files {
		base := filepath.Base(name)
		more, err := parse.keysIn(name)
		if err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", base, err))
		}
		for _, k := range more {
			found = append(found, service.ImportedKey{From: base, Name: strings.TrimSuffix(base, ".pub"), Key: k})
		}
	}
	return found, errors.Join(bad...)
}

// keysIn returns the keys in a file.
func (parse parser) keysIn(name string) ([]keys.Key, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parse(f)
}

// importLines reads a file whose comments name the owners of the keys.
func (parse parser) importLines(name, text string) ([]service.ImportedKey, error) {
	// This finds files that are not files of public keys at all.
	if _, err := parse(strings.NewReader(text)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var found []service.ImportedKey
	var bad []error
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff"))
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		from := fmt.Sprintf("%s, line %d", name, i+1)
		one, err := parse(strings.NewReader(line))
		if err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", from, err))
			continue
		}
		whose, _, _ := strings.Cut(one[0].Comment, "@")
		if whose = strings.TrimSpace(whose); whose == "" {
			bad = append(bad, fmt.Errorf("%s: the key has no comment with its owner: write a name after it", from))
			continue
		}
		found = append(found, service.ImportedKey{From: from, Name: whose, Key: one[0]})
	}
	return found, errors.Join(bad...)
}

type keysResetCmd struct {
	datafolder.Flag
	userArg
}

func (c *keysResetCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		code, expires, err := service.Accounts().ResetKey(ctx, c.Name)
		if err != nil {
			return err
		}
		fmt.Fprintln(out.Out, code)
		fmt.Fprintf(out.Err, "The code is shown only now, and works once until %s. With the new key: ssh %s@HOST, or type the code at the join screen.\n"+
			"The account's other keys still open it: remove one with confab keys revoke%s.\n", console.Minute(expires), code, c.Option())
		return nil
	})
}
