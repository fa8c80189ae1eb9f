package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
	"confab/keys"
)

type keysImportCmd struct {
	datafolder.Flag

	From console.Path `arg:"" help:"An authorized_keys file whose comments are names (ann, or ann@laptop), or a folder with NAME.pub files."`
}

func (c *keysImportCmd) Run(ctx context.Context, out console.Streams) error {
	found, err := readImport(string(c.From))
	if err != nil {
		return fmt.Errorf("nothing was imported:\n%w", err)
	}
	return c.WithService(ctx, out, func(service *service.Service) error {
		added, users, err := service.Accounts().ImportKeys(ctx, found)
		if err != nil {
			return fmt.Errorf("nothing was imported:\n%w", err)
		}
		fmt.Fprintf(out.Out, "keys added: %d, new accounts: %d\n", added, users)
		return nil
	})
}

// readImport reads the names and keys to import, all of which must be valid.
func readImport(path string) ([]service.ImportedKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return importLines(filepath.Base(path), string(text))
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
		more, err := keysIn(name)
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
func keysIn(name string) ([]keys.Key, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return keys.ParseAuthorized(f)
}

// importLines reads a file whose comments name the owners of the keys.
func importLines(name, text string) ([]service.ImportedKey, error) {
	// This finds files that are not files of public keys at all.
	if _, err := keys.ParseAuthorized(strings.NewReader(text)); err != nil {
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
		one, err := keys.ParseAuthorized(strings.NewReader(line))
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
			"The account's other keys still open it: remove one with confab keys revoke%s.\n", expires.Format("2006-01-02 15:04"), code, c.Option())
		return nil
	})
}
