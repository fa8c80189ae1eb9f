package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// progressAfter is how long a command may take before the screen says that it is being
// carried out. Most take much less.
const progressAfter = 400 * time.Millisecond

// progress says which command takes a while. It needs a timer only while a command runs.
type progress struct {
	running int    // how many commands have not been answered
	number  int    // of the latest command
	doing   string // what the latest command does, such as "exporting"
	late    bool   // it takes a while
}

// progressMsg says that a command, by its number, has run for [progressAfter].
type progressMsg int

// begin notes that a command was begun, and returns the command that waits.
func (p *progress) begin(doing string, tick func(time.Duration, func(time.Time) tea.Msg) tea.Cmd) tea.Cmd {
	p.running++
	p.number++
	p.doing = doing
	number := progressMsg(p.number)
	return tick(progressAfter, func(time.Time) tea.Msg { return number })
}

// take notes that a command takes a while, unless it was answered meanwhile.
func (p *progress) take(number progressMsg) {
	p.late = p.late || p.running > 0 && int(number) == p.number
}

// end notes that a command was answered.
func (p *progress) end() {
	if p.running--; p.running == 0 {
		p.late = false
	}
}

// words returns what takes a while, or "".
func (p *progress) words() string {
	if !p.late || p.doing == "" {
		return ""
	}
	return strings.ToUpper(p.doing[:1]) + p.doing[1:]
}
