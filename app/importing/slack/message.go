package slack

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/importing/lenient"
	"confab/app/text"
)

// message is a message of a day.
type message struct {
	Subtype  lenient.String          `json:"subtype"`
	TS       lenient.String          `json:"ts"`
	User     lenient.String          `json:"user"`
	Bot      lenient.String          `json:"bot_id"`
	Username lenient.String          `json:"username"`
	Profile  lenient.Object[profile] `json:"user_profile"`
	BotIs    lenient.Object[profile] `json:"bot_profile"`
	Text     lenient.String          `json:"text"`
	Thread   lenient.String          `json:"thread_ts"`
	Topic    lenient.String          `json:"topic"`
	Name     lenient.String          `json:"name"`
	Edited   lenient.Object[struct {
		TS lenient.String `json:"ts"`
	}] `json:"edited"`
	Reactions lenient.List[struct {
		Name  lenient.String               `json:"name"`
		Users lenient.List[lenient.String] `json:"users"`
	}] `json:"reactions"`
	Files       lenient.List[file] `json:"files"`
	File        lenient.List[file] `json:"file"` // before 2018
	Attachments lenient.List[struct {
		Fallback lenient.String `json:"fallback"`
		Pretext  lenient.String `json:"pretext"`
		Title    lenient.String `json:"title"`
		Link     lenient.String `json:"title_link"`
		Text     lenient.String `json:"text"`
	}] `json:"attachments"`
}

type file struct {
	ID    lenient.String `json:"id"`
	Name  lenient.String `json:"name"`
	Title lenient.String `json:"title"`
	Mode  lenient.String `json:"mode"`
}

// ts is a time of Slack, which is also the id of a message in its channel. It must not
// become a floating-point number, which has too few digits.
var ts = regexp.MustCompile(`^([0-9]{1,11})(?:\.([0-9]{1,9}))?$`)

// timeOf reads a time of Slack.
func timeOf(s string) (time.Time, bool) {
	m := ts.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	var nanos int64
	if m[2] != "" {
		nanos, _ = strconv.ParseInt((m[2] + "000000000")[:9], 10, 64)
	}
	return time.Unix(seconds, nanos).UTC(), true
}

// entry is a message with its place.
type entry struct {
	message
	at    time.Time
	place string
	key   string // see [told.add]
}

// content returns what tells a message from another one with the same ts. Edits and reactions
// are no part of it, because a message is the same one after they have changed.
func (m *message) content() string {
	parts := []string{string(m.Subtype), string(m.User), string(m.Bot), string(m.Username), string(m.Text), string(m.Thread), string(m.Topic), string(m.Name)}
	for _, f := range append(m.Files, m.File...) {
		parts = append(parts, "file", string(f.ID), string(f.Name))
	}
	for _, a := range m.Attachments {
		parts = append(parts, "attachment", string(a.Fallback), string(a.Pretext), string(a.Title), string(a.Link), string(a.Text))
	}
	return strings.Join(parts, "\x00")
}

// told knows which messages of a channel have come. The ts is unique in a channel, unless the
// export is damaged or was put together from several. Then no message may be lost.
type told struct {
	seed  maphash.Seed
	first map[string]uint64   // the hash of the content, by ts
	more  map[string][]uint64 // of the others with the same ts
}

// add returns the key of a message: its ts, with its position after it if other messages with
// the same ts came before. It returns false if the same message came before.
func (t *told) add(m *message) (string, bool) {
	at, sum := string(m.TS), maphash.String(t.seed, m.content())
	first, ok := t.first[at]
	if !ok {
		t.first[at] = sum
		return at, true
	}
	if first == sum || slices.Contains(t.more[at], sum) {
		return "", false
	}
	t.more[at] = append(t.more[at], sum)
	return fmt.Sprintf("%s #%d", at, len(t.more[at])+1), true
}

// channel reads the messages of one conversation.
func (e *Export) channel(ctx context.Context, c found, days []*zip.File, names map[string]string, do func(importing.Item) error) error {
	if err := do(c.Conversation); err != nil {
		return err
	}
	all := told{maphash.MakeSeed(), map[string]uint64{}, map[string][]uint64{}}
	for _, day := range days {
		if err := ctx.Err(); err != nil {
			return err
		}
		var entries []entry
		err := each(day, do, func(place string, raw json.RawMessage) error {
			one := entry{place: place}
			ok := json.Unmarshal(raw, &one.message) == nil
			if ok {
				one.at, ok = timeOf(string(one.TS))
			}
			switch {
			case !ok:
				return do(importing.Fault{Place: place, Reason: "the message has no valid time (ts)"})
			case len(entries) == maxOfDay:
				return do(importing.Fault{Place: place, Reason: "the day has too many messages"})
			}
			if one.key, ok = all.add(&one.message); !ok {
				return do(importing.Fault{Place: place, Reason: "the export has the same message twice"})
			}
			entries = append(entries, one)
			return nil
		})
		if err != nil {
			return err
		}
		slices.SortStableFunc(entries, func(a, b entry) int { return a.at.Compare(b.at) })
		for i := range entries {
			if err := do(e.item(c.Key, &entries[i], names)); err != nil {
				return err
			}
		}
	}
	return do(importing.Done{Conversation: c.Key})
}

