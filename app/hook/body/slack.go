package body

import (
	"regexp"
	"strings"

	"confab/app/text"
)

// slackMessage is the body of Slack's incoming webhooks, which many programs send
// (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
type slackMessage struct {
	Text        string            `json:"text"`
	Blocks      []slackBlock      `json:"blocks"`
	Attachments []slackAttachment `json:"attachments"`
}

type slackBlock struct {
	Type     string      `json:"type"`
	Text     slackText   `json:"text"`
	Fields   []slackText `json:"fields"`
	Elements []slackText `json:"elements"`
	AltText  string      `json:"alt_text"` // of a picture
	Title    slackText   `json:"title"`
}

// slackText is an object with a text, also one of rich text, which contains others.
type slackText struct {
	Type     string      `json:"type"`
	Text     string      `json:"text"`
	URL      string      `json:"url"`
	Elements []slackText `json:"elements"`
}

type slackAttachment struct {
	Fallback  string       `json:"fallback"`
	Pretext   string       `json:"pretext"`
	Title     string       `json:"title"`
	TitleLink string       `json:"title_link"`
	Text      string       `json:"text"`
	Footer    string       `json:"footer"`
	Blocks    []slackBlock `json:"blocks"`
	Fields    []struct {
		Title string `json:"title"`
		Value string `json:"value"`
	} `json:"fields"`
}

// maxParts bounds the blocks, attachments and fields of a message that are read.
const maxParts = 50

// words returns the text of the message. The text of a message with blocks is only for
// notifications, but it says the same. So it is used, and the blocks only without it.
func (m *slackMessage) words() string {
	lines := []string{m.Text}
	if strings.TrimSpace(m.Text) == "" {
		lines = blockLines(m.Blocks)
	}
	for _, a := range first(m.Attachments) {
		lines = append(lines, a.lines()...)
	}
	for i := range lines {
		lines[i] = slackWords(lines[i])
	}
	return strings.Join(present(lines), "\n")
}

func blockLines(blocks []slackBlock) (lines []string) {
	for _, b := range first(blocks) {
		if b.Type == "header" {
			lines = append(lines, bold(b.Text.Text))
		} else {
			lines = append(lines, b.Text.Text)
		}
		for _, f := range first(b.Fields) {
			lines = append(lines, f.Text)
		}
		var row strings.Builder
		for _, e := range first(b.Elements) {
			e.write(&row, 0)
		}
		lines = append(lines, row.String(), firstOf(b.Title.Text, b.AltText))
	}
	return lines
}

// write adds the text of an element of rich text, with those inside it.
func (t slackText) write(b *strings.Builder, depth int) {
	if depth > 5 {
		return
	}
	switch {
	case t.Type == "link" && t.Text != "" && t.Text != t.URL:
		b.WriteString(t.Text + " (" + t.URL + ")")
	case t.Type == "link":
		b.WriteString(t.URL)
	default:
		b.WriteString(t.Text)
	}
	for _, e := range first(t.Elements) {
		e.write(b, depth+1)
	}
	if t.Type == "rich_text_section" || t.Type == "mrkdwn" || t.Type == "plain_text" {
		b.WriteString("\n")
	}
}

// lines returns the text of an attachment. The fallback is the same for clients that can't
// show the rest, so it is used only without that.
func (a slackAttachment) lines() []string {
	title := line(a.Title)
	if title != "" {
		title = linked(title, a.TitleLink)
	}
	lines := append([]string{a.Pretext, title, a.Text}, blockLines(a.Blocks)...)
	for _, f := range first(a.Fields) {
		if t := line(f.Title); t != "" {
			lines = append(lines, t+": "+f.Value)
		} else {
			lines = append(lines, f.Value)
		}
	}
	if len(present(lines)) == 0 {
		return []string{a.Fallback}
	}
	return append(lines, a.Footer)
}

// slackSign matches what Slack puts between angle brackets: links, people and channels.
var slackSign = regexp.MustCompile(`<([^<>\n|]+)(?:\|([^<>\n]*))?>`)

// slackWords makes text of Slack's markup: bold, italic and struck text and code are
// written in the same way here
// (https://docs.slack.dev/messaging/formatting-message-text).
func slackWords(s string) string {
	s = slackSign.ReplaceAllStringFunc(s, func(sign string) string {
		part := slackSign.FindStringSubmatch(sign)
		what, label := part[1], part[2]
		switch {
		case what == "!channel", what == "!everyone":
			return "@all"
		case what == "!here":
			return "@here"
		case strings.HasPrefix(what, "!"):
			return label
		case strings.HasPrefix(what, "@"), strings.HasPrefix(what, "#"):
			if label != "" {
				return what[:1] + strings.TrimLeft(label, "@#")
			}
			return what
		case strings.HasPrefix(what, "mailto:"):
			return firstOf(label, what)
		case label == "" || label == what:
			return what
		default:
			return label + " (" + what + ")"
		}
	})
	return text.FromSlack(s)
}

// first returns the first [maxParts] of a list.
func first[T any](all []T) []T { return all[:min(len(all), maxParts)] }

// present returns the lines that have text.
func present(lines []string) (some []string) {
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			some = append(some, l)
		}
	}
	return some
}
