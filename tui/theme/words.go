package theme

import (
	"strconv"

	"confab/app/chat"
)

// Unread returns a number of unread messages in words. The chat stops counting at
// [chat.UnreadLimit], which is shown as 99+.
func Unread(n int) string {
	if n >= chat.UnreadLimit {
		return strconv.Itoa(chat.UnreadLimit-1) + "+"
	}
	return strconv.Itoa(n)
}
