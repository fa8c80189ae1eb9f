package complete

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/dialog"
)

// kind is what can be completed.
type kind int

const (
	people        kind = iota
	mentioned          // people, and the words that mention all members of a group
	authors            // people, for from: in a search
	groups             // of the user
	publicGroups       // groups that everyone can join
	invitations        // to groups
	conversations      // of the user, for in: in a search
	emoji
	words // of a command
	sentLines
)

// choice is one possible completion.
type choice struct {
	put  string // is put in the text
	show string // is listed, in one line
	note string // is shown beside it
	// keys are in lower case. The choice matches if one of them begins with the typed text.
	keys []string
	// contains says that the typed text may be anywhere in a key.
	contains bool
}

// whole returns the choice with the space that follows it, unless its value follows.
func (o choice) whole() string {
	if strings.HasSuffix(o.put, ":") {
		return o.put
	}
	return o.put + " "
}

// begins reports whether a choice matches the typed text.
func (o choice) begins(typed string) bool {
	typed = strings.ToLower(typed)
	return slices.ContainsFunc(o.keys, func(key string) bool {
		return strings.HasPrefix(key, typed) || o.contains && strings.Contains(key, typed)
	})
}

// person is the choice of somebody's name. A part of the display name matches it too.
func person(name, display, note string) choice {
	keys := append([]string{name}, strings.Fields(strings.ToLower(display))...)
	var notes []string
	if display != "" {
		notes = append(notes, text.CleanLine(display, maxNote))
	}
	if note != "" {
		notes = append(notes, note)
	}
	return choice{put: "@" + name, show: "@" + name, note: strings.Join(notes, ", "), keys: keys}
}

// maxNote is how much of a display name or a topic is shown, in characters.
const maxNote = 60

// groupMentions are the words that mention the members of the open group together, if the
// user may do that.
func (c *Completer) groupMentions() []choice {
	conversations, open := c.o.Conversations(), c.o.Open()
	i := slices.IndexFunc(conversations, func(l *chat.ConversationSummary) bool { return l.ID == open })
	if i < 0 || chat.Decide(conversations[i].Mine, conversations[i].Conversation, chat.ActionMentionAll, c.o.Now()) != nil {
		return nil
	}
	return []choice{person("all", "", "mentions all members"), person("here", "", "mentions the members who are connected")}
}

// people reads the people who can be named in a conversation: its members first, and after
// them the other choices.
func (c *Completer) people(open chat.ConversationID, besides []choice) func(context.Context) ([]choice, error) {
	return func(ctx context.Context) ([]choice, error) {
		var members []chat.Member
		if open != 0 {
			var err error
			if members, err = c.o.Directory.Members(ctx, open); err != nil {
				return nil, err
			}
		}
		users, err := c.o.Directory.Users(ctx)
		if err != nil {
			return nil, err
		}
		known := map[chat.UserID]bool{c.o.Self: true}
		var all []choice
		for _, m := range members {
			if !known[m.User] {
				known[m.User] = true
				all = append(all, person(m.Name, m.DisplayName, botNote(m.Bot)))
			}
		}
		here := len(all)
		all = append(all, besides...)
		others := len(all)
		for _, u := range users {
			if !known[u.ID] {
				note := botNote(u.Bot)
				if open != 0 {
					note = strings.TrimPrefix(note+", not a member here", ", ")
				}
				all = append(all, person(u.Name, u.DisplayName, note))
			}
		}
		byName := func(a, b choice) int { return cmp.Compare(a.put, b.put) }
		slices.SortFunc(all[:here], byName)
		slices.SortFunc(all[others:], byName)
		return all, nil
	}
}

// authors reads the people whose messages can be searched for: the user first.
func (c *Completer) authors(ctx context.Context) ([]choice, error) {
	users, err := c.o.Directory.Users(ctx)
	all := []choice{wordChoice("me", "your own messages")}
	for _, u := range users {
		if u.ID != c.o.Self {
			o := person(u.Name, u.DisplayName, botNote(u.Bot))
			o.put = u.Name
			all = append(all, o)
		}
	}
	return all, err
}

func botNote(bot bool) string {
	if bot {
		return "bot"
	}
	return ""
}

// group is the choice of a group's name.
func group(name, note string) choice {
	return choice{put: "#" + name, show: "#" + name, note: text.CleanLine(note, maxNote), keys: []string{text.Lower(name)}}
}

// publicGroups reads the public groups that the user has not joined.
func (c *Completer) publicGroups(own []choice) func(context.Context) ([]choice, error) {
	return func(ctx context.Context) ([]choice, error) {
		list, err := c.o.Directory.PublicGroups(ctx)
		var all []choice
		for _, g := range list {
			if o := group(g.Name, g.Topic); !slices.ContainsFunc(own, func(mine choice) bool { return mine.put == o.put }) {
				all = append(all, o)
			}
		}
		return all, err
	}
}

// invitations reads the groups that the user is invited to.
func (c *Completer) invitations(ctx context.Context) ([]choice, error) {
	list, _, err := c.o.Directory.Invitations(ctx)
	var all []choice
	for _, in := range list {
		all = append(all, group(in.Conversation.Name, "from @"+in.From.Name))
	}
	return all, err
}

func groupChoices(conversations []*chat.ConversationSummary) []choice {
	all := []choice{}
	for _, l := range conversations {
		if l.Kind == chat.KindGroup {
			all = append(all, group(l.Name, l.Topic))
		}
	}
	return all
}

// conversationChoices returns the conversations of the user. Their names can be typed with
// or without the sign.
func conversationChoices(list []*chat.ConversationSummary) []choice {
	all := []choice{}
	for _, l := range list {
		title, note := l.Title(), l.Topic
		if l.Notes() {
			note = "your notes"
		} else if l.Unused() {
			note = dialog.Whereabouts(l, time.Time{})
		}
		all = append(all, choice{
			put: title, show: title, note: text.CleanLine(note, maxNote), keys: []string{text.Lower(title), text.Lower(title[1:])},
		})
	}
	return all
}

// maxEmoji is how many emoji are listed.
const maxEmoji = 100

func emojiChoices(typed string) []choice {
	all := []choice{}
	for _, name := range text.EmojiNames(strings.ToLower(typed), maxEmoji) {
		symbol, _ := text.Emoji(name)
		all = append(all, choice{put: symbol, show: ":" + name + ":", note: symbol, keys: []string{name}})
	}
	return all
}

// maxLine is how much of a sent line is listed, in characters.
const maxLine = 200

// sentChoices lists the sent lines, each once, the newest first.
func sentChoices(lines []string) []choice {
	all := []choice{}
	had := make(map[string]bool, len(lines))
	for _, line := range slices.Backward(lines) {
		if !had[line] {
			had[line] = true
			all = append(all, choice{put: line, show: text.CleanLine(line, maxLine), keys: []string{strings.ToLower(line)}, contains: true})
		}
	}
	return all
}