// item turns a message of Slack into an item.
func (e *Export) item(in string, m *entry, names map[string]string) importing.Item {
	out := importing.Message{
		Conversation: in, Key: m.key, Place: m.place, At: m.at, Author: string(m.User), Thread: string(m.Thread),
		AuthorName: string(cmp.Or(m.Profile.V.Name, m.Profile.V.Display, m.Profile.V.Real)), Also: m.Subtype == "thread_broadcast",
	}
	if out.Thread == string(m.TS) { // it begins one
		out.Thread = out.Key
	}
	if out.Author == "" { // a bot, which is not among the users
		out.AuthorName = string(cmp.Or(m.BotIs.V.Name, m.Username, m.Bot))
		out.AuthorBot = true
		if m.Bot != "" {
			out.Author = string(m.Bot)
		} else if out.AuthorName != "" {
			out.Author = "bot " + out.AuthorName
		}
	}
	if edited, ok := timeOf(string(m.Edited.V.TS)); ok {
		out.EditedAt = edited
	}
	text := string(m.Text)
	switch m.Subtype {
	case "channel_join", "group_join", "mpim_join":
		out.Notice = chat.NoticeJoined
		return out
	case "channel_leave", "group_leave":
		out.Notice = chat.NoticeLeft
		return out
	case "channel_topic", "group_topic":
		out.Notice, out.Text = chat.NoticeTopic, string(m.Topic)
		return out
	case "channel_name", "group_name":
		out.Notice, out.Text = chat.NoticeRenamed, string(m.Name)
		return out
	case "tombstone":
		return importing.Fault{Place: m.place, Reason: "the message was deleted in Slack"}
	case "channel_purpose", "group_purpose", "channel_archive", "group_archive", "channel_unarchive", "group_unarchive",
		"pinned_item", "unpinned_item", "channel_convert_to_private", "channel_posting_permissions", "bot_add", "bot_remove", "reply_broadcast":
		return importing.Fault{Place: m.place, Reason: "a system line of a kind that this chat does not have"}
	case "me_message":
		text = "/me " + text
	}
	if text == "" { // bots often write nothing but attachments
		var lines []string
		for _, a := range m.Attachments {
			said := []string{string(a.Pretext), string(a.Title), string(a.Link), string(a.Text)}
			said = slices.DeleteFunc(said, func(s string) bool { return s == "" })
			if len(said) == 0 && a.Fallback != "" {
				said = []string{string(a.Fallback)}
			}
			lines = append(lines, said...)
		}
		text = strings.Join(lines, "\n")
	}
	out.Render = func(handle func(string) string) string { return plain(text, handle, names) }
	for _, f := range append(m.Files, m.File...) {
		if f.Mode != "tombstone" && f.ID+f.Name != "" {
			out.Files = append(out.Files, importing.File{Name: string(cmp.Or(f.Name, f.Title, f.ID)), Open: e.content(f)})
		}
	}
	for _, r := range m.Reactions {
		name, _, _ := strings.Cut(string(r.Name), "::") // the colour of the skin
		for _, u := range r.Users {
			out.Reactions = append(out.Reactions, importing.Reaction{Emoji: name, By: string(u), At: m.at})
		}
	}
	return out
}

// content returns how to open the content of a file, or nil if nobody has it. Slack's own
// exports contain only links, which the server does not follow. Tools that download the
// files put them into the folder __uploads, with a folder for each.
func (e *Export) content(f file) func() (io.ReadCloser, error) {
	if z := e.held[string(f.ID)]; z != nil {
		return z.Open
	}
	if e.files == nil {
		return nil
	}
	return e.files.Find(string(f.ID), string(f.Name))
}

// plain turns the markup of Slack into that of this chat. They have bold, italic, code and
// quotes in common.
func plain(said string, handle func(string) string, names map[string]string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(said, "<")
		b.WriteString(before)
		if !ok {
			break
		}
		inside, after, ok := strings.Cut(rest, ">")
		if !ok || strings.ContainsAny(inside, "<\n") {
			b.WriteByte('<')
			said = rest
			continue
		}
		b.WriteString(reference(inside, handle, names))
		said = after
	}
	return text.FromSlack(b.String())
}

// reference turns what stands between < and > into text.
func reference(inside string, handle func(string) string, names map[string]string) string {
	what, label, labelled := strings.Cut(inside, "|")
	switch {
	case strings.HasPrefix(what, "@"):
		name := handle(what[1:])
		if name == "" {
			name = cmp.Or(label, what[1:])
		}
		return "@" + name
	case strings.HasPrefix(what, "#"):
		return "#" + cmp.Or(names[what[1:]], label, what[1:])
	case strings.HasPrefix(what, "!subteam^"), strings.HasPrefix(what, "!date^"):
		return cmp.Or(label, what)
	case strings.HasPrefix(what, "!"):
		return "@" + what[1:]
	case strings.HasPrefix(what, "mailto:"):
		return cmp.Or(label, strings.TrimPrefix(what, "mailto:"))
	case !strings.Contains(what, ":"):
		return "<" + inside + ">"
	case !labelled || label == "" || strings.HasSuffix(what, "://"+label) || label == what:
		return what
	default:
		return fmt.Sprintf("%s (%s)", label, what)
	}
}
