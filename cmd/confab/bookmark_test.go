package main

import "testing"

// People pin messages for everybody and save some for themselves, and go to them from the
// lists.
func TestPinnedAndSavedMessages(t *testing.T) {
	t.Parallel()
	_, _, c := people(t, "ann", "bob")
	ann, bob := c[0], c[1]
	ann.say("the rules")
	ann.say("something else")
	bob.shows("something else")
	ann.press(keyEscape)
	ann.shows("?: more")
	ann.press("\x1b[A", "p")
	bob.shows("ann pinned a message by ann")

	bob.say("/pins")
	bob.shows("Pinned in #general: 1")
	bob.shows("pinned by ann")
	bob.shows("the rules")
	bob.press(keyEnter)
	bob.shows("Selecting: Esc ends")
	bob.press("p")
	bob.shows("Only owners and admins can pin messages here.")
	bob.press("s")
	bob.shows("Saved for you alone")
	bob.press(keyEscape)
	bob.hides("Selecting: Esc ends")
	bob.say("/saved")
	bob.shows("Saved messages: 1")
	bob.shows("#general  ann")
	bob.press("s")
	bob.shows("You have saved no messages.")
	bob.press(keyEscape)
	bob.hides("You have saved no messages.")

	// ann saves nothing by that, and her pin goes away with /unpin.
	ann.press("/unpin", keyEnter)
	bob.shows("ann unpinned a message by ann")
	ann.say("/pins")
	ann.shows("No messages are pinned here.")
}
