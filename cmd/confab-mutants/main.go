// Command confab-mutants checks the tests. It puts one fault at a time into a copy of a
// source file, runs the tests that must notice it, and fails if they pass. Such a fault is
// called a mutant, and a mutant that no test notices has survived.
//
// The source files stay as they are: the compiler reads the copy in place of the original.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Only string `help:"Only the mutants of this area, or with these words in their description." placeholder:"WORDS"`
	List bool   `help:"List the mutants, and run nothing."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	var c cli
	kong.Parse(&c, kong.Name("confab-mutants"),
		kong.Description("Puts one fault at a time into a copy of the source code, and fails if the tests do not notice it. Run it in the top folder of the repository."))
	chosen := choose(mutants, c.Only)
	if err := c.run(ctx, chosen, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "confab-mutants:", err)
		os.Exit(1)
	}
}

// choose returns the mutants of an area, or with words in their description. Without words
// it returns all.
func choose(all []mutant, words string) (chosen []mutant) {
	for _, m := range all {
		if m.area == words || strings.Contains(m.fault, words) {
			chosen = append(chosen, m)
		}
	}
	return chosen
}

// run lists or runs mutants.
func (c *cli) run(ctx context.Context, chosen []mutant, out io.Writer) (err error) {
	if len(chosen) == 0 {
		return fmt.Errorf("no mutant has the words %q: --list shows all of them", c.Only)
	}
	if c.List {
		for _, m := range chosen {
			fmt.Fprintf(out, "%s: %s (%s)\n", m.area, m.fault, m.file)
		}
		return nil
	}
	scratch, err := os.MkdirTemp("", "confab-mutants-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	r := runner{root: ".", scratch: scratch, sound: make(map[string]bool)}
	survived := 0
	for _, m := range chosen {
		began := time.Now()
		caught, err := r.try(ctx, m)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", m.area, m.fault, err)
		}
		result := "caught  "
		if !caught {
			result = "SURVIVED"
			survived++
		}
		fmt.Fprintf(out, "%s  %s: %s (%.0f s)\n", result, m.area, m.fault, time.Since(began).Seconds())
	}
	fmt.Fprintf(out, "%d mutants, %d caught, %d survived\n", len(chosen), len(chosen)-survived, survived)
	if survived > 0 {
		return errors.New("some mutants survived: write tests that fail with them")
	}
	return nil
}
