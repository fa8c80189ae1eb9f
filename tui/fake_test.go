package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"confab/app/chat"
)

// The fake chat notes the commands of groups and accounts, and refuses them if a test
// says so.

func (c *fakeChat) ask(format string, args ...any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, fmt.Sprintf(format, args...))
	return c.refusal
}

func (c *fakeChat) Direct(_ context.Context, name string) (chat.ConversationID, error) {
	return cmp.Or(c.dm, fakeConversation), c.ask("direct %s", name)
}

func (c *fakeChat) NewGroup(_ context.Context, name string, public bool, members []string) (chat.ConversationID, error) {
	return fakeConversation, c.ask("new %s %v %v", name, public, members)
}

func (c *fakeChat) PublicGroups(context.Context) ([]chat.PublicGroup, error) {
	return nil, c.ask("list")
}

func (c *fakeChat) Join(_ context.Context, name string) (chat.ConversationID, error) {
	return fakeConversation, c.ask("join %s", name)
}

func (c *fakeChat) Leave(_ context.Context, id chat.ConversationID) error {
	return c.ask("leave %d", id)
}

func (c *fakeChat) Members(_ context.Context, id chat.ConversationID) ([]chat.Member, error) {
	return []chat.Member{
		{Membership: chat.Membership{User: 1}, Name: "ann", Presence: chat.Online}, {Membership: chat.Membership{User: 2}, Name: "bob"},
	}, c.ask("members %d", id)
}

func (c *fakeChat) AddMembers(_ context.Context, id chat.ConversationID, names []string) error {
	return c.ask("add %d %v", id, names)
}

func (c *fakeChat) RemoveMember(_ context.Context, id chat.ConversationID, name string) error {
	return c.ask("remove %d %s", id, name)
}

func (c *fakeChat) SetRole(_ context.Context, id chat.ConversationID, name string, role chat.Role) error {
	return c.ask("role %d %s %s", id, name, role)
}

func (c *fakeChat) Rename(_ context.Context, id chat.ConversationID, name string) error {
	return c.ask("rename %d %s", id, name)
}

func (c *fakeChat) SetTopic(_ context.Context, id chat.ConversationID, topic string) error {
	return c.ask("topic %d %s", id, topic)
}

func (c *fakeChat) Configure(_ context.Context, id chat.ConversationID, setting chat.Setting, on bool) error {
	return c.ask("configure %d %s %v", id, setting, on)
}

func (c *fakeChat) SetMentionAll(_ context.Context, id chat.ConversationID, who chat.MentionRight) error {
	return c.ask("mention all %d %s", id, who)
}

func (c *fakeChat) SetSlow(_ context.Context, id chat.ConversationID, slow time.Duration) error {
	return c.ask("slow %d %s", id, slow)
}

func (c *fakeChat) SetKeep(_ context.Context, id chat.ConversationID, keep time.Duration) error {
	return c.ask("keep %d %s", id, keep)
}

func (c *fakeChat) KeepAtTop(_ context.Context, id chat.ConversationID, pinned bool) error {
	return c.ask("top %d %v", id, pinned)
}

func (c *fakeChat) Mute(_ context.Context, id chat.ConversationID, until time.Time) error {
	return c.ask("mute %d %s", id, until.Format(time.DateTime))
}

func (c *fakeChat) ShareReceipts(_ context.Context, id chat.ConversationID, on bool) error {
	return c.ask("receipts %d %v", id, on)
}

func (c *fakeChat) ReadAll(context.Context) error { return c.ask("read all") }

func (c *fakeChat) Details(_ context.Context, id chat.ConversationID, seq chat.Seq) (chat.Details, error) {
	err := c.ask("details %d %d", id, seq)
	c.mu.Lock()
	defer c.mu.Unlock()
	if seq < 1 || int(seq) > len(c.messages) {
		return chat.Details{}, chat.Refuse(chat.ErrNotFound, "There is no such message here.")
	}
	return chat.Details{Message: c.messages[seq-1]}, err
}

func (c *fakeChat) Edit(_ context.Context, id chat.ConversationID, seq chat.Seq, text string) (*chat.Message, error) {
	return nil, c.ask("edit %d %d %s", id, seq, text) // its event is the test's to tell
}

func (c *fakeChat) Delete(_ context.Context, id chat.ConversationID, seq chat.Seq) (*chat.Message, error) {
	return nil, c.ask("delete %d %d", id, seq)
}

func (c *fakeChat) React(_ context.Context, id chat.ConversationID, seq chat.Seq, emoji string, on bool) (*chat.Message, error) {
	return nil, c.ask("react %d %d %s %v", id, seq, emoji, on) // likewise
}

func (c *fakeChat) Pin(_ context.Context, id chat.ConversationID, seq chat.Seq, on bool) error {
	return c.ask("pin %d %d %v", id, seq, on)
}

func (c *fakeChat) TogglePin(_ context.Context, id chat.ConversationID, seq chat.Seq) (bool, error) {
	return true, c.ask("pin %d %d", id, seq)
}

func (c *fakeChat) Pins(_ context.Context, id chat.ConversationID) ([]chat.Pin, error) {
	return c.pinned, c.ask("pins %d", id)
}

func (c *fakeChat) Save(_ context.Context, id chat.ConversationID, seq chat.Seq, on bool) error {
	return c.ask("save %d %d %v", id, seq, on)
}

