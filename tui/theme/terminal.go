package theme

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"confab/tui/screen"
)

// Colors is the number of colours of a terminal.
type Colors int

const (
	NoColors Colors = iota // bold, faint, underline and reverse only
	Colors16
	Colors256
)

// Kind is what the styles of a theme depend on.
type Kind struct {
	Colors   Colors
	Ground   Ground
	Contrast bool // high contrast: 7:1 at least
}

// palette returns the 256 colours of a theme, and nil for a theme that has fewer.
func (k Kind) palette() *palette {
	switch {
	case k.Colors != Colors256, k.Contrast && k.Ground == AnyGround:
		return nil
	case k.Contrast:
		return &highContrast[k.Ground]
	}
	return &palettes[k.Ground]
}

// These are the names of themes. With any other name, the theme suits the terminal.
const (
	Dark     = "dark"
	Light    = "light"
	Contrast = "contrast"
	Basic    = "16" // only the terminal's own 16 colours
	None     = "none"
)

// Terminal describes the terminal that a screen is drawn on.
type Terminal struct {
	Kind
	RGB      bool // it has said that it takes any colour, in red, green and blue
	ASCII    bool // symbols and lines in ASCII only
	old      bool // supports little beyond text and styles
	charset  screen.Charset
	location *time.Location
	// Term and Program are the names of the terminal in the environment.
	Term, Program string
}

// TerminalOf describes a terminal from its environment, given as "NAME=value":
// TERM, COLORTERM, NO_COLOR (https://no-color.org), LC_ALL, LC_CTYPE and LANG,
// and TZ for the times shown. SSH passes on few of these by default. If one is
// missing, the terminal is assumed to be modern and in the server's time zone.
func TerminalOf(environ []string) Terminal {
	env := make(map[string]string, len(environ))
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			env[name] = value
		}
	}
	t := Terminal{Kind: Kind{Colors: Colors16}, location: time.Local}
	term := env["TERM"]
	t.Term, t.Program = term, env["TERM_PROGRAM"]
	if t.Program == "" {
		t.Program = env["LC_TERMINAL"]
	}
	// The Linux console and real terminals have few glyphs beyond ASCII.
	old := term == "linux" || term == "dumb" || strings.HasPrefix(term, "vt")
	switch {
	case env["NO_COLOR"] != "" || term == "dumb" || strings.HasPrefix(term, "vt"):
		t.Colors = NoColors
	case env["COLORTERM"] != "" || !old && has256(term):
		t.Colors = Colors256
		t.RGB = env["COLORTERM"] == "truecolor" || env["COLORTERM"] == "24bit" || hasRGB(term)
	}
	if term == "linux" {
		t.Ground = DarkGround // it does not say so when it is asked
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
	t.old = !screen.SkipsStrings(term)
	t.ASCII = old || t.charset == screen.ASCII
	// An unknown zone in TZ is ignored: it is not worth an error.
	if zone := env["TZ"]; zone != "" {
		if l, err := time.LoadLocation(strings.TrimPrefix(zone, ":")); err == nil {
			t.location = l
		}
	}
	return t
}

// SetGround notes the terminal's background.
func (t *Terminal) SetGround(dark bool) {
	t.Ground = LightGround
	if dark {
		t.Ground = DarkGround
	}
}

// Heard notes what the terminal has answered: a [screen.GroundMsg] or a [screen.VersionMsg].
// All terminals that can tell their name (XTVERSION) have 256 colours, even if TERM says no more
// than "xterm", as Debian's xterm does.
func (t *Terminal) Heard(answer tea.Msg) {
	switch a := answer.(type) {
	case screen.GroundMsg:
		t.SetGround(a.Dark)
	case screen.VersionMsg:
		if t.Colors == Colors16 {
			t.Colors = Colors256
		}
	}
}

// Themed returns the terminal with a theme of that name. A terminal without colours stays
// without them.
func (t Terminal) Themed(name string) Terminal {
	switch name {
	case Dark:
		t.Ground = DarkGround
	case Light:
		t.Ground = LightGround
	case Contrast:
		t.Contrast = true
	case Basic:
		t.Colors = min(t.Colors, Colors16)
	case None:
		t.Colors = NoColors
	}
	return t
}

// Charset returns the encoding of the terminal, as far as its environment shows it.
func (t Terminal) Charset() screen.Charset { return t.charset }

// Clipboard reports whether the terminal may let programs set its clipboard.
func (t Terminal) Clipboard() bool { return !t.old }

// Location returns the zone in which times are shown.
func (t Terminal) Location() *time.Location { return t.location }

// has256 reports whether a terminal of this name has 256 colours.
func has256(term string) bool {
	for _, name := range []string{"256color", "direct", "truecolor", "kitty", "ghostty", "alacritty", "wezterm", "foot"} {
		if strings.Contains(term, name) {
			return true
		}
	}
	return false
}

// hasRGB reports whether a terminal of this name takes colours in red, green and blue.
func hasRGB(term string) bool {
	for _, name := range []string{"direct", "truecolor", "kitty", "ghostty", "wezterm", "foot"} {
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
