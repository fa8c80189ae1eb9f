package importing

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/text"
)

// room is a conversation of the source.
type room struct {
	Conversation
	uid     uuid.UUID
	authors map[string]bool // keys
	waiting []*post         // replies whose thread has not begun
	done    bool
}

// open notes a conversation. It is made with its first message.
func (im *Importer) open(c Conversation) {
	if im.rooms[c.Key] != nil {
		return
	}
	r := &room{Conversation: c, uid: im.id("conversation", c.Key), authors: map[string]bool{}}
	im.rooms[c.Key] = r
	im.order = append(im.order, r)
}

// importedSetting is the name of the setting with the number of the newest message of a
// conversation after its import. Another import may go on from there, unless somebody has
// written since.
func (r *room) importedSetting() string { return "import.upto." + r.uid.String() }

// state is a conversation in a transaction.
type state struct {
	chat.Conversation
	before   chat.Seq // the number of its newest message before the transaction
	complete bool     // it was complete before the transaction
	open     bool     // messages can be added
}

// room returns a conversation as it is in the transaction, and makes it if it is missing.
// Until it is complete it has no members and the name of a group that everybody has left,
// so that nobody finds it.
func (w *work) room(ctx context.Context, r *room) (*state, error) {
	if s, ok := w.rooms[r]; ok {
		return s, nil
	}
	upTo, err1 := w.tx.Setting(ctx, r.importedSetting())
	c, err := w.tx.ConversationByUID(ctx, r.uid)
	gone, err := missing(err)
	if err := errors.Join(err1, err); err != nil {
		return nil, err
	}
	if gone && r.General {
		if c, gone, err = w.general(ctx, upTo); err != nil {
			return nil, err
		}
	}
	if gone {
		if c, err = w.newRoom(ctx, r); err != nil {
			return nil, err
		}
	}
	s := &state{Conversation: c, before: c.LastSeq, complete: c.Name != chat.LeftName(c.ID), open: true}
	if s.complete {
		// Numbers decide the order of messages, so older messages would stand after newer ones.
		s.open = upTo == strconv.FormatInt(int64(c.LastSeq), 10) || c.General() && c.LastSeq == 0
	}
	w.rooms[r] = s
	return s, nil
}

// general returns #general, unless people have written there before anything was imported.
func (w *work) general(ctx context.Context, upTo string) (c chat.Conversation, other bool, err error) {
	c, err = w.tx.ConversationByName(ctx, chat.GeneralName)
	return c, c.LastSeq != 0 && upTo == "" && !w.restore, err
}

func (w *work) newRoom(ctx context.Context, r *room) (chat.Conversation, error) {
	created := r.Created
	if created.IsZero() {
		created = w.backing.Now()
	}
	c, err := w.tx.InsertConversation(ctx, chat.Conversation{UID: r.uid, Kind: r.kind(), Name: "@import:" + r.uid.String(), OpenHistory: true, CreatedAt: created})
	if err != nil {
		return c, err
	}
	c.Name = chat.LeftName(c.ID)
	w.report.Conversations++
	return c, w.tx.UpdateConversation(ctx, c)
}

func (r *room) kind() chat.Kind {
	if r.Direct && len(r.Members) >= 1 && len(r.Members) <= 2 {
		return chat.KindDirect
	}
	return chat.KindGroup
}

// complete gives a conversation its name and its members, who have seen all its messages.
func (w *work) complete(ctx context.Context, r *room) error {
	if (r.kind() == chat.KindDirect || r.AuthorsJoin) && w.rooms[r] == nil && !w.restore {
		_, err := w.tx.ConversationByUID(ctx, r.uid)
		if gone, err := missing(err); err != nil || gone {
			return err // without messages they are not made
		}
	}
	c, err := w.room(ctx, r)
	if err != nil || c.complete {
		return err // mark moves the markers
	}
	if w.restore && len(r.Members) == 0 && !r.Public {
		return nil // all members have left it, and it keeps the name of such a group
	}
	members, err := w.members(ctx, r)
	if err != nil {
		return err
	}
	c.Topic = text.CleanLine(r.Topic, maxTopic)
	if r.kind() == chat.KindDirect {
		c.Name = chat.DirectName(members[0].User, members[len(members)-1].User)
		_, err := w.tx.ConversationByName(ctx, c.Name)
		if gone, err := missing(err); err != nil {
			return err
		} else if !gone {
			w.report.leave(r.Key, "these two people have a direct conversation here already: the imported one comes as a private group of theirs")
			if err := besides(ctx, w.backing, w.tx, &c.Conversation, w.source, members); err != nil {
				return err
			}
			for i := range members {
				members[i].Role = chat.RoleOwner
			}
		}
	} else if w.restore && !r.Public {
		c.Name = groupNameOf(r.Name) // private groups may have the same name
	} else if c.Name, err = w.groupName(ctx, r); err != nil {
		return err
	}
	c.Public = r.Public && r.kind() == chat.KindGroup
	if r.Settings != nil && r.kind() == chat.KindGroup {
		c.MembersAdd, c.OpenHistory, c.ReadOnly, c.Slow = r.Settings.MembersAdd, r.Settings.OpenHistory, r.Settings.ReadOnly, r.Settings.Slow
	}
	if err := w.tx.UpdateConversation(ctx, c.Conversation); err != nil {
		return err
	}
	w.report.NewConversations = firstNew(w.report.NewConversations, []New{newRoom(&c.Conversation, members, r.Name)})
	w.changes = append(w.changes, chat.ConversationChanged{Conversation: c.ID})
	if w.restore {
		members = nil // they come as [Member], with their markers
	}
	for _, m := range members {
		m.Membership.Conversation, m.Markers = c.ID, chat.MarkersAt(c.LastSeq)
		if m.Joined, err = w.joined(ctx, r, c, m.UID); err != nil {
			return err
		}
		if err := w.tx.InsertMembership(ctx, m.Membership); err != nil {
			return err
		}
		if !m.Disabled { // others have no sessions
			w.changes = append(w.changes, joinedAs(m, c.Conversation))
		}
	}
	return w.tx.SetSetting(ctx, r.importedSetting(), strconv.FormatInt(int64(c.LastSeq), 10))
}

