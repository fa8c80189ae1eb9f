// Package own reads the JSON Lines that "confab export" writes, so that the accounts and
// messages of one server can be brought to another. Everything keeps its id.
package own

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/importing/lenient"
)

// maxLine is the longest line, in bytes. A message has at most 16 KiB, and JSON may write
// six bytes for each.
const maxLine = 1 << 20

// Export is an export of a server. It keeps in memory everything but the messages.
type Export struct {
	file  io.ReadSeeker
	files importing.Folder
	blob  func(chat.Sum) string // the path of a content in a folder of files

	restore bool
}

// Open opens an export. files has the contents of files by their hashes, as the folder
// "files" of a server has them, or is nil. blob returns the path of a content in it.
func Open(file io.ReadSeeker, files importing.Folder, blob func(chat.Sum) string) *Export {
	return &Export{file: file, files: files, blob: blob}
}

// Name implements [importing.Source].
func (e *Export) Name() string { return "confab" }

// KeepsIDs says that the keys are the ids that accounts, conversations and messages keep.
func (e *Export) KeepsIDs() bool { return true }

// Restore says whether the import is a restore of a whole server.
func (e *Export) Restore(is bool) { e.restore = is }

// Person is an account of the export, with what lets its user in again.
type Person struct {
	ID       string
	Name     string
	Role     chat.Role
	Disabled bool
	Keys     []string // lines of authorized_keys
}

// at is the place of a message.
type at struct {
	in  string
	seq chat.Seq
}

// contents is what an export has besides messages.
type contents struct {
	people        map[string]*Person
	order         []importing.Item
	conversations map[string]*importing.Conversation
	reactions     map[at][]importing.Reaction
	roots         map[at]string // the messages that begin threads; their ids come with the messages
	joined        map[string]map[string]chat.Seq
	faults        []importing.Fault
}

// hostPrefix begins the kinds of system lines about what the host did.
const hostPrefix = "host:"

// notices are the system lines that an export can have.
var notices = []chat.Notice{
	"", chat.NoticeCreated, chat.NoticeAdded, chat.NoticeInvited, chat.NoticeRemoved, chat.NoticeJoined, chat.NoticeLeft, chat.NoticeRenamed, chat.NoticeTopic,
	chat.NoticeRole, chat.NoticeSettings, chat.NoticePinned, chat.NoticeUnpinned, chat.NoticeHandle, chat.NoticeServer,
}

// rows calls do for each line. Lines that cannot be read are faults.
func (e *Export) rows(ctx context.Context, fault func(importing.Fault) error, do func(place string, r *row) error) error {
	if _, err := e.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return lenient.Lines(e.file, maxLine, func(l lenient.Line) error {
		place := fmt.Sprintf("line %d", l.Number)
		var r row
		switch {
		case l.Number%1000 == 0 && ctx.Err() != nil:
			return ctx.Err()
		case l.Long:
			return fault(importing.Fault{Place: place, Reason: "the line is too long"})
		case len(l.Text) == 0:
			return nil
		case json.Unmarshal(l.Text, &r) != nil || r.Type == "":
			return fault(importing.Fault{Place: place, Reason: "the line is no object of an export"})
		}
		return do(place, &r)
	})
}

// look reads everything but the messages.
func (e *Export) look(ctx context.Context) (*contents, error) {
	c := &contents{
		people: map[string]*Person{}, conversations: map[string]*importing.Conversation{}, reactions: map[at][]importing.Reaction{},
		roots: map[at]string{}, joined: map[string]map[string]chat.Seq{},
	}
	fault := func(f importing.Fault) error {
		c.faults = append(c.faults, f)
		return nil
	}
	err := e.rows(ctx, fault, func(place string, r *row) error {
		switch r.Type {
		case "user":
			name := string(r.Name)
			if name == "" {
				name = "deleted-user"
			}
			c.people[r.ID] = &Person{ID: r.ID, Name: name, Role: chat.Role(r.Role), Disabled: bool(r.Disabled)}
			c.order = append(c.order, importing.Account{Key: r.ID, Name: name, Display: string(r.Display), Bot: bool(r.Bot), Full: identity(r)})
		case "key":
			if p := c.people[r.User]; p != nil {
				p.Keys = append(p.Keys, string(r.Key))
			}
		case "conversation":
			one := &importing.Conversation{
				Key: r.ID, Name: string(r.Name), Topic: string(r.Topic), Direct: r.Kind == "direct", Public: bool(r.Public), Created: timeOf(r.CreatedAt),
				General: r.Kind == "group" && r.Name == chat.GeneralName && bool(r.Public), Roles: map[string]chat.Role{},
				Settings:    &chat.Conversation{MembersAdd: bool(r.MembersAdd), OpenHistory: bool(r.History), ReadOnly: bool(r.ReadOnly), Slow: time.Duration(r.Slow) * time.Second},
				JoinedAfter: map[string]string{}, Expired: max(0, r.Expired),
			}
			c.conversations[r.ID], c.joined[r.ID] = one, map[string]chat.Seq{}
		case "member":
			if of := c.conversations[r.Conversation]; of != nil {
				of.Members = append(of.Members, r.User)
				if role, err := chat.ParseRole(string(r.Role)); err == nil {
					of.Roles[r.User] = role
				}
				c.joined[r.Conversation][r.User] = r.Joined
			}
		case "message":
			if r.Thread != 0 {
				c.roots[at{r.Conversation, r.Thread}] = ""
			}
		case "reaction":
			to := at{r.Conversation, r.Seq}
			c.reactions[to] = append(c.reactions[to], importing.Reaction{Emoji: string(r.Emoji), By: r.User, At: timeOf(r.At)})
		default:
			reason, never := secrets[r.Type]
			switch {
			case never:
			case extras[r.Type] == nil:
				reason = "a line of a type that this version does not know"
			case !e.restore:
				reason = r.Type + ": it belongs to its server, and comes only into a new one without accounts"
			default:
				return nil
			}
			c.faults = append(c.faults, importing.Fault{Place: place, Reason: reason})
		}
		return nil
	})
	return c, err
}

