package tui

import (
	"strings"
	"time"

	"confab/tui/screen"
)

// colors is how many colours a terminal has.
type colors int

const (
	noColors colors = iota // attributes only
	colors16
	colors256
)

// Terminal is what is known of the terminal that a screen is for.
type Terminal struct {
	colors   colors
	ascii    bool // symbols and lines in ASCII only
	charset  screen.Charset
	location *time.Location
}

// TerminalOf tells a terminal from its environment, "NAME=value" each: TERM,
// COLORTERM, NO_COLOR (https://no-color.org), LC_ALL, LC_CTYPE and LANG, and TZ
// for the times shown. Only little of it crosses an SSH connection by default,
// so what is missing is taken to be modern, and the times to be the server's.
func TerminalOf(environ []string) Terminal {
	env := make(map[string]string, len(environ))
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			env[name] = value
		}
	}
	t := Terminal{colors: colors16, location: time.Local}
	term := env["TERM"]
	// The Linux console and real terminals have few glyphs beyond ASCII.
	old := term == "linux" || term == "dumb" || strings.HasPrefix(term, "vt")
	switch {
	case env["NO_COLOR"] != "" || term == "dumb" || strings.HasPrefix(term, "vt"):
		t.colors = noColors
	case env["COLORTERM"] != "" || !old && has256(term):
		t.colors = colors256
	}
	locale := env["LC_ALL"]
	if locale == "" {
		locale = env["LC_CTYPE"]
	}
	if locale == "" {
		locale = env["LANG"]
	}
	switch {
	case locale == "":
		t.charset = screen.Unknown
	case !isUTF8(locale):
		t.charset = screen.ASCII
	}
	t.ascii = old || t.charset == screen.ASCII
	// A TZ that is no name of a zone is not worth an error.
	if zone := env["TZ"]; zone != "" {
		if l, err := time.LoadLocation(strings.TrimPrefix(zone, ":")); err == nil {
			t.location = l
		}
	}
	return t
}

// Charset is what the terminal understands, as far as its environment says.
func (t Terminal) Charset() screen.Charset { return t.charset }

// Location is the zone in which times are shown.
func (t Terminal) Location() *time.Location { return t.location }

// has256 tells by its name whether a terminal has 256 colours.
func has256(term string) bool {
	for _, name := range []string{"256color", "direct", "truecolor", "kitty", "ghostty", "alacritty", "wezterm", "foot"} {
		if strings.Contains(term, name) {
			return true
		}
	}
	return false
}

func isUTF8(locale string) bool {
	locale = strings.ToLower(locale)
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}
