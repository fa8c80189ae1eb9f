package text

import (
	"regexp"
	"strings"
)

// emojiCode is the name of an emoji between colons, as Slack, Mattermost and GitHub write it,
// perhaps with a skin tone after it, which Slack numbers from 2 to 6
// (https://api.slack.com/reference/surfaces/formatting#emoji).
var emojiCode = regexp.MustCompile(`:([a-z0-9_+-]+):(?::skin-tone-([2-6]):)?`)

// firstTone is the emoji that gives the one before it the lightest skin tone. The others follow
// it (Unicode Technical Standard 51, section 2.4).
const firstTone = '\U0001F3FB'

// slackEscapes are the characters that Slack escapes
// (https://docs.slack.dev/messaging/formatting-message-text).
var slackEscapes = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// FromSlack undoes what Slack escapes in the words of a message, and replaces the names of emoji.
// Several goroutines may call FromSlack at once.
func FromSlack(s string) string { return WithEmoji(slackEscapes.Replace(s)) }

// WithEmoji replaces the names of emoji between colons, such as :tada:, with the emoji. Names
// that are not known stay, and so do those in code and links, and those beside letters and
// digits, such as in 1:100:2. Several goroutines may call WithEmoji at once.
func WithEmoji(s string) string {
	codes := emojiCode.FindAllStringSubmatchIndex(s, -1)
	if codes == nil {
		return s
	}
	spans := Markup(s)
	var b strings.Builder
	done := 0
	for _, at := range codes {
		for len(spans) > 0 && spans[0].End <= at[0] {
			spans = spans[1:]
		}
		inWord := at[0] > 0 && isASCIIWord(rune(s[at[0]-1])) || at[1] < len(s) && isASCIIWord(rune(s[at[1]]))
		if inWord || verbatim(spans, at[0]) {
			continue
		}
		emoji, ok := Emoji(s[at[2]:at[3]])
		if !ok {
			continue
		}
		b.WriteString(s[done:at[0]])
		done = at[1]
		if at[4] < 0 {
			b.WriteString(emoji)
			continue
		}
		b.WriteString(strings.TrimSuffix(emoji, "\uFE0F"))
		b.WriteRune(firstTone + rune(s[at[4]]-'2'))
	}
	b.WriteString(s[done:])
	return b.String()
}

// verbatim reports whether a place is in code or in a link.
func verbatim(spans []MarkupSpan, at int) bool {
	for _, m := range spans {
		if m.Start > at {
			return false
		}
		if at < m.End && (m.Kind == MarkupFence || m.Kind == MarkupCode || m.Kind == MarkupLink) {
			return true
		}
	}
	return false
}
