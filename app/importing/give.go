package importing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"confab/app/chat"
	"confab/app/text"
)

// Given says what an account got from an imported one.
type Given struct {
	From, To      chat.User
	Messages      int
	Reactions     int
	Conversations int
	// Groups are the handles of people with whom both accounts had a direct conversation, and
	// the private groups that the imported ones have become.
	Groups map[string]string
}

// givePage is how much is given in one transaction. Between two of them, people can write.
const givePage = 500

// Give gives everything of an imported account to an account that its user has here: the
// messages, reactions, memberships with their markers, and direct conversations. The imported
// account is gone then, and a later import takes the other one in its place. The errors are
// those of [Claimable] and [Receiver]. If Give is interrupted, another call with the same
// accounts goes on.
func Give(ctx context.Context, b Backing, name, to string) (Given, error) {
	var given Given
	err := b.Update(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		var err1, err2 error
		given.From, err1 = Claimable(ctx, tx, name)
		given.To, err2 = Receiver(ctx, tx, to)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		if err := fits(given.From.Bot, given.To); err != nil {
			return nil, err
		}
		begun, err := tx.Setting(ctx, ClaimedSetting(given.From.UID))
		if err != nil {
			return nil, err
		}
		if begun != given.To.UID.String() {
			if err := NotBegun(ctx, tx, given.From); err != nil {
				return nil, err
			}
		}
		return nil, tx.SetSetting(ctx, ClaimedSetting(given.From.UID), given.To.UID.String())
	})
	if err != nil {
		return given, err
	}
	after, n := int64(0), 0
	for n = givePage; n == givePage; {
		err := b.Update(ctx, func(ctx context.Context, tx chat.Tx) (_ []chat.Change, err error) {
			n, after, err = tx.GiveMessages(ctx, given.From.ID, given.To.ID, after, givePage)
			return nil, err
		})
		if err != nil {
			return given, err
		}
		given.Messages += n
	}
	for n = givePage; n == givePage; {
		err := b.Update(ctx, func(ctx context.Context, tx chat.Tx) (_ []chat.Change, err error) {
			n, err = tx.GiveReactions(ctx, given.From.ID, given.To.ID, givePage)
			return nil, err
		})
		if err != nil {
			return given, err
		}
		given.Reactions += n
	}
	g := giving{backing: b}
	err = b.Update(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		g = giving{Given: given, backing: b, tx: tx}
		g.Groups = map[string]string{}
		err := g.finish(ctx)
		return g.changes, err
	})
	if err != nil {
		return given, err
	}
	return g.Given, nil
}

// Receiver returns an account that can get an imported one: one that a person can use. It
// returns [chat.ErrNotFound] if no account has this handle.
func Receiver(ctx context.Context, r chat.Reader, name string) (chat.User, error) {
	user, err := named(ctx, r, name)
	if err == nil && user.Disabled {
		err = chat.Refuse(chat.ErrConflict, "Nobody can use the account @%s: name one that is in use.", user.Name)
	}
	return user, err
}

// fits refuses to make a bot of a person, or the other way round.
func fits(bot bool, to chat.User) error {
	if bot == to.Bot {
		return nil
	}
	kinds := map[bool]string{false: "a person", true: "a bot"}
	return chat.Refuse(chat.ErrConflict, "@%s is %s here and was %s there: name another account.", to.Name, kinds[to.Bot], kinds[bot])
}

// giving is the last transaction of [Give].
type giving struct {
	Given
	backing Backing
	tx      chat.Tx
	changes []chat.Change
}

// finish gives what is left and the memberships, and erases the imported account.
func (g *giving) finish(ctx context.Context) error {
	source, err := g.tx.Preferences(ctx, g.From.ID)
	if err != nil {
		return err
	}
	// An import may have added messages meanwhile.
	for n := givePage; n == givePage; {
		if n, _, err = g.tx.GiveMessages(ctx, g.From.ID, g.To.ID, 0, givePage); err != nil {
			return err
		}
		g.Messages += n
	}
	for n := givePage; n == givePage; {
		if n, err = g.tx.GiveReactions(ctx, g.From.ID, g.To.ID, givePage); err != nil {
			return err
		}
		g.Reactions += n
	}
	all, direct, err := g.tx.ConversationIDs(ctx, g.From.ID)
	if err != nil {
		return err
	}
	g.Conversations = len(all)
	// Screens show the new name above the messages that they have already.
	g.changes = append(g.changes, chat.UserRenamed{User: g.From.ID, Name: g.To.Name, DisplayName: g.To.DisplayName})
	for _, id := range all {
		c, err := g.tx.Conversation(ctx, id)
		role := chat.Role("")
		if err == nil && slices.Contains(direct, id) {
			role, err = g.direct(ctx, &c, source[chat.ImportedPreference])
		}
		if err == nil {
			err = g.member(ctx, c, role)
		}
		if err != nil {
			return err
		}
		g.changes = append(g.changes, chat.HistoryExpired{Conversation: id}) // what servers keep of it in memory names the imported account
	}
	detail := fmt.Sprintf("from %s: %s, %s, %s", g.From.Name,
		text.Plural(g.Messages, "message"), text.Plural(g.Reactions, "reaction"), text.Plural(g.Conversations, "conversation"))
	now := g.backing.Now()
	return errors.Join(
		g.tx.InsertFormerName(ctx, chat.FormerName{User: g.From.ID, Name: g.From.Name, EndedAt: now}),
		g.tx.EraseUser(ctx, g.From.ID),
		g.tx.AppendAudit(ctx, chat.AuditEntry{At: now, Actor: chat.HostActor, Action: chat.AuditClaim, Target: g.To.Name, Detail: detail}),
	)
}

