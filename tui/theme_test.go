package tui

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"confab/tui/screen"
	"confab/tui/setting"
	"confab/tui/theme"
)

// The colours follow the terminal's background as soon as it is known, and what the user
// has set.
func TestThemes(t *testing.T) {
	s := newScreen(t, markedUp(), 80, 45)
	drawn := func() string {
		var b strings.Builder
		for _, p := range s.model.Frame().Panes {
			b.WriteString(strings.Join(p.Rows, "\n"))
		}
		return b.String()
	}
	looks := map[string]string{"unknown": drawn()}
	s.update(screen.GroundMsg{Dark: true})
	looks["dark"] = drawn()
	s.update(screen.GroundMsg{Dark: false})
	looks["light"] = drawn()
	known, _ := setting.Named(setting.Theme)
	for _, name := range known.Values[1:] {
		s.typeText("/settings theme " + name)
		s.enter()
		s.model.notice = "" // it says what has been set
		s.model.relayout()
		if got := drawn(); name == theme.Dark || name == theme.Light {
			if got != looks[name] {
				t.Errorf("/settings theme %s looks different than on such a background", name)
			}
		} else {
			looks[name] = got
		}
	}
	seen := make(map[string]string)
	for name, look := range looks {
		if same, ok := seen[look]; ok {
			t.Errorf("%s and %s look the same", name, same)
		}
		seen[look] = name
	}
	if color := regexp.MustCompile(`\x1b\[[\d;]*([34]8;|[39]\d)`); color.MatchString(looks[theme.None]) {
		t.Errorf("the theme %q has colours: %q", theme.None, looks[theme.None])
	}
}

// A terminal that tells its name has 256 colours, also if TERM does not say so. NO_COLOR prevails.
func TestColoursOfATerminalThatTellsItsName(t *testing.T) {
	for environ, want := range map[string]bool{"TERM=xterm": true, "TERM=xterm NO_COLOR=1": false} {
		s := newScreen(t, markedUp(), 80, 45, strings.Fields(environ)...)
		has256 := func() bool {
			return slices.ContainsFunc(s.model.Frame().Panes, func(p screen.Pane) bool { return strings.Contains(strings.Join(p.Rows, ""), "8;5;") })
		}
		if has256() {
			t.Errorf("%s: 256 colours before the terminal has told its name", environ)
		}
		if s.update(screen.VersionMsg("XTerm(390)")); has256() != want {
			t.Errorf("%s: 256 colours: %v", environ, !want)
		}
	}
}
