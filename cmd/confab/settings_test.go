package main

import (
	"strings"
	"testing"
)

const (
	keyLeft  = "\x1b[D"
	keyRight = "\x1b[C"
	keyHome  = "\x1b[H"
)

// setting waits until the page of settings shows a value.
func (c *client) setting(name, value string) {
	c.t.Helper()
	c.until(name+" to be "+value, func(screen string) bool {
		row, ok := settingRow(screen, name)
		return ok && strings.HasPrefix(row, value+" ")
	})
}

// settingRow is the row of a setting on the page, after its name.
func settingRow(screen, name string) (string, bool) {
	for row := range strings.SplitSeq(strings.ReplaceAll(screen, "▌", " "), "\n") { // before the chosen one
		if _, value, ok := strings.Cut(" "+row, " "+name+" "); ok {
			return strings.TrimSpace(value) + " ", true
		}
	}
	return "", false
}

// chooses moves to a setting: until its explanation is below the list.
func (c *client) chooses(explained string, rows int) {
	c.t.Helper()
	c.press(keyHome, strings.Repeat(keyDown, rows))
	c.shows(explained)
}

// closes closes the page.
func (c *client) closes() {
	c.t.Helper()
	c.press("q")
	c.hides("Esc: close")
}

// What is changed on the page of settings is saved at once, and the other session of the
// account shows it at once, too: on its page, on its screen, and to scripts.
func TestSettingsOfTwoSessions(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	one, two, bob := c[0], s.connect(keys[0]), c[1]
	two.opened()
	for _, ann := range []*client{one, two} {
		ann.say("/settings")
		ann.setting("receipts", "on")
		ann.setting("up", "edit")
	}
	// A choice, with the arrows.
	one.chooses("share what you read, and see it of others; or neither.", 3)
	one.press(keyRight)
	for _, ann := range []*client{one, two} {
		ann.setting("receipts", "off")
	}
	two.chooses("share what you read, and see it of others; or neither.", 3)
	two.press(keyLeft)
	for _, ann := range []*client{one, two} {
		ann.setting("receipts", "on")
	}
	// A text, in place. What cannot be is refused there, and the text stays.
	one.chooses("a name that is shown beside your name", 1)
	one.press(keyEnter)
	one.shows("Enter: save")
	one.press("bob", keyEnter)
	one.shows("Enter: save")
	one.shows("looks like")
	one.setting("display-name", "bob")
	one.press(keyCtrlU, "Ann of the ships", keyEnter)
	for _, ann := range []*client{one, two} {
		ann.setting("display-name", "Ann of the ships")
	}
	// A preference of the screen takes effect on the other one.
	one.closes()
	two.closes()
	one.say("/settings up recall")
	one.shows("up is recall.")
	two.say("/settings")
	two.setting("up", "recall")
	two.closes()

	// The settings of a group: everybody sees the change, and members why they may not make it.
	one.say("/new ops @bob")
	one.isIn("#ops")
	bob.joins("#ops")
	bob.lists("#ops", "")
	bob.goes("#ops")
	two.lists("#ops", "")
	two.goes("#ops")
	two.say("/group")
	two.setting("members-add", "off")
	bob.say("/group")
	bob.setting("members-add", "(off)")
	bob.chooses("Only owners and admins can do that here.", 3)
	one.say("/group")
	one.chooses("every member can add others", 3)
	one.press(keyRight)
	one.setting("members-add", "on")
	two.setting("members-add", "on")
	bob.setting("members-add", "(on)")

	// Keys are bound on both.
	one.closes()
	two.closes()
	one.say("/bind")
	one.shows("backspace")
	one.press(keyEnter)
	one.shows("Press the new key for backspace.")
	one.press("\x0f") // Ctrl+O
	one.shows("Ctrl+O is a key of backspace now.")
	two.say("/bind")
	two.until("Ctrl+O to be a key of backspace", func(screen string) bool {
		row, ok := settingRow(screen, "backspace")
		return ok && strings.Contains(row, "Ctrl+O")
	})
}
