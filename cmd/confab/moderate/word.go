package moderate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// MotdCmd is the command "motd".
type MotdCmd struct{ wordFlags }

// Run shows or changes the message of the day.
func (c *MotdCmd) Run(ctx context.Context, out console.Streams) error {
	return c.run(ctx, out, chat.WordMotd, "There is no message of the day. Write one with  confab motd%s TEXT")
}

// RulesCmd is the command "rules".
type RulesCmd struct{ wordFlags }

// Run shows or changes the rules of the server.
func (c *RulesCmd) Run(ctx context.Context, out console.Streams) error {
	return c.run(ctx, out, chat.WordRules, "There are no rules. Write them to a file, and run  confab rules%s --file FILE")
}

// wordFlags are the arguments of the commands for a text for everybody.
type wordFlags struct {
	datafolder.Flag

	File   console.Path `help:"Take the text from this file, or from standard input for -." placeholder:"FILE"`
	Remove bool         `help:"Remove the text."`
	Text   []string     `arg:"" optional:"" help:"The text, or - for standard input. Without one, the present text is shown."`
}

// Validate implements kong's validation.
func (f wordFlags) Validate() error {
	given := 0
	for _, is := range []bool{f.File != "", f.Remove, len(f.Text) > 0} {
		if is {
			given++
		}
	}
	if given > 1 {
		return errors.New("give a text, --file or --remove, and not several of them")
	}
	return nil
}

func (f wordFlags) run(ctx context.Context, out console.Streams, kind chat.WordKind, none string) error {
	words := strings.Join(f.Text, " ")
	if words == "-" { // as other commands read it
		f.File = "-"
	}
	if f.File != "" {
		var err error
		if words, err = ReadWord(out.In, f.File); err != nil {
			return err
		}
	}
	if len(f.Text) > 0 || f.File != "" {
		if strings.TrimSpace(words) == "" {
			return errors.New("the text is empty: --remove removes the present one")
		}
	}
	return f.WithService(ctx, out, func(s *service.Service) error {
		switch {
		case f.Remove:
			if err := s.Host().SetWord(ctx, kind, "", false); err != nil {
				return err
			}
			fmt.Fprintf(out.Out, "removed  %s\n", kind)
		case words != "":
			if err := s.Host().SetWord(ctx, kind, words, true); err != nil {
				return err
			}
			fmt.Fprintf(out.Out, "set  %s\n", kind)
		case !s.Host().Words().Of(kind).Set():
			fmt.Fprintf(out.Err, none+"\n", f.Option())
		default:
			fmt.Fprintln(out.Out, s.Host().Words().Of(kind).Text)
		}
		return nil
	})
}

// maxWordFile bounds the file of a text, in bytes.
const maxWordFile = 64 << 10

// ReadWord reads a text for everybody from a file, or from in for -.
func ReadWord(in io.Reader, file console.Path) (string, error) {
	if file != "-" {
		f, err := os.Open(string(file))
		if err != nil {
			return "", fmt.Errorf("reading the text: %w", err)
		}
		defer f.Close()
		in = f
	}
	words, err := io.ReadAll(io.LimitReader(in, maxWordFile+1))
	if err != nil {
		return "", fmt.Errorf("reading the text from %s: %w", file, err)
	}
	if len(words) > maxWordFile {
		return "", fmt.Errorf("%s is too long for a text that everybody reads: shorten it to %d characters", file, chat.MaxWord)
	}
	return string(words), nil
}

// MaintenanceCmd is the command "maintenance".
type MaintenanceCmd struct {
	datafolder.Flag

	State string   `arg:"" optional:"" enum:"on,off," default:"" help:"on: only owners and admins of the server can write; reading and backups go on. off: everybody can write. Without it, the present state is shown."`
	Why   []string `arg:"" optional:"" name:"text" help:"What people are told."`
}

// Run shows whether the server is in maintenance, or begins or ends it.
func (c *MaintenanceCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		if c.State != "" {
			if err := s.Host().SetWord(ctx, chat.WordMaintenance, strings.Join(c.Why, " "), c.State == "on"); err != nil {
				return err
			}
		}
		if m := s.Host().Words().Maintenance; m.Set() {
			fmt.Fprintf(out.Out, "on: %s. Owners and admins can write.\n", m.HaltedText())
		} else {
			fmt.Fprintln(out.Out, "off: everybody can write.")
		}
		return nil
	})
}
