package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

type attackCmd struct {
	Document string `arg:"" help:"The document." type:"existingfile"`
}

// Run attacks a server and rewrites the document. If the server exceeded a bound,
// it fails after it has written the document.
func (c *attackCmd) Run(b *bench) error {
	document, err := os.ReadFile(c.Document)
	if err != nil {
		return err
	}
	if _, err := replace(document, "attack", nil); err != nil { // check the marks first, because measuring takes minutes
		return fmt.Errorf("%s: %w", c.Document, err)
	}
	m, began := thisMachine(b.ctx), time.Now()
	said, failed := b.output(b.load, "--attack", "--confab", b.confab, "--json")
	var found struct {
		Attacks []struct {
			What, Goal, Measured string
			Met                  bool
		}
	}
	if err := json.Unmarshal(said, &found); err != nil {
		return errors.Join(failed, fmt.Errorf("the report of confab-load: %w", err))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "By `make attack` on %s, commit %s, %s.\n\n", began.UTC().Format("2 January 2006"), m.commit, m)
	text.WriteString("| attack | bound | measured | |\n|---|---|---|---|\n")
	for _, a := range found.Attacks {
		verdict := "met"
		if !a.Met {
			verdict = "**missed**"
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", a.What, a.Goal, strings.ReplaceAll(a.Measured, "\n", " "), verdict)
	}
	fmt.Print(text.String())
	if document, err = replace(document, "attack", []byte(text.String())); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(c.Document, document, 0o644), failed)
}
