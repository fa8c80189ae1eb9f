package chat_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

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
	direct := chat.Conversation{Kind: chat.KindDirect, Name: chat.DirectName(1, 2)}
	notes := chat.Conversation{Kind: chat.KindDirect, Name: chat.DirectName(1, 1)}
	news, openNews := group, open
	news.ReadOnly, openNews.ReadOnly = true, true
	const (
		none   = chat.Role("")
		owner  = chat.RoleOwner
		admin  = chat.RoleAdmin
		member = chat.RoleMember
	)
	// The first characters of a row's name say what its account is on the server.
	const staff, silenced = "staff, ", "silenced, "
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	actions := []struct {
		name   string
		action chat.Action
	}{
		{"read", chat.ActionRead}, {"post", chat.ActionPost}, {"join", chat.ActionJoin}, {"leave", chat.ActionLeave}, {"add", chat.ActionAdd},
		{"remove", chat.ActionRemove}, {"describe", chat.ActionDescribe}, {"role", chat.ActionSetRole}, {"configure", chat.ActionConfigure},
		{"edit", chat.ActionEdit}, {"delete", chat.ActionDelete}, {"delete-others", chat.ActionDeleteOthers},
		{"react", chat.ActionReact}, {"pin", chat.ActionPin}, {"mention-all", chat.ActionMentionAll},
		{"rename", chat.ActionRename}, {"open", chat.ActionOpen}, {"hook", chat.ActionHook},
	}
	everything := "read post join leave add remove describe role configure hook edit delete delete-others react pin mention-all rename open"
	for _, c := range []struct {
		name string
		in   chat.Conversation
		role chat.Role
		may  string
	}{
		{"private", group, none, ""},
		{"private", group, member, "read post join leave edit delete react"},
		{"private", group, admin, "read post join leave add remove describe configure hook edit delete delete-others react pin mention-all rename open"},
		{"private", group, owner, everything},
		{"public", open, none, "join"},
		{"public", open, member, "read post join leave edit delete react"},
		{"members add", adding, none, ""},
		{"members add", adding, member, "read post join leave add edit delete react"},
		{"mentions for everyone", calling, none, ""},
		{"mentions for everyone", calling, member, "read post join leave edit delete react mention-all"},
		{"mentions for everyone", calling, admin, "read post join leave add remove describe configure hook edit delete delete-others react pin mention-all rename open"},
		{"mentions for nobody", quiet, member, "read post join leave edit delete react"},
		{"mentions for nobody", quiet, owner, "read post join leave add remove describe role configure hook edit delete delete-others react pin rename open"},
		{"#general", general, none, "join"},
		{"#general", general, member, "read post join edit delete react"},
		{"#general", general, admin, "read post join describe configure hook edit delete delete-others react pin mention-all"},
		{"#general", general, owner, "read post join describe configure hook edit delete delete-others react pin mention-all"},
		{"direct", direct, none, ""},
		{"direct", direct, member, "read post join edit delete react pin"},
		{"no such", chat.Conversation{}, none, ""},
		{"read-only", news, member, "read join leave delete react"},
		{"read-only", news, admin, "read post join leave add remove describe configure hook edit delete delete-others react pin mention-all rename open"},
		{"read-only", news, owner, everything},
		{"staff, private", group, none, ""},
		{"staff, private", group, member, "read post join leave edit delete react"},
		{"staff, public", open, none, "join"},
		{"staff, public", open, member, "read post join leave remove describe configure hook edit delete delete-others react pin rename"},
		{"staff, public", open, admin, "read post join leave add remove describe configure hook edit delete delete-others react pin mention-all rename open"},
		{"staff, public and read-only", openNews, member, "read post join leave remove describe configure hook edit delete delete-others react pin rename"},
		{"staff, read-only", news, member, "read join leave delete react"},
		{"staff, direct", direct, member, "read post join edit delete react pin"},
		{"silenced, private", group, member, "read join leave delete"},
		{"silenced, private", group, owner, "read join leave delete"},
		{"silenced, public", open, none, "join"},
		{"silenced, #general", general, admin, "read join delete"},
		{"silenced, direct", direct, member, "read join delete"},
		{"silenced, notes", notes, member, "read post join edit delete react pin"},
		{"silenced, private", group, none, ""},
	} {
		for _, a := range actions {
			m := chat.Membership{User: 1, Role: c.role, Staff: strings.HasPrefix(c.name, staff)}
			if strings.HasPrefix(c.name, silenced) {
				m.Silence = &chat.Ban{Kind: chat.BanSilence, EndsAt: now.Add(time.Second), MadeBy: "ann"}
			}
			err := chat.Decide(m, c.in, a.action, now)
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

// A silence ends by itself, and its sentence has the end, the reason and whom to ask.
func TestASilenceEnds(t *testing.T) {
	end := time.Date(2026, 1, 2, 15, 4, 0, 0, time.UTC)
	m := chat.Membership{User: 1, Role: chat.RoleMember, Silence: &chat.Ban{Kind: chat.BanSilence, User: 1, EndsAt: end, MadeBy: "ann", Reason: "too loud"}}
	in := chat.Conversation{Kind: chat.KindGroup, Name: "ops"}
	err := chat.Decide(m, in, chat.ActionPost, end.Add(-time.Second))
	const want = "You can read but not write on this server until 2026-01-02 15:04 UTC (too loud): ask ann about it, or its host."
	if !errors.Is(err, chat.ErrNotAllowed) || err.Error() != want {
		t.Errorf("before the end: %v", err)
	}
	if err := chat.Decide(m, in, chat.ActionPost, end); err != nil {
		t.Errorf("at the end: %v", err)
	}
}

// In slow mode everybody but those who moderate the group waits, never longer than the
// group asks, even if the clock was put back.
func TestDecideSlow(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	slow := chat.Conversation{Kind: chat.KindGroup, Name: "ops", Slow: 30 * time.Second}
	hour, public, off := slow, slow, slow
	hour.Slow, public.Public, off.Slow = time.Hour, true, 0
	for i, c := range []struct {
		in    chat.Conversation
		role  chat.Role
		staff bool
		ago   time.Duration
		left  string // "" if the member need not wait
	}{
		{slow, chat.RoleMember, false, 5 * time.Second, "25 seconds"},
		{slow, chat.RoleMember, false, 29*time.Second + time.Millisecond, "1 second"},
		{slow, chat.RoleMember, false, 30 * time.Second, ""},
		{slow, chat.RoleMember, false, -time.Hour, "30 seconds"},
		{hour, chat.RoleMember, false, time.Minute, "59 minutes"},
		{slow, chat.RoleAdmin, false, 0, ""},
		{slow, chat.RoleOwner, false, 0, ""},
		{slow, chat.RoleMember, true, 0, "30 seconds"},
		{public, chat.RoleMember, true, 0, ""},
		{off, chat.RoleMember, false, 0, ""},
	} {
		err := chat.DecideSlow(chat.Membership{Role: c.role, Staff: c.staff}, c.in, now.Add(-c.ago), now)
		if c.left == "" && err == nil {
			continue
		}
		if !errors.Is(err, chat.ErrTooFast) || !strings.HasSuffix(err.Error(), "you can send the next one in "+c.left+".") {
			t.Errorf("%d: %v, want %q", i, err, c.left)
		}
	}
	if err := chat.DecideSlow(chat.Membership{Role: chat.RoleMember}, slow, time.Time{}, now); err != nil {
		t.Errorf("the first message: %v", err)
	}
}

func TestParseSlow(t *testing.T) {
	for words, want := range map[string]time.Duration{"off": 0, "1s": time.Second, "90s": 90 * time.Second, "5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "24h": 24 * time.Hour} {
		got, err := chat.ParseSlow(words)
		if err != nil || got != want {
			t.Errorf("%q is %v, %v", words, got, err)
		}
		if again, err := chat.ParseSlow(chat.SlowText(got)); err != nil || again != got {
			t.Errorf("%q is written as %q, which is %v, %v", words, chat.SlowText(got), again, err)
		}
	}
	for _, bad := range []string{"0s", "-5s", "500ms", "25h", "1.5s", "soon", "30"} {
		if got, err := chat.ParseSlow(bad); err == nil || !chat.IsRefusal(err) {
			t.Errorf("%q is %v, %v", bad, got, err)
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

// A silence, a read-only group and slow mode only take permissions away, and no others than
// they should.
func TestWhatRestrictsMembersTakesAwayOnly(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rapid.Check(t, func(r *rapid.T) {
		span := func(name string, least time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(int64(least), int64(48*time.Hour)).Draw(r, name))
		}
		in := chat.Conversation{
			Kind: rapid.SampledFrom([]chat.Kind{chat.KindGroup, chat.KindDirect}).Draw(r, "kind"), Name: rapid.SampledFrom([]string{"ops", chat.GeneralName}).Draw(r, "name"),
			Public: rapid.Bool().Draw(r, "public"), MembersAdd: rapid.Bool().Draw(r, "members add"),
			MentionAll: rapid.SampledFrom([]chat.MentionRight{chat.MentionByModerators, chat.MentionByEveryone, chat.MentionByNobody}).Draw(r, "mentions"),
		}
		if in.Kind == chat.KindDirect {
			in.Name, in.Public = chat.DirectName(1, chat.UserID(rapid.IntRange(1, 2).Draw(r, "other"))), false
		}
		m := chat.Membership{User: 1, Role: rapid.SampledFrom([]chat.Role{"", chat.RoleMember, chat.RoleAdmin, chat.RoleOwner}).Draw(r, "role"), Staff: rapid.Bool().Draw(r, "staff")}
		action := chat.Action(rapid.IntRange(int(chat.ActionRead), int(chat.ActionOpen)).Draw(r, "action"))
		free := chat.Decide(m, in, action, now) == nil
		may := func(m chat.Membership, in chat.Conversation) bool {
			err := chat.Decide(m, in, action, now)
			if err == nil && !free {
				r.Errorf("action %d is allowed to %+v in %+v only because of a restriction", action, m, in)
			}
			if err != nil && !chat.IsRefusal(err) {
				r.Errorf("action %d is refused without a sentence: %v", action, err)
			}
			return err == nil
		}

		silenced := m
		silenced.Silence = &chat.Ban{Kind: chat.BanSilence, User: 1, EndsAt: now.Add(span("silence", 1-48*time.Hour))}
		harmless := action == chat.ActionRead || action == chat.ActionJoin || action == chat.ActionLeave || action == chat.ActionDelete
		over, notes := !silenced.Silence.EndsAt.After(now), in.Name == chat.DirectName(1, 1)
		if got, want := may(silenced, in), free && (harmless || over || notes); got != want {
			r.Errorf("action %d of %+v in %+v: allowed during the silence %+v: %t, want %t", action, m, in, silenced.Silence, got, want)
		}

		closed := in
		closed.ReadOnly = true
		moderates := m.Role == chat.RoleOwner || m.Role == chat.RoleAdmin || m.Staff && in.Public
		writes := action == chat.ActionPost || action == chat.ActionEdit
		if got, want := may(m, closed), free && (!writes || moderates); got != want {
			r.Errorf("action %d of %+v in the read-only %+v is allowed: %t, want %t", action, m, closed, got, want)
		}

		slow := in
		slow.Slow = span("slow", 0)
		if may(m, slow) != free {
			r.Errorf("action %d of %+v depends on slow mode", action, m)
		}
		last := now.Add(-span("ago", -48*time.Hour))
		if got, want := chat.DecideSlow(m, slow, last, now) == nil, slow.Slow == 0 || moderates || !last.Add(slow.Slow).After(now); got != want {
			r.Errorf("after %v in slow mode of %v, %+v may post: %t, want %t", now.Sub(last), slow.Slow, m, got, want)
		}
		if err := chat.DecideSlow(m, slow, last, now.Add(48*time.Hour).Add(slow.Slow)); err != nil {
			r.Errorf("slow mode of %v never ends: %v", slow.Slow, err)
		}
	})
}
