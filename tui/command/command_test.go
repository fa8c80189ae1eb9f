package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"/dm bob": "dm|bob", "/MUTE  8h ": "mute|8h", "/topic what it is about": "topic|what it is about", "/list": "list|",
		"hello": "", "//dm bob": "", "/dm bob\nhello": "", " /dm bob": "",
		"/" + strings.Repeat("x", 100): strings.Repeat("x", longestName) + "|",
	} {
		got := ""
		if name, rest, ok := Parse(text); ok {
			got = name + "|" + rest
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// Names are unique, and every command has a description.
func TestAll(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range All() {
		if seen[c.Name] || c.Does == "" || len(c.Name) > longestName {
			t.Errorf("there is something wrong with /%s", c.Name)
		}
		seen[c.Name] = true
	}
}

// moderator notes the calls of its methods. Methods that the tests do not use must not be
// called.
type moderator struct {
	Moderation
	asked []string
}

func (m *moderator) Kick(_ context.Context, name, reason string) error {
	m.asked = append(m.asked, fmt.Sprintf("kick %s %q", name, reason))
	return nil
}

func (m *moderator) Ban(_ context.Context, target string, span time.Duration, reason string) (chat.BanMade, error) {
	m.asked = append(m.asked, fmt.Sprintf("ban %s %v %q", target, span, reason))
	return chat.BanMade{}, nil
}

// contacts knows nobody but the person of the test.
type contacts struct {
	Contacts
	person chat.Person
}

func (c contacts) Person(context.Context, string) (chat.Person, error) { return c.person, nil }

// groups has the conversations of the user, and notes the calls of its methods.
type groups struct {
	Groups
	asked []string
}

func (g *groups) SetRole(_ context.Context, id chat.ConversationID, name string, role chat.Role) error {
	g.asked = append(g.asked, fmt.Sprint("role ", id, " ", name, " ", role))
	return nil
}

func (g *groups) Direct(_ context.Context, name string) (chat.ConversationID, error) {
	g.asked = append(g.asked, "direct "+name)
	return 5, nil
}

func (g *groups) Mute(_ context.Context, id chat.ConversationID, until time.Time) error {
	g.asked = append(g.asked, fmt.Sprint("mute ", id, " ", until.Format(time.TimeOnly)))
	return nil
}

// use runs a typed command, and returns its outcome and the chat's answer.
func use(t *testing.T, c *Call, typed string) (Outcome, Answer) {
	t.Helper()
	name, rest, _ := Parse(typed)
	command, ok := Named(name)
	if !ok || command.OnScreen() {
		t.Fatalf("%s is not a command of the chat", typed)
	}
	if why := command.Misused(rest); why != "" {
		return Outcome{Refused: why}, Answer{}
	}
	out := command.Run(c, rest)
	if out.Ask == nil {
		return out, Answer{}
	}
	return out, out.Ask.Do(t.Context())
}

func TestCommands(t *testing.T) {
	g, m := &groups{}, &moderator{}
	now := time.Date(2026, time.November, 24, 14, 2, 0, 0, time.UTC)
	general := &chat.ConversationSummary{Conversation: chat.Conversation{ID: 7, Kind: chat.KindGroup, Name: "general"}}
	c := &Call{Chat: Chat{Groups: g, Contacts: contacts{}, Moderation: func() Moderation { return m }}, Open: general, Zone: time.UTC, Now: now}
	if out, a := use(t, c, "/dm bob"); !out.Ask.Opens || a.Open != 5 {
		t.Errorf("/dm opens %+v, %+v", out.Ask, a)
	}
	if _, a := use(t, c, "/mute 1h"); a.Notice != "#general is muted until 15:02." {
		t.Errorf("/mute says %q", a.Notice)
	}
	use(t, c, "/role @bob admin")
	use(t, c, "/kick @bob be quiet")
	use(t, c, "/ban @bob 7d spam and more")
	use(t, c, "/ban 192.0.2.0/24 spam")
	want := []string{"direct bob", "mute 7 15:02:00", "role 7 @bob admin"}
	if !slices.Equal(g.asked, want) {
		t.Errorf("asked for %q, want %q", g.asked, want)
	}
	want = []string{`kick @bob "be quiet"`, `ban @bob 168h0m0s "spam and more"`, `ban 192.0.2.0/24 -1ns "spam"`}
	if !slices.Equal(m.asked, want) {
		t.Errorf("asked for %q, want %q", m.asked, want)
	}
	for typed, why := range map[string]string{
		"/role @bob": "Write /role @name owner, admin or member.", "/mute soon": "Write /mute 1h", "/list all": "/list takes no arguments.",
		"/block": "Write /block @name.", "/settings public": "Write /settings", "/admin leave": "Write /admin join",
	} {
		if out, _ := use(t, c, typed); !strings.HasPrefix(out.Refused, why) {
			t.Errorf("%s is refused with %q, want %q", typed, out.Refused, why)
		}
	}
	c.Open = nil
	if out, _ := use(t, c, "/mute 1h"); out.Refused != "There is no conversation open." {
		t.Errorf("without a conversation /mute is refused with %q", out.Refused)
	}
	c.Open = &chat.ConversationSummary{Conversation: chat.Conversation{ID: 8, Kind: chat.KindDirect}, Other: chat.User{Name: "bob"}}
	if out, _ := use(t, c, "/add @eve"); out.Compose != "/new NAME @bob @eve" || out.Notice == "" {
		t.Errorf("/add in a direct message gives %+v", out)
	}
}

func TestInvitationsAreRead(t *testing.T) {
	for text, want := range map[string]chat.Invitation{
		"":                                    {},
		"--uses 5":                            {Uses: 5},
		"--uses=5 --expires=12h":              {Uses: 5, Lasts: 12 * time.Hour},
		"--expires 2w --role admin --uses 10": {Uses: 10, Lasts: 14 * 24 * time.Hour, Role: chat.RoleAdmin},
	} {
		if got, err := parseInvitation(strings.Fields(text)); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"5", "--uses", "--uses many", "--uses 0", "--uses -1", "--expires 7", "--expires 0d", "--forever yes"} {
		if got, err := parseInvitation(strings.Fields(text)); !chat.IsRefusal(err) {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
}
