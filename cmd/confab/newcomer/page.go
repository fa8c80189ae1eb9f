package newcomer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/service"
	"confab/app/web/page"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
	"confab/cmd/confab/machine"
	"confab/keys"
)

// About returns what the page says of a server that has these host keys.
func About(ctx context.Context, s *service.Service, at keys.Address, hostKeys []gossh.PublicKey) (page.Server, error) {
	mode, err := s.Joining().Mode(ctx)
	return page.Server{Address: at, HostKeys: hostKeys, Join: mode, Rules: s.Host().Words().Rules.Text}, err
}

// place are the settings that say where a server is.
type place struct {
	datafolder.Flag
	AddressFlag

	HTTPURL machine.WebURL `name:"http-url" help:"The address at which others reach --http of the server, such as https://chat.example.org." env:"CONFAB_HTTP_URL" placeholder:"URL"`
	Listen  []string       `help:"Addresses of the server. While it runs, confab finds them in its data folder." default:"127.0.0.1:2222" env:"CONFAB_LISTEN" placeholder:"ADDR"`
}

// identity are the settings that say where a server is and what its keys are.
type identity struct {
	place

	HostKey []console.Path `help:"More host keys of the server, each the file of a private key." env:"CONFAB_HOST_KEY" placeholder:"FILE"`
}

// address returns where people reach the server.
func (p place) address() (keys.Address, error) {
	dir, err := p.Path()
	if err != nil {
		return keys.Address{}, err
	}
	listens := p.Listen
	if now := datafolder.Listening(dir); len(now) > 0 {
		listens = now
	}
	return p.Reached(p.HTTPURL, listens)
}

// hostKeys returns the public host keys, that of the data folder first.
func (i identity) hostKeys() ([]gossh.PublicKey, error) {
	dir, err := i.Path()
	if err != nil {
		return nil, err
	}
	first, err := keys.LoadHostKey(filepath.Join(dir, datafolder.HostKeyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no host key in %s: the first start of the server makes one (%w)", dir, err)
	}
	if err != nil {
		return nil, err
	}
	list := []gossh.PublicKey{first.PublicKey()}
	for _, file := range i.HostKey {
		more, err := keys.LoadMoreHostKey(string(file))
		if err != nil {
			return nil, err
		}
		list = append(list, more.PublicKey())
	}
	return list, nil
}

// PageCmd is the command "page".
type PageCmd struct {
	identity

	File console.Path `arg:"" optional:"" help:"The file to write, which may exist. Without one, or for -, the page is printed."`
}

// Run writes the page for newcomers.
func (c *PageCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		at, err := c.address()
		if err != nil {
			return err
		}
		hostKeys, err := c.hostKeys()
		if err != nil {
			return err
		}
		about, err := About(ctx, s, at, hostKeys)
		if err != nil {
			return err
		}
		html, err := about.HTML()
		if err != nil {
			return err
		}
		if c.File == "" || c.File == "-" {
			_, err := out.Out.Write(html)
			return err
		}
		if err := replace(string(c.File), html); err != nil {
			return fmt.Errorf("writing the page: %w", err)
		}
		fmt.Fprintf(out.Out, "wrote  %s\n", c.File)
		return nil
	})
}

// replace writes a file completely or not at all, so that a web server that is serving it
// never sends half of a page. Everybody may read it.
func replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".confab-page-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // does nothing after the rename
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// SSHFPCmd is the command "keys sshfp".
type SSHFPCmd struct {
	identity

	Name string `arg:"" optional:"" help:"Name of the server in the DNS. By default the host of --ssh-address."`
}

// Run prints the DNS records of the host keys.
func (c *SSHFPCmd) Run(out console.Streams) error {
	hostKeys, err := c.hostKeys()
	if err != nil {
		return err
	}
	name := c.Name
	if name == "" {
		at, err := c.address()
		if err != nil {
			return err
		}
		name = at.Host
		if name == "localhost" {
			return errors.New("give the name of the server in the DNS, such as confab keys sshfp chat.example.org")
		}
	}
	for _, key := range hostKeys {
		record, err := keys.SSHFP(name, key)
		if err != nil {
			return err
		}
		fmt.Fprintln(out.Out, record)
	}
	return nil
}
