// Package mattermost reads the JSON Lines of Mattermost's bulk exports
// (https://docs.mattermost.com/administration-guide/onboard/bulk-loading-data.html).
package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"confab/app/importing"
	"confab/app/importing/lenient"
)

// maxLine is the longest line, in bytes. A post with all its replies is one line.
const maxLine = 16 << 20

// Export is a bulk export.
type Export struct {
	file  io.ReaderAt
	size  int64
	files importing.Folder
}

// Open opens an export. files has the contents of the attachments under the paths that the
// export names, or is nil.
func Open(file io.ReaderAt, size int64, files importing.Folder) *Export {
	return &Export{file, size, files}
}

// Name implements [importing.Source].
func (e *Export) Name() string { return "mattermost" }

// line is a line, with the objects that are read.
type line struct {
	Type    lenient.String          `json:"type"`
	Channel lenient.Object[channel] `json:"channel"`
	User    lenient.Object[user]    `json:"user"`
	Bot     lenient.Object[user]    `json:"bot"`
	Post    lenient.Object[post]    `json:"post"`
	Direct  lenient.Object[direct]  `json:"direct_channel"`
	DM      lenient.Object[post]    `json:"direct_post"`
}

type channel struct {
	Team    lenient.String `json:"team"`
	Name    lenient.String `json:"name"`
	Display lenient.String `json:"display_name"`
	Type    lenient.String `json:"type"`
	Header  lenient.String `json:"header"`
	Purpose lenient.String `json:"purpose"`
}

type user struct {
	Username lenient.String `json:"username"`
	Nickname lenient.String `json:"nickname"`
	First    lenient.String `json:"first_name"`
	Last     lenient.String `json:"last_name"`
	Display  lenient.String `json:"display_name"` // of a bot
	Teams    lenient.List[struct {
		Name     lenient.String `json:"name"`
		Channels lenient.List[struct {
			Name lenient.String `json:"name"`
		}] `json:"channels"`
	}] `json:"teams"`
}

// people are the members of a direct channel. Newer versions write objects and call them
// participants.
type people []string

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (p *people) UnmarshalJSON(b []byte) error {
	*p = nil
	var raw []json.RawMessage
	if json.Unmarshal(b, &raw) != nil {
		return nil
	}
	for _, one := range raw {
		var name lenient.String
		var object lenient.Object[user]
		_, _ = name.UnmarshalJSON(one), object.UnmarshalJSON(one)
		if who := string(cmp.Or(name, object.V.Username)); who != "" {
			*p = append(*p, who)
		}
	}
	return nil
}

type direct struct {
	Members      people         `json:"members"`
	Participants people         `json:"participants"`
	Header       lenient.String `json:"header"`
}

// both returns the members under either name, in the same order for the same people.
func both(a, b people) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// room is a conversation, with the places of its posts in the file.
type room struct {
	importing.Conversation
	posts []place
}

// place is where a post is in the file. Exports are in no order of time, so the posts of
// each conversation are sorted by it.
type place struct {
	at     int64 // when it was posted, in milliseconds
	offset int64
	length int32
	number int32 // of the line
}

// contents is what a first look at the file finds.
type contents struct {
	rooms map[string]*room
	order []*room
}

func channelKey(team, name lenient.String) string { return string(team) + "/" + string(name) }

func directKey(members []string) string { return "direct " + strings.Join(members, ",") }

// room returns a conversation, which a post may name before its own line, or without one.
func (c *contents) room(key string, direct bool, members []string) *room {
	r := c.rooms[key]
	if r == nil {
		_, name, _ := strings.Cut(key, "/")
		if direct {
			name = strings.Join(members, "-")
		}
		r = &room{Conversation: importing.Conversation{Key: key, Name: name, Direct: direct, Members: members, AuthorsJoin: !direct}}
		c.rooms[key] = r
		c.order = append(c.order, r)
	}
	return r
}

