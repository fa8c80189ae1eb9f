package chat

import "strings"

// actionPrefix begins a message that says what its author does. This is a convention of text
// chats (XEP-0245): the message is kept and sent as it was typed, and whatever shows it to
// people puts the author's name in the place of the prefix. So there is nothing more to
// store, scripts and bots need no other way to read or write such messages, and clients that
// do not know the convention still show all that was said.
const actionPrefix = "/me "

// Said returns a text of an author as people read it: "/me waves" of ann is "* ann waves".
// Other texts stay as they are.
func Said(author, body string) string {
	if does, ok := strings.CutPrefix(body, actionPrefix); ok {
		return "* " + author + " " + does
	}
	return body
}
