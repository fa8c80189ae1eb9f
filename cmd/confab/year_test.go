//go:build linux

package main

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var updateYear = flag.Bool("update-year", false, "write what the commands of docs/year.md print into it")

// TestTheYear runs the commands of docs/year.md, from its first to its last, and compares what
// they print with the document. It needs a second address of loopback,
// as Linux has it.
func TestTheYear(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s here", tool)
		}
	}
	document := filepath.Join("..", "..", "docs", "year.md")
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	y := newYear(t)
	var written []string
	lines := strings.Split(string(text), "\n")
	for i := 0; i < len(lines); {
		line := lines[i]
		i++
		written = append(written, line)
		if aside := asides.FindStringSubmatch(line); aside != nil {
			y.aside(strings.Fields(y.hidden(aside[1])))
		}
		typed := prompts.FindStringSubmatch(line)
		if typed == nil {
			continue
		}
		command := typed[3]
		for strings.HasSuffix(command, "\\") && i < len(lines) {
			command += "\n" + lines[i]
			written = append(written, lines[i])
			i++
		}
		if y.leftOut {
			continue
		}
		end := i + slices.IndexFunc(lines[i:], func(l string) bool { return l == "```" || prompts.MatchString(l) })
		want := strings.Join(lines[i:end], "\n")
		got := spacesAtEnd.ReplaceAllString(y.shown(y.runs(typed[1], command)), "")
		if alike(got) == alike(want) {
			got = want
		} else if !*updateYear {
			t.Errorf("%s\nprints:\n%s\nand docs/year.md has:\n%s", line, got, want)
		}
		if got != "" {
			written = append(written, strings.Split(got, "\n")...)
		}
		i = end
	}
	if *updateYear {
		if err := os.WriteFile(document, []byte(strings.Join(written, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var (
	// asides matches what happens besides the commands, in a comment.
	asides = regexp.MustCompile(`^<!-- test: (.*) -->$`)
	// prompts matches a command: the machine on which it is typed, $ or #, and the command.
	prompts = regexp.MustCompile(`^(\w+)([$#]) (.*)$`)
)

// alike returns a text without what is different on each machine and in each version of confab:
// sizes, the limit on open files, and the version of the schema.
func alike(text string) string {
	text = varying.ReplaceAllString(openFiles.ReplaceAllString(text, ""), "N")
	return spaces.ReplaceAllString(text, " ")
}

var varying = regexp.MustCompile(`\b[0-9.]+ [KMGT]?i?B\b|\b[0-9.]+[KMG]\b|(?:schema-|version |"schema":)[0-9]+`)

var spacesAtEnd = regexp.MustCompile(`(?m)[ \t]+$|\n+\z`)

var spaces = regexp.MustCompile(` +`)

var openFiles = regexp.MustCompile(`(?m)^(ok|warn) +ulimit .*$`)

// masks replace what is different in each run by what is always the same, and back.
type masks struct {
	real, masked map[string]string
	chapters     []chapterOfYear
}

// chapterOfYear is a chapter that has begun.
type chapterOfYear struct {
	began time.Time // in this test, at a whole second
	day   time.Time // in the document
}

// kinds are the kinds of texts that masks replace. The nth text of a kind becomes mask(n).
var kinds = []struct {
	match *regexp.Regexp
	mask  func(n int) string
}{
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`), func(n int) string {
		sum := sha256.Sum256(fmt.Appendf(nil, "key %d of the year", n))
		return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
	}},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`), func(n int) string {
		return fmt.Sprintf("019b8e2a-0000-7000-8000-%012x", n)
	}},
	{regexp.MustCompile(`\b(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}\b`), func(n int) string {
		return fmt.Sprintf("7K2M-9Q4T-VX0B-H3C%d", n)
	}},
	{regexp.MustCompile(`"session":"[0-9a-f]{8}"`), func(n int) string { return fmt.Sprintf(`"session":"5f0c91d%x"`, n) }},
}

// times are the forms of times that confab prints.
var times = []struct {
	match *regexp.Regexp
	form  string
}{
	{regexp.MustCompile(`\b\d{8}T\d{6}Z`), "20060102T150405Z"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`), time.RFC3339},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`), time.DateTime},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d\b`), "2006-01-02 15:04"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`), time.DateOnly},
}

// mask replaces what is different in each run.
func (m *masks) mask(text string) string {
	for _, k := range kinds {
		text = k.match.ReplaceAllStringFunc(text, func(real string) string {
			if m.masked[real] == "" {
				n := 0
				for m.real[k.mask(n)] != "" {
					n++
				}
				m.remember(real, k.mask(n))
			}
			return m.masked[real]
		})
	}
	// Each form is replaced by one without digits, so that no other form matches in it.
	for _, f := range times {
		text = f.match.ReplaceAllStringFunc(text, func(real string) string {
			if m.masked[real] == "" {
				at, err := time.Parse(f.form, real)
				if err != nil {
					return real
				}
				m.remember(real, m.at(at, f.form).Format(f.form))
			}
			return digitsAway.Replace(m.masked[real])
		})
	}
	return digitsBack.Replace(text)
}

var (
	digitsAway = strings.NewReplacer("0", "\x010", "1", "\x011", "2", "\x012", "3", "\x013", "4", "\x014", "5", "\x015", "6", "\x016", "7", "\x017", "8", "\x018", "9", "\x019", "-", "\x01-", "T", "\x01T", "Z", "\x01Z")
	digitsBack = strings.NewReplacer("\x01", "")
)

// begin begins a chapter. It waits for a second to be over, so that all times in seconds tell
// in which chapter they were.
func (m *masks) begin(day time.Time) {
	now := time.Now().UTC()
	next := now.Truncate(time.Second).Add(time.Second)
	time.Sleep(next.Sub(now))
	m.chapters = append(m.chapters, chapterOfYear{next, day})
}

// at returns the time that the document has for a time of the test, in which a chapter takes no
// time. Times in minutes and dates say too little to tell chapters apart.
func (m *masks) at(t time.Time, form string) time.Time {
	c := m.chapters[len(m.chapters)-1]
	if form == time.DateOnly {
		return c.day
	}
	if strings.Contains(form, "05") {
		for _, c = range slices.Backward(m.chapters) {
			if !c.began.After(t) {
				break
			}
		}
	}
	return c.day.Add(t.Sub(c.began).Round(time.Hour))
}

// unmask is the opposite of mask.
func (m *masks) unmask(text string) string {
	for masked, real := range m.real {
		text = strings.ReplaceAll(text, masked, real)
	}
	return text
}

func (m *masks) remember(real, masked string) { m.masked[real], m.real[masked] = masked, real }

// hidden replaces what the document shows by what it is in this test.
func (y *year) hidden(text string) string {
	text = y.masks.unmask(text)
	if y.metrics != "" {
		text = strings.ReplaceAll(text, "localhost:9222", y.metrics)
	}
	return strings.ReplaceAll(text, "metrics: :9222", "metrics: 127.0.0.1:0")
}

// shown is the opposite of hidden. It also removes the folder in which everything is.
func (y *year) shown(text string) string {
	text = y.inside.ReplaceAllString(text, "")
	for _, m := range y.machines {
		if m.listener != nil {
			text = strings.ReplaceAll(text, m.listener.Addr().String(), "[::]:2222")
		}
	}
	return y.masks.mask(text)
}

// exitOK returns the error of a command unless it only says that the command has failed.
func exitOK(err error) error {
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		return nil
	}
	return err
}