// direct gives a direct conversation to the new account. If the new account already has one
// with the same person, the conversation becomes a private group, because messages cannot be
// put between others. It returns the role in that group, "" without one.
func (g *giving) direct(ctx context.Context, c *chat.Conversation, source string) (chat.Role, error) {
	members, err := g.tx.Members(ctx, c.ID)
	if err != nil {
		return "", err
	}
	pair := []chat.Member{{Membership: chat.Membership{User: g.To.ID}, Name: g.To.Name, UID: g.To.UID}}
	for _, m := range members {
		if m.User != g.From.ID && m.User != g.To.ID {
			pair = append(pair, m)
		}
	}
	other := pair[len(pair)-1]
	name := chat.DirectName(g.To.ID, other.User)
	_, err = g.tx.ConversationByName(ctx, name)
	if gone, err := missing(err); err != nil {
		return "", err
	} else if gone {
		c.Name = name
		return "", g.tx.UpdateConversation(ctx, *c)
	}
	if err := besides(ctx, g.backing, g.tx, c, source, pair); err != nil {
		return "", err
	}
	g.Groups[other.Name] = c.Name
	if err := g.tx.UpdateConversation(ctx, *c); err != nil {
		return "", err
	}
	if other.User == g.To.ID {
		return chat.RoleOwner, nil
	}
	// For the other one, the direct conversation ends and the group begins.
	g.changes = append(g.changes, chat.MemberLeft{Conversation: c.ID, User: other.User})
	if !other.Disabled {
		other.Role = chat.RoleOwner
		g.changes = append(g.changes, joinedAs(other, *c))
	}
	return chat.RoleOwner, g.tx.SetMemberRole(ctx, c.ID, other.User, chat.RoleOwner)
}

// member gives a membership, with its markers, to the new account. A role other than ""
// replaces that of the membership. If the new account is a member already, it keeps its own
// markers and gets the higher of the two roles.
func (g *giving) member(ctx context.Context, c chat.Conversation, role chat.Role) error {
	theirs, err1 := g.tx.Membership(ctx, c.ID, g.From.ID)
	own, err2 := g.tx.Membership(ctx, c.ID, g.To.ID)
	if err := errors.Join(err1, err2, g.tx.DeleteMembership(ctx, c.ID, g.From.ID)); err != nil {
		return err
	}
	if role != "" {
		theirs.Role = role
	}
	g.changes = append(g.changes, chat.MemberLeft{Conversation: c.ID, User: g.From.ID})
	switch {
	case !own.Member():
		theirs.User, theirs.Added, theirs.AddedBy = g.To.ID, false, 0
		g.changes = append(g.changes, joinedAs(chat.Member{Membership: theirs, Name: g.To.Name, Bot: g.To.Bot, AccountReceiptsOff: g.To.ReceiptsOff}, c))
		return g.tx.InsertMembership(ctx, theirs)
	case slices.Index(roles, theirs.Role) > slices.Index(roles, own.Role) && !c.General():
		g.changes = append(g.changes, chat.MemberRoleChanged{Conversation: c.ID, User: g.To.ID, Role: theirs.Role})
		return g.tx.SetMemberRole(ctx, c.ID, g.To.ID, theirs.Role)
	}
	return nil
}

// roles has the roles of members, the lowest first.
var roles = []chat.Role{chat.RoleMember, chat.RoleAdmin, chat.RoleOwner}

// joinedAs returns the change that somebody is a member of a conversation now.
func joinedAs(m chat.Member, c chat.Conversation) chat.MemberJoined {
	return chat.MemberJoined{
		Conversation: c.ID, Direct: c.Kind == chat.KindDirect, User: m.User, Name: m.Name, Role: m.Role, Joined: m.Joined, Bot: m.Bot, ReceiptsOff: m.AccountReceiptsOff,
	}
}

// besides turns an imported direct conversation into a private group, because its two people
// have another one here. The caller stores the new name.
func besides(ctx context.Context, b Backing, tx target, c *chat.Conversation, source string, pair []chat.Member) error {
	var names []string
	for _, m := range pair {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	if err := tx.MakeGroup(ctx, c.ID); err != nil {
		return err
	}
	suffix := "-" + source
	wish := strings.Join(slices.Compact(names), "-")
	wish = strings.TrimRight(wish[:min(len(wish), maxGroupName-len(suffix))], "-_.") + suffix
	var err error
	c.Kind = chat.KindGroup
	c.Name, err = free(wish, source, maxGroupName, func(name string) error { return b.GroupIsFree(ctx, tx, pair[0].User, name) })
	return err
}
