package main

import "testing"

// Connected people see an edit and a deletion at once. They move no marker, and a
// deleted message is no longer unread.
func TestEditsAndDeletions(t *testing.T) {
	t.Parallel()
	s, keys, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.press(focusIn)
	bob.press(focusIn)
	bob.say("hello")
	ann.shows("hello")
	ann.say("a tpyo")
	ann.edge("a tpyo", "read 1/1 ✔✔ B")
	bob.press(focusOut)

	// The draft comes back after the edit.
	ann.press("a draft", keyEscape)
	ann.shows("e: edit")
	ann.press("e")
	ann.shows("› a tpyo")
	ann.shows("Editing: Enter saves, Esc gives up")
	ann.press(keyCtrlU, "a typo", keyEnter)
	bob.shows("a typo (edited)")
	bob.hides("tpyo")
	ann.edge("a typo (edited)", "read 1/1 ✔✔ B") // it was read before, and stays read
	ann.shows("› a draft")
	ann.press(keyCtrlU)

	// It was read before the edit, and the details say so.
	ann.press(keyEscape)
	ann.shows("e: edit")
	ann.press("i")
	ann.shows("before it was edited")
	ann.press(keyEscape)
	ann.hides("before it was edited")
	ann.press(keyEnter) // ends the selection

	ann.say("for @bob alone")
	ann.say("stays")
	bob.lists("#general", "@1 2")
	ann.edge("stays", "delivered 1/1 ✓✓")
	ann.say("/select")
	ann.shows("e: edit")
	ann.press("\x1b[A", "d")
	ann.shows("Delete for everyone? y/n")
	ann.press("y")
	bob.shows("deleted by ann")
	bob.hides("alone")
	bob.lists("#general", "1")
	ann.edge("stays", "delivered 1/1 ✓✓")
	ann.edge("a typo (edited)", "✔✔ B")
	// People who connect later see the same.
	again := s.ssh(options{keys: keys[1:2]})
	again.press(focusOut)
	again.lists("#general", "1")
	again.shows("a typo (edited)")
	again.hides("alone")

	// A member cannot delete the owner's messages. The owner can delete the
	// member's.
	bob.press(keyEscape)
	bob.shows("r: reply")
	bob.press("d")
	bob.shows("Only owners and admins can delete messages of others.")
	bob.press("e")
	bob.shows("You can edit only your own messages")
	bob.press(keyEnter)
}
