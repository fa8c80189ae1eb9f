package chat_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"confab/app/chat"
)

func TestDecideContact(t *testing.T) {
	for i, c := range []struct {
		contact chat.Contact
		add     chat.Consent
		kind    error // of the refusal for the member who adds
		writes  error // of the refusal for the person who writes
	}{
		{chat.Contact{}, chat.ConsentNeeded, nil, nil},
		{chat.Contact{Acquainted: true}, chat.ConsentGiven, nil, nil},
		{chat.Contact{Acquainted: true, HasLeft: true}, chat.ConsentNeeded, nil, nil},
		{chat.Contact{Acquainted: true, Full: true}, chat.ConsentNeeded, nil, nil},
		{chat.Contact{Acquainted: true, Blocked: true}, chat.ConsentRefused, nil, chat.ErrNotAllowed},
		{chat.Contact{Acquainted: true, Blocks: true}, chat.ConsentRefused, chat.ErrNotAllowed, chat.ErrNotAllowed},
	} {
		if consent, err := chat.DecideContact(c.contact, chat.ActionAdd); consent != c.add || !errors.Is(err, c.kind) {
			t.Errorf("%d: to add gives %v, %v", i, consent, err)
		}
		for _, action := range []chat.Action{chat.ActionPost, chat.ActionEdit, chat.ActionReact, chat.ActionPin} {
			if _, err := chat.DecideContact(c.contact, action); !errors.Is(err, c.writes) {
				t.Errorf("%d: to write gives %v", i, err)
			}
		}
	}
}

func TestDecide(t *testing.T) {
	group := chat.Conversation{Kind: chat.KindGroup, Name: "ops"}
	open, adding := group, group
	open.Public, adding.MembersAdd = true, true
	calling, quiet := group, group
	calling.MentionAll, quiet.MentionAll = chat.MentionByEveryone, chat.MentionByNobody
	group.MentionAll, open.MentionAll, adding.MentionAll = chat.MentionByModerators, chat.MentionByModerators, chat.MentionByModerators
	general := chat.Conversation{Kind: chat.KindGroup, Name: chat.GeneralName, Public: true, MentionAll: chat.MentionByModerators}
	direct := chat.Conversation{Kind: chat.KindDirect}
	const (
		none   = chat.Role("")
		owner  = chat.RoleOwner
		admin  = chat.RoleAdmin
		member = chat.RoleMember
	)
	actions := []struct {
		name   string
		action chat.Action
	}{
		{"read", chat.ActionRead}, {"post", chat.ActionPost}, {"join", chat.ActionJoin}, {"leave", chat.ActionLeave}, {"add", chat.ActionAdd},
		{"remove", chat.ActionRemove}, {"describe", chat.ActionDescribe}, {"role", chat.ActionSetRole}, {"configure", chat.ActionConfigure},
		{"edit", chat.ActionEdit}, {"delete", chat.ActionDelete}, {"delete-others", chat.ActionDeleteOthers},
		{"react", chat.ActionReact}, {"pin", chat.ActionPin}, {"mention-all", chat.ActionMentionAll},
		{"rename", chat.ActionRename}, {"open", chat.ActionOpen},
	}
	everything := "read post join leave add remove describe role configure edit delete delete-others react pin mention-all rename open"
	for _, c := range []struct {
		name string
		in   chat.Conversation
		role chat.Role
		may  string
	}{
		{"private", group, none, ""},
		{"private", group, member, "read post join leave edit delete react"},
		{"private", group, admin, "read post join leave add remove describe configure edit delete delete-others react pin mention-all rename open"},
		{"private", group, owner, everything},
		{"public", open, none, "join"},
		{"public", open, member, "read post join leave edit delete react"},
		{"members add", adding, none, ""},
		{"members add", adding, member, "read post join leave add edit delete react"},
		{"mentions for everyone", calling, none, ""},
		{"mentions for everyone", calling, member, "read post join leave edit delete react mention-all"},
		{"mentions for everyone", calling, admin, "read post join leave add remove describe configure edit delete delete-others react pin mention-all rename open"},
		{"mentions for nobody", quiet, member, "read post join leave edit delete react"},
		{"mentions for nobody", quiet, owner, "read post join leave add remove describe role configure edit delete delete-others react pin rename open"},
		{"#general", general, none, "join"},
		{"#general", general, member, "read post join edit delete react"},
		{"#general", general, admin, "read post join describe configure edit delete delete-others react pin mention-all"},
		{"#general", general, owner, "read post join describe configure edit delete delete-others react pin mention-all"},
		{"direct", direct, none, ""},
		{"direct", direct, member, "read post join edit delete react pin"},
		{"no such", chat.Conversation{}, none, ""},
	} {
		for _, a := range actions {
			err := chat.Decide(chat.Membership{Role: c.role}, c.in, a.action)
			want := slices.Contains(strings.Fields(c.may), a.name)
			switch {
			case (err == nil) != want:
				t.Errorf("%s, %q: %s gives %v, want it allowed: %v", c.name, c.role, a.name, err, want)
			case err != nil && !chat.IsRefusal(err):
				t.Errorf("%s, %q: %s is refused without a sentence: %v", c.name, c.role, a.name, err)
			case err != nil && c.role == none && a.name != "post" && !errors.Is(err, chat.ErrNotFound):
				t.Errorf("%s: to %s tells a stranger that the group exists: %v", c.name, a.name, err)
			}
		}
	}
}

// An account may do nothing to itself, and nothing to accounts that rank above it.
func TestDecideServer(t *testing.T) {
	rank := map[chat.Role]int{chat.RoleMember: 0, chat.RoleAdmin: 1, chat.RoleOwner: 2}
	rapid.Check(t, func(r *rapid.T) {
		user := func(name string) chat.User {
			return chat.User{
				ID:       chat.UserID(rapid.IntRange(1, 3).Draw(r, name)),
				Role:     rapid.SampledFrom([]chat.Role{chat.RoleMember, chat.RoleAdmin, chat.RoleOwner}).Draw(r, name+"'s role"),
				Disabled: rapid.Bool().Draw(r, name+" disabled"),
			}
		}
		actor, target := user("actor"), user("target")
		action := rapid.SampledFrom([]chat.ServerAction{chat.ServerModerate, chat.ServerSetRole}).Draw(r, "action")
		err := chat.DecideServer(actor, action, &target)
		may := !actor.Disabled && rank[actor.Role] > 0 && actor.ID != target.ID &&
			(actor.Role == chat.RoleOwner || action == chat.ServerModerate && rank[target.Role] == 0)
		if may != (err == nil) || err != nil && !chat.IsRefusal(err) {
			r.Errorf("%+v does %d to %+v: %v", actor, action, target, err)
		}
	})
}
