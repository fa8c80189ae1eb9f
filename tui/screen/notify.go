package screen

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Notification is the message of a command that asks for the user's attention. It is
// written before the next frame.
type Notification struct {
	Kind string // one of the kinds below
	Text string // one line
}

// These are the kinds of notifications. The bell works in all terminals. The others show a
// text, each in a form that some terminals know: OSC 9 is iTerm2's, OSC 777 rxvt's, OSC 99
// kitty's.
const (
	NotifyAuto   = "auto" // the kind that suits the terminal
	NotifyBell   = "bell"
	NotifyOSC9   = "osc9"
	NotifyOSC777 = "osc777"
	NotifyOSC99  = "osc99"
)

// maxNotification is the longest text of a notification, in cells.
const maxNotification = 100

// askVersion asks the terminal for its name (XTVERSION). Terminals that don't know it
// ignore it.
const askVersion = "\x1b[>0q"

// versionBegin begins the answer. The name follows, and then ST.
const versionBegin = "\x1bP>|"

// VersionMsg tells a model the name of the terminal, and mostly its version, as the terminal has
// given it.
type VersionMsg string

// versionOf returns the name in an answer to [askVersion].
func versionOf(unit []byte) (VersionMsg, bool) {
	name, ok := answerAfter(versionBegin, unit)
	return VersionMsg(name[:min(len(name), 64)]), ok
}

// terminalNames has the names of the terminal. The first is its own answer, and the others
// come from the environment.
type terminalNames struct{ version, program, term string }

// multiplexer returns whether the terminal is tmux or screen, which pass notifications on
// only if they are wrapped; "" if it is neither.
func (n terminalNames) multiplexer() string {
	version, program := strings.ToLower(n.version), strings.ToLower(n.program)
	switch {
	case strings.HasPrefix(version, "tmux") || program == "tmux" || strings.HasPrefix(n.term, "tmux"):
		return "tmux"
	case strings.HasPrefix(version, "screen") || version == "" && strings.HasPrefix(n.term, "screen"):
		return "screen"
	}
	return ""
}

// notifiers lists the terminals that show notifications, by the beginnings of their names
// in XTVERSION, TERM_PROGRAM and TERM. Others get the bell, because some terminals show
// nothing for an unknown sequence.
var notifiers = [...]struct{ name, kind string }{
	{"kitty", NotifyOSC99}, {"xterm-kitty", NotifyOSC99},
	{"ghostty", NotifyOSC777}, {"xterm-ghostty", NotifyOSC777}, {"wezterm", NotifyOSC777}, {"foot", NotifyOSC777},
	{"iterm", NotifyOSC9}, {"warp", NotifyOSC777},
}

// kind returns the kind that suits the terminal.
func (n terminalNames) kind() string {
	for _, name := range []string{n.version, n.program, n.term} {
		for _, known := range notifiers {
			if strings.HasPrefix(strings.ToLower(name), known.name) {
				return known.kind
			}
		}
	}
	return NotifyBell
}

// appendNotification appends the bytes that notify the user.
func appendNotification(dst []byte, n Notification, names terminalNames, ascii bool) []byte {
	kind, mux := n.Kind, names.multiplexer()
	if kind == NotifyAuto {
		kind = names.kind()
	}
	// GNU screen keeps only the low byte of each character in what it passes on, which would
	// turn letters into control characters: Л (U+041B) into ESC.
	words := notificationText(n.Text, ascii || mux == "screen")
	var sequence string
	switch kind {
	case NotifyOSC9:
		// ConEmu and others read a number at the beginning as a command: 4; is a progress
		// bar.
		if words != "" && words[0] >= '0' && words[0] <= '9' {
			words = " " + words
		}
		sequence = "\x1b]9;" + words + "\a"
	case NotifyOSC777:
		sequence = "\x1b]777;notify;confab;" + strings.ReplaceAll(words, ";", ",") + "\a"
	case NotifyOSC99:
		sequence = "\x1b]99;i=confab;" + words + "\a"
	default:
		return append(dst, bel)
	}
	switch mux {
	case "tmux":
		dst = append(dst, "\x1bPtmux;"+strings.ReplaceAll(sequence, "\x1b", "\x1b\x1b")+"\x1b\\"...)
	case "screen":
		dst = append(dst, "\x1bP"+sequence+"\x1b\\"...)
	default:
		return append(dst, sequence...)
	}
	// tmux drops the sequence unless its option allow-passthrough is on.
	return append(dst, bel)
}

// notificationText makes a text fit for a notification: without control characters, and not
// too long.
func notificationText(words string, ascii bool) string {
	words = strings.Map(func(r rune) rune {
		if forbidden(r, 0) {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(words), " "))
	if ascii {
		words = ToASCII(words)
	}
	return ansi.Truncate(words, maxNotification, "...")
}
