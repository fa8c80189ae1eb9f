package main

import (
	"regexp"
	"strings"
	"testing"

	"confab/app/text"
)

// ours are the sequences that a screen uses (tui/screen/terminal.go), and no more
// general than it uses them: moves, erasing, scrolling, the modes of entering and
// leaving, colours, the questions for the terminal's name and background, and the window's title.
var ours = regexp.MustCompile(`\x1b\[(?:` +
	`[0-9;]*[HGCXLMr]|[KJ]|[0-9;:]*m` +
	`|\?(?:25|2026|1049|2004|1004|2031|7|1002|1006)[hl]` +
	`|>1u|<u|22;2t|23;2t|>0q` + `)` +
	`|\x1b\]11;\?\x07` +
	`|\x1b\]2;(?:\(\d+\+?\) )?(?:#general - )?confab\x07` +
	`|\x1b\]8;;\x1b\\` +
	`|\x1b\]8;id=[0-9a-v]+;(?:https?://|mailto:)[!-~]+\x1b\\` +
	`|\r\n?`)

var isolates = regexp.MustCompile(`\x{2068}([^\x{2068}\x{2069}\r\n]*)\x{2069}`)

// unfinished is the beginning of a sequence at the end of what has arrived.
var unfinished = regexp.MustCompile(`\x1b([\[\]][^\x1b\x07a-zA-Z]*)?$`)

// isHarmless checks that a terminal received only text and sequences in ours.
func isHarmless(t *testing.T, c *client) {
	t.Helper()
	c.until("the rest of a sequence", func(string) bool { return !unfinished.MatchString(c.received()) })
	// The screen itself begins with these sequences.
	received := strings.NewReplacer("\x1b%G", "", "\x1b[6n", "\n").Replace(c.received())
	// Isolates of texts that are written from right to left end in their row.
	received = isolates.ReplaceAllString(received, "$1")
	rest := ours.ReplaceAllString(received, "\n")
	if text.IsClean(rest) {
		return
	}
	for i, words := range regexp.MustCompile(`\n+`).Split(rest, -1) {
		if !text.IsClean(words) {
			t.Errorf("piece %d that the terminal was sent is %q", i, words)
		}
	}
}

// isPlain checks that the client has received lines of harmless text alone: no escape
// sequence, and of the control characters only those of line ends and of erasing.
func isPlain(t *testing.T, c *client) {
	t.Helper()
	for what, received := range map[string]string{"standard output": c.received(), "standard error": c.stderr.String()} {
		rest := strings.ReplaceAll(strings.ReplaceAll(received, "\b \b", ""), "\r\n", "\n")
		if strings.Contains(received, "\x1b") || !text.IsClean(rest) {
			t.Errorf("the client is sent %q on %s", received, what)
		}
	}
}