// People returns the accounts of an export with their keys.
func (e *Export) People(ctx context.Context) ([]Person, error) {
	c, err := e.look(ctx)
	if err != nil {
		return nil, err
	}
	var all []Person
	for _, a := range c.order {
		all = append(all, *c.people[a.(importing.Account).Key])
	}
	return all, nil
}

// Read implements [importing.Source].
func (e *Export) Read(ctx context.Context, do func(importing.Item) error) error {
	c, err := e.look(ctx)
	if err != nil {
		return err
	}
	for _, f := range c.faults {
		if err := do(f); err != nil {
			return err
		}
	}
	for _, a := range c.order {
		if err := do(a); err != nil {
			return err
		}
	}
	opened := map[string]bool{}
	open := func(id string) error {
		if one := c.conversations[id]; one != nil && !opened[id] {
			opened[id] = true
			return do(*one)
		}
		return nil
	}
	ignored := func(importing.Fault) error { return nil } // look has told it
	err = e.rows(ctx, ignored, func(place string, r *row) error {
		if r.Type != "message" {
			return nil
		}
		if err := open(r.Conversation); err != nil {
			return err
		}
		return do(e.message(c, place, r))
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(c.conversations)) { // those without messages
		if err := open(id); err != nil {
			return err
		}
	}
	if !e.restore {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(c.conversations)) {
		if err := do(importing.Done{Conversation: id}); err != nil {
			return err
		}
	}
	return e.extras(ctx, do)
}

// message turns a line into an item.
func (e *Export) message(c *contents, place string, r *row) importing.Item {
	here := at{r.Conversation, r.Seq}
	m := importing.Message{
		Conversation: r.Conversation, Key: r.ID, Place: place, Author: r.Author, At: timeOf(r.SentAt), EditedAt: timeOf(r.EditedAt),
		Notice: chat.Notice(r.Change), Text: string(r.Body), ReplyTo: string(r.ReplyTo), Also: !bool(r.Aside), Reactions: c.reactions[here],
	}
	if _, begins := c.roots[here]; begins {
		c.roots[here] = r.ID
	}
	if r.Thread != 0 {
		if m.Thread = c.roots[at{r.Conversation, r.Thread}]; m.Thread == "" {
			m.Thread = "a message that is not in the export"
		}
	}
	change, byHost := strings.CutPrefix(string(r.Change), hostPrefix)
	if byHost || m.Notice == chat.NoticeServer {
		m.Notice, m.ByHost, m.Author = chat.Notice(change), true, ""
	}
	if e.restore {
		m.Seq, m.DeletedAt, m.DeletedBy = r.Seq, timeOf(r.DeletedAt), string(r.DeletedBy)
		if g := chat.GroupMention(r.Mentions); g == chat.MentionsHere || g == chat.MentionsAll {
			m.GroupMention = g
		}
	}
	switch {
	case r.DeletedAt != "" && !e.restore:
		return importing.Fault{Place: place, Reason: "it was deleted"}
	case !slices.Contains(notices, m.Notice):
		return importing.Fault{Place: place, Reason: "a system line of a kind that this version does not know"}
	}
	if one := c.conversations[r.Conversation]; one != nil {
		for member, joined := range c.joined[r.Conversation] {
			if r.Seq <= joined {
				one.JoinedAfter[member] = r.ID
			} else if one.JoinedAfter[member] == "" {
				one.JoinedAfter[member] = importing.FromTheStart
			}
		}
	}
	if name := string(r.File.V.Name); name != "" {
		m.Text = ""
		f := importing.File{Name: name, SHA256: string(r.File.V.SHA256)}
		if sum, ok := chat.ParseSum(f.SHA256); ok && e.files != nil {
			f.Open = e.files.Find(f.SHA256, e.blob(sum))
		}
		m.Files = []importing.File{f}
	}
	return m
}

// timeOf reads a time of an export. It returns the zero time for others.
func timeOf(s lenient.String) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, string(s))
	return t
}