func (c *fakeChat) ToggleSaved(_ context.Context, id chat.ConversationID, seq chat.Seq) (bool, error) {
	return true, c.ask("save %d %d", id, seq)
}

func (c *fakeChat) Saved(context.Context) ([]chat.Saved, error) { return nil, c.ask("saved") }

func (c *fakeChat) JoinMode(context.Context) (chat.JoinMode, error) {
	return chat.JoinByRequest, c.ask("join mode")
}

func (c *fakeChat) SetJoinMode(_ context.Context, mode chat.JoinMode) error {
	return c.ask("join mode %s", mode)
}

func (c *fakeChat) Invite(_ context.Context, in chat.Invitation) (string, time.Time, error) {
	return "7K2M-Q9XV-4TBN-H0RD", start.Add(in.Lasts), c.ask("invite %d %s", in.Uses, in.Role)
}

func (c *fakeChat) SetHandle(_ context.Context, name string) error { return c.ask("nick %s", name) }

func (c *fakeChat) SetDisplayName(_ context.Context, name string) error {
	return c.ask("name %s", name)
}

func (c *fakeChat) SetStatus(_ context.Context, status chat.Status) error {
	return c.ask("status %s", status.Words(start))
}

func (c *fakeChat) FormerNames(_ context.Context, name string) (chat.User, []chat.FormerName, error) {
	return chat.User{Name: "bob"}, []chat.FormerName{{Name: "rob", EndedAt: start}}, c.ask("names of %s", name)
}

func (c *fakeChat) Keys(context.Context) ([]chat.AuthorizedKey, error) {
	return []chat.AuthorizedKey{
		{Fingerprint: "SHA256:one", Type: "ssh-ed25519", Comment: "laptop", AddedAt: start, LastUsedAt: start},
		{Fingerprint: "SHA256:two", Type: "ssh-ed25519", AddedAt: start},
	}, c.ask("keys")
}

func (c *fakeChat) Key() string { return "SHA256:one" }

func (c *fakeChat) KeyCode(context.Context) (string, time.Time, error) {
	return "7K2M-Q9XV-4TBN-H0RD", start, c.ask("key code")
}

func (c *fakeChat) RemoveKey(_ context.Context, fingerprint string) (chat.AuthorizedKey, error) {
	return chat.AuthorizedKey{}, c.ask("remove %s", fingerprint)
}

func (c *fakeChat) Export(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, "{\n  \"format\": \"fake\"\n}\n")
	return errors.Join(err, c.ask("export"))
}

func (c *fakeChat) Invitations(context.Context) ([]chat.GroupInvitation, int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.invitations), c.invitationsOlder, c.fail
}

func (c *fakeChat) AcceptInvitation(_ context.Context, target string) (chat.ConversationID, error) {
	return fakeConversation, c.ask("accept %s", target)
}

func (c *fakeChat) DeclineInvitation(_ context.Context, target string) (chat.GroupInvitation, error) {
	return chat.GroupInvitation{Conversation: chat.Conversation{Name: "ops"}}, c.ask("decline %s", target)
}

func (c *fakeChat) Invited(context.Context, chat.ConversationID) ([]chat.User, error) {
	return nil, nil
}

func (c *fakeChat) Block(_ context.Context, name string) (chat.User, error) {
	return chat.User{Name: strings.TrimPrefix(name, "@")}, c.ask("block %s", name)
}

func (c *fakeChat) People(context.Context) ([]chat.Person, error) {
	list := []chat.Person{
		{User: chat.User{ID: 1, Name: "ann", Role: chat.RoleOwner}, Presence: chat.Online}, {User: chat.User{ID: 2, Name: "bob", DisplayName: "Robert", Role: chat.RoleMember}},
		{User: chat.User{ID: 3, Name: "botty", Bot: true, Role: chat.RoleMember}, Presence: chat.Away},
	}
	for i := range list {
		list[i].Status = c.statuses[list[i].ID]
	}
	return list, c.ask("people")
}

func (c *fakeChat) Person(ctx context.Context, name string) (chat.Person, error) {
	defer func(n int) { c.asked = c.asked[:n] }(len(c.asked)) // the tests look for what changes something
	u, err := c.UserNamed(ctx, name)
	p := chat.Person{User: u}
	people, _ := c.People(ctx)
	for _, o := range people {
		if o.ID == u.ID {
			p = o
		}
	}
	p.LastSeen = c.lastSeen[u.ID]
	return p, err
}

func (c *fakeChat) UserNamed(_ context.Context, name string) (chat.User, error) {
	if name == "@botty" {
		return chat.User{ID: 3}, c.ask("user %s", name)
	}
	return chat.User{ID: 2, Name: strings.TrimPrefix(name, "@")}, c.ask("user %s", name)
}

func (c *fakeChat) Unblock(_ context.Context, name string) (chat.User, error) {
	return chat.User{Name: strings.TrimPrefix(name, "@")}, c.ask("unblock %s", name)
}

func (c *fakeChat) Blocked(context.Context) ([]chat.Block, error) {
	return []chat.Block{{User: chat.User{Name: "eve"}, At: start}}, c.ask("blocks")
}

func (c *fakeChat) HasBlocked(user chat.UserID) bool { return slices.Contains(c.blocked, user) }

func (c *fakeChat) Mentions(context.Context) ([]chat.MentionOf, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mentions, nil
}

func (c *fakeChat) ReadMention(_ context.Context, id chat.ConversationID, seq chat.Seq) error {
	return c.ask("read mention %d %d", id, seq)
}
