package dialog

import (
	"fmt"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/theme"
)

// Details returns the page of one message: when it was sent, who has reacted to it, and
// which members have received and read it.
// place is the title of its conversation.
func Details(d chat.Details, place string, zone *time.Location, th *theme.Theme) *Page {
	clock := func(t time.Time) string { return t.In(zone).Format("2 Jan 15:04:05") }
	lines := []line{{text.CleanLine(chat.Said(d.Message.AuthorName, d.Message.Body), 60), ""}, {"Sent", clock(d.Message.SentAt)}}
	if d.Message.Edited() {
		lines = append(lines, line{"Edited", clock(d.Message.EditedAt)})
	}
	if f := d.Message.File; f != nil {
		lines = append(lines, line{"Size", fmt.Sprintf("%s (%d bytes)", chat.SizeText(f.Size), f.Size)},
			line{"Fetch it", d.Message.FetchCommand(place)}, line{"SHA-256", f.Sum.String()}, line{"Id", text.FileID(int64(d.Message.Seq))})
	}
	lines = append(lines, reactions(d.Reactions, th)...)
	for _, s := range stages {
		first := true
		for _, o := range d.Members {
			if !s.has(o, d.Withheld) {
				continue
			}
			if first {
				lines = append(lines, line{s.heading, ""})
				first = false
			}
			lines = append(lines, line{withDisplay(o.Name, o.DisplayName), reached(o, clock)})
		}
	}
	switch {
	case len(d.Members) == 0:
		lines = append(lines, line{"No receipts", "no other people were here when this was sent"})
	case d.Withheld:
		lines = append(lines, line{"Receipts are off", "you don't share what you read, so you don't see what others have read: /receipts on"})
	}
	return &Page{title: "Message of " + d.Message.AuthorName + ", " + clock(d.Message.SentAt), lines: lines}
}

// reactions lists who has reacted to a message, a line for each emoji.
func reactions(reactors []chat.Reactor, th *theme.Theme) []line {
	var lines []line
	for i, r := range reactors {
		name := withDisplay(r.Name, r.DisplayName)
		switch {
		case i == 0:
			lines = []line{{"Reactions", ""}, {reactionTerm(r.Emoji, th), name}}
		case reactors[i-1].Emoji == r.Emoji:
			lines[len(lines)-1].text += ", " + name
		default:
			lines = append(lines, line{reactionTerm(r.Emoji, th), name})
		}
	}
	return lines
}

// reactionTerm is an emoji with its name.
func reactionTerm(emoji string, th *theme.Theme) string {
	name := chat.ReactionName(emoji)
	if th.ASCII || name == emoji {
		return name
	}
	return emoji + " " + name
}

// stages has the states that a message can have for a member, in the order of the page.
var stages = [...]struct {
	heading string
	has     func(o chat.MemberDetail, withheld bool) bool
}{
	{"Read", func(o chat.MemberDetail, _ bool) bool { return o.Read }},
	{"Delivered, not read yet", func(o chat.MemberDetail, _ bool) bool { return o.Tells && o.Delivered && !o.Read }},
	{"Delivered, receipts not shared", func(o chat.MemberDetail, withheld bool) bool { return !o.Tells && o.Delivered && !withheld }},
	{"Delivered", func(o chat.MemberDetail, withheld bool) bool { return withheld && o.Delivered }},
	{"Not delivered yet", func(o chat.MemberDetail, _ bool) bool { return !o.Delivered }},
}

// reached says when a message was delivered to a member, or read.
func reached(o chat.MemberDetail, clock func(time.Time) string) string {
	at := func(t time.Time) string {
		if t.IsZero() { // the server keeps times only for a while
			return "yes"
		}
		return clock(t)
	}
	switch {
	case o.Read:
		edit := ""
		if o.BeforeEdit {
			edit = ", before it was edited"
		}
		return "read " + at(o.ReadAt) + edit + ", delivered " + at(o.DeliveredAt)
	case o.Delivered:
		return "delivered " + at(o.DeliveredAt)
	default:
		return "sent"
	}
}

// withDisplay returns a handle with the account's display name. A display name
// proves nothing, so it is never shown alone.
func withDisplay(handle, display string) string {
	if display == "" {
		return handle
	}
	if !text.IsClean(display) {
		display = text.CleanLine(display, 40)
	}
	return handle + " (" + display + ")"
}