// Read implements [importing.Source].
func (e *Export) Read(ctx context.Context, do func(importing.Item) error) error {
	c := &contents{rooms: map[string]*room{}}
	users := map[string]bool{}
	err := lenient.Lines(io.NewSectionReader(e.file, 0, e.size), maxLine, func(l lenient.Line) error {
		at := fmt.Sprintf("line %d", l.Number)
		var one line
		switch {
		case l.Number%1000 == 0 && ctx.Err() != nil:
			return ctx.Err()
		case len(l.Text) == 0:
			return nil
		case l.Long:
			return do(importing.Fault{Place: at, Reason: "the line is too long"})
		case json.Unmarshal(l.Text, &one) != nil:
			return do(importing.Fault{Place: at, Reason: "the line is no object of an export"})
		}
		return e.line(c, users, at, &one, l, do)
	})
	if err != nil {
		return err
	}
	for _, r := range c.order {
		if err := do(r.Conversation); err != nil {
			return err
		}
		slices.SortFunc(r.posts, func(a, b place) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.offset, b.offset)) })
		same := map[string]bool{} // the posts of one time
		for i, p := range r.posts {
			if i > 0 && p.at != r.posts[i-1].at {
				clear(same)
			}
			if err := e.post(r, p, users, same, do); err != nil {
				return err
			}
		}
		if err := do(importing.Done{Conversation: r.Key}); err != nil {
			return err
		}
	}
	return nil
}

// line handles a line at the first look.
func (e *Export) line(c *contents, users map[string]bool, at string, one *line, l lenient.Line, do func(importing.Item) error) error {
	switch one.Type {
	case "version", "info", "team", "role", "scheme":
		return nil
	case "emoji":
		return do(importing.Fault{Place: at, Reason: "an emoji that users have drawn"})
	case "channel":
		v := one.Channel.V
		if v.Name == "" {
			return do(importing.Fault{Place: at, Reason: "the channel has no name"})
		}
		r := c.room(channelKey(v.Team, v.Name), false, nil)
		r.AuthorsJoin, r.Public, r.Topic = false, v.Type == "O", string(cmp.Or(v.Header, v.Purpose))
	case "user", "bot":
		v := one.User.V
		if one.Type == "bot" {
			v = one.Bot.V
		}
		if v.Username == "" {
			return do(importing.Fault{Place: at, Reason: "the user has no name"})
		}
		users[string(v.Username)] = true
		for _, t := range v.Teams {
			for _, in := range t.Channels {
				r := c.room(channelKey(t.Name, in.Name), false, nil)
				r.AuthorsJoin = false
				r.Members = append(r.Members, string(v.Username))
			}
		}
		full := strings.TrimSpace(string(v.First + " " + v.Last))
		return do(importing.Account{
			Key: string(v.Username), Name: string(v.Username), Display: cmp.Or(string(v.Nickname), full, string(v.Display)), Bot: one.Type == "bot",
		})
	case "direct_channel":
		members := both(one.Direct.V.Members, one.Direct.V.Participants)
		if len(members) == 0 {
			return do(importing.Fault{Place: at, Reason: "the direct channel has no members"})
		}
		c.room(directKey(members), true, members).Topic = string(one.Direct.V.Header)
	case "post", "direct_post":
		v, direct := one.Post.V, one.Type == "direct_post"
		if direct {
			v = one.DM.V
		}
		members := both(v.Members, v.Participants)
		if direct && len(members) == 0 || !direct && v.Channel == "" {
			return do(importing.Fault{Place: at, Reason: "the post has no channel"})
		}
		ms, ok := millis(v.CreateAt)
		if !ok {
			return do(importing.Fault{Place: at, Reason: "the post has no valid time (create_at)"})
		}
		key := channelKey(v.Team, v.Channel)
		if direct {
			key = directKey(members)
		} else {
			members = nil
		}
		r := c.room(key, direct, members)
		r.posts = append(r.posts, place{ms, l.Offset, int32(len(l.Text)), int32(l.Number)})
	default:
		return do(importing.Fault{Place: at, Reason: "a line of a type that this version does not know"})
	}
	return nil
}
