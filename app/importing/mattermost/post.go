package mattermost

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/importing/lenient"
	"confab/app/text"
)

// post is a post of a channel or of a direct channel, or a reply.
type post struct {
	Team         lenient.String `json:"team"`
	Channel      lenient.String `json:"channel"`
	Members      people         `json:"channel_members"`
	Participants people         `json:"participants"`
	User         lenient.String `json:"user"`
	Type         lenient.String `json:"type"`
	Message      lenient.String `json:"message"`
	CreateAt     lenient.String `json:"create_at"`
	EditAt       lenient.String `json:"edit_at"`
	Props        lenient.Object[struct {
		Attachments lenient.List[struct {
			Fallback lenient.String `json:"fallback"`
			Title    lenient.String `json:"title"`
			Text     lenient.String `json:"text"`
		}] `json:"attachments"`
	}] `json:"props"`
	Reactions lenient.List[struct {
		User     lenient.String `json:"user"`
		Emoji    lenient.String `json:"emoji_name"`
		CreateAt lenient.String `json:"create_at"`
	}] `json:"reactions"`
	Attachments lenient.List[struct {
		Path lenient.String `json:"path"`
	}] `json:"attachments"`
	Replies lenient.List[post] `json:"replies"`
}

// millis reads a time in milliseconds.
func millis(s lenient.String) (int64, bool) {
	ms, err := strconv.ParseInt(string(s), 10, 64)
	return ms, err == nil && ms > 0
}

// post reads a post again, and passes it on with its replies. same has the posts of the same
// time that came before.
func (e *Export) post(r *room, p place, users, same map[string]bool, do func(importing.Item) error) error {
	raw := make([]byte, p.length)
	if _, err := e.file.ReadAt(raw, p.offset); err != nil {
		return fmt.Errorf("reading the export again: %w", err)
	}
	var one line
	at := fmt.Sprintf("line %d", p.number)
	if err := json.Unmarshal(raw, &one); err != nil {
		return do(importing.Fault{Place: at, Reason: "the line is no object of an export"})
	}
	v := one.Post.V
	if one.Type == "direct_post" {
		v = one.DM.V
	}
	root := once(e.item(r, &v, at, users), same)
	if err := do(root); err != nil {
		return err
	}
	replies := map[string]bool{}
	for i := range v.Replies {
		at := fmt.Sprintf("%s, reply %d", at, i+1)
		reply := once(e.item(r, &v.Replies[i], at, users), replies)
		if m, ok := reply.(importing.Message); ok {
			m.Thread = key(&v)
			reply = m
		}
		if err := do(reply); err != nil {
			return err
		}
	}
	return nil
}

// key identifies a post in its channel. Posts have no ids, so this is Mattermost's own rule
// for finding a post again: its time, its user and its text.
func key(v *post) string {
	return string(v.CreateAt) + "\x00" + string(v.User) + "\x00" + string(v.Message)
}

// once returns a fault in place of a post that has come before.
func once(i importing.Item, came map[string]bool) importing.Item {
	m, ok := i.(importing.Message)
	if ok && came[m.Key] {
		return importing.Fault{Place: m.Place, Reason: "the export has the same post twice"}
	}
	if ok {
		came[m.Key] = true
	}
	return i
}

// mention is how a text names a user.
var mention = regexp.MustCompile(`@[a-z0-9][a-z0-9._-]*`)

// item turns a post into an item.
func (e *Export) item(r *room, v *post, at string, users map[string]bool) importing.Item {
	ms, ok := millis(v.CreateAt)
	if !ok {
		return importing.Fault{Place: at, Reason: "the post has no valid time (create_at)"}
	}
	m := importing.Message{Conversation: r.Key, Key: key(v), Place: at, Author: string(v.User), At: time.UnixMilli(ms)}
	if edited, ok := millis(v.EditAt); ok {
		m.EditedAt = time.UnixMilli(edited)
	}
	switch {
	case v.Type == "system_join_channel":
		m.Notice = chat.NoticeJoined
		return m
	case v.Type == "system_leave_channel":
		m.Notice = chat.NoticeLeft
		return m
	case strings.HasPrefix(string(v.Type), "system_"):
		return importing.Fault{Place: at, Reason: "a system line of a kind that this chat does not have"}
	}
	words := string(v.Message)
	if words == "" {
		var lines []string
		for _, a := range v.Props.V.Attachments {
			for _, s := range []lenient.String{a.Title, a.Text} {
				if s != "" {
					lines = append(lines, string(s))
				}
			}
			if a.Title+a.Text == "" && a.Fallback != "" {
				lines = append(lines, string(a.Fallback))
			}
		}
		words = strings.Join(lines, "\n")
	}
	m.Render = func(handle func(string) string) string {
		return text.WithEmoji(mention.ReplaceAllStringFunc(words, func(s string) string {
			name := strings.TrimRight(s[1:], ".-_")
			if !users[name] {
				return s
			}
			return "@" + handle(name) + s[1+len(name):]
		}))
	}
	for _, a := range v.Attachments {
		f := importing.File{Name: path.Base(strings.ReplaceAll(string(a.Path), `\`, "/"))}
		if e.files != nil && a.Path != "" {
			f.Open = e.files.Find("", string(a.Path))
		}
		m.Files = append(m.Files, f)
	}
	for _, one := range v.Reactions {
		reaction := importing.Reaction{Emoji: string(one.Emoji), By: string(one.User)}
		if ms, ok := millis(one.CreateAt); ok {
			reaction.At = time.UnixMilli(ms)
		}
		if reaction.Emoji != "" {
			m.Reactions = append(m.Reactions, reaction)
		}
	}
	return m
}