// newRoom names a conversation for the report.
func newRoom(c *chat.Conversation, members []chat.Member, there string) New {
	if c.Kind == chat.KindGroup {
		return New{"#" + c.Name, there}
	}
	var names []string
	for _, m := range members {
		names = append(names, "@"+m.Name)
	}
	return New{strings.Join(names, " and "), ""}
}

// joined returns the number of the last message that a member may not see, if the group
// hides older messages from new members. Other members have joined at the end, so that
// receipts leave them out.
func (w *work) joined(ctx context.Context, r *room, c *state, member uuid.UUID) (chat.Seq, error) {
	if c.OpenHistory {
		return c.LastSeq, nil
	}
	switch after := r.JoinedAfter[member.String()]; after {
	case FromTheStart:
		return 0, nil
	case "":
		return c.LastSeq, nil
	default:
		m, err := w.begun(ctx, c, w.id("message", r.Key, after))
		if err != nil || m == nil {
			return c.LastSeq, err
		}
		return m.Seq, nil
	}
}

// maxTopic is the longest topic, in characters.
const maxTopic = 200

// members returns the members that a conversation gets. A group has an owner, who can manage
// it. The owner of the server owns the public groups, and those that would have no member.
func (w *work) members(ctx context.Context, r *room) ([]chat.Member, error) {
	keys := r.Members
	if r.AuthorsJoin {
		keys = slices.Sorted(maps.Keys(r.authors))
	}
	group := r.kind() == chat.KindGroup
	var people []chat.User
	var roles []chat.Role
	for _, key := range keys {
		if w.accounts[key] == nil {
			w.meet(Account{Key: key, Name: key})
		}
		u, err := w.account(ctx, key)
		if err != nil {
			return nil, err
		}
		if group && w.gone(u) {
			continue
		}
		role := chat.RoleMember
		if given := r.Roles[key]; group && given != "" {
			role = given
		}
		if group && key == r.Creator {
			role = chat.RoleOwner
		}
		people, roles = append(people, u), append(roles, role)
	}
	if last := len(roles) - 1; w.restore {
		// nobody is added
	} else if group && (r.Public || last < 0 || r.AuthorsJoin) {
		people, roles = append([]chat.User{w.owner}, people...), append([]chat.Role{chat.RoleOwner}, roles...)
	} else if group && !slices.Contains(roles, chat.RoleOwner) {
		roles[last] = chat.RoleOwner
	}
	var all []chat.Member
	in := map[chat.UserID]bool{}
	for i, u := range people {
		if !in[u.ID] {
			in[u.ID] = true
			all = append(all, chat.Member{
				Membership: chat.Membership{User: u.ID, Role: roles[i]}, UID: u.UID, Name: u.Name, Bot: u.Bot, Disabled: u.Disabled, AccountReceiptsOff: u.ReceiptsOff,
			})
		}
	}
	return all, nil
}

// groupName makes the name of a group. A name that is taken gets the name of the source
// after it.
func (w *work) groupName(ctx context.Context, r *room) (string, error) {
	return free(groupNameOf(r.Name), w.source, maxGroupName, func(name string) error { return w.backing.GroupIsFree(ctx, w.tx, w.owner.ID, name) })
}

const maxGroupName = 40

// groupNameOf makes a valid name from one of the source.
func groupNameOf(name string) string {
	name = text.Lower(strings.TrimLeft(text.CleanLine(name, 200), "#&+!"))
	if valid, err := text.ParseConversationName(name); err == nil {
		return valid
	}
	if suggested := text.SuggestHandle(name); suggested != "new-user" {
		return suggested
	}
	return "imported"
}

// mark moves the markers of members whose complete conversation got more messages, so that
// these are not unread.
func (w *work) mark(ctx context.Context) error {
	for r, c := range w.rooms {
		if !c.complete || c.LastSeq == c.before {
			continue
		}
		members, err := w.tx.Members(ctx, c.ID)
		if err != nil {
			return err
		}
		at := c.LastSeq
		var moves []chat.Advance
		for _, m := range members {
			moves = append(moves, chat.Advance{Conversation: c.ID, User: m.User, Delivered: at, Read: at, ReadFrom: at, Seen: at})
			if !m.Disabled {
				w.changes = append(w.changes, chat.SeenSet{Conversation: c.ID, User: m.User, Seen: at})
			}
		}
		if err := w.tx.AdvanceMarkers(ctx, moves...); err != nil {
			return err
		}
		if err := w.tx.SetSetting(ctx, r.importedSetting(), strconv.FormatInt(int64(at), 10)); err != nil {
			return err
		}
	}
	return nil
}
