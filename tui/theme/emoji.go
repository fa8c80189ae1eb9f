package theme

import "confab/app/chat"

// Emoji returns an emoji as the terminal can show it: a terminal that takes only ASCII
// gets its name.
func (th *Theme) Emoji(emoji string) string {
	if th.ASCII {
		return chat.ReactionName(emoji)
	}
	return emoji
}
