package setting_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/text"
	"confab/tui/setting"
)

var update = flag.Bool("update", false, "write the table of docs/settings.md")

// noted notes what the chat is asked for.
type noted struct{ asked []string }

func (n *noted) note(format string, args ...any) error {
	n.asked = append(n.asked, fmt.Sprintf(format, args...))
	return nil
}

func (n *noted) SetHandle(_ context.Context, name string) error      { return n.note("handle %s", name) }
func (n *noted) SetDisplayName(_ context.Context, name string) error { return n.note("name %s", name) }
func (n *noted) SetStatus(_ context.Context, s chat.Status) error    { return n.note("status %s", s.Text) }

func (n *noted) SetPreference(_ context.Context, name, value string) error {
	return n.note("%s=%s", name, value)
}

func (n *noted) AddKeyword(_ context.Context, word string) (string, error) {
	return word, n.note("add %s", word)
}

func (n *noted) RemoveKeyword(_ context.Context, word string) (string, error) {
	return word, n.note("remove %s", word)
}

func (n *noted) SetQuiet(_ context.Context, until time.Time) error {
	return n.note("quiet %v", until.IsZero())
}

func (n *noted) ShareReceipts(_ context.Context, id chat.ConversationID, on bool) error {
	return n.note("receipts %d %v", id, on)
}

func (n *noted) Rename(_ context.Context, _ chat.ConversationID, name string) error {
	return n.note("rename %s", name)
}

func (n *noted) SetTopic(_ context.Context, _ chat.ConversationID, topic string) error {
	return n.note("topic %q", topic)
}

func (n *noted) Configure(_ context.Context, _ chat.ConversationID, s chat.Setting, on bool) error {
	return n.note("%s %v", s, on)
}

func (n *noted) SetMentionAll(_ context.Context, _ chat.ConversationID, who chat.MentionRight) error {
	return n.note("mention %s", who)
}

func (n *noted) SetSlow(_ context.Context, _ chat.ConversationID, slow time.Duration) error {
	return n.note("slow %v", slow)
}

func (n *noted) SetKeep(_ context.Context, _ chat.ConversationID, keep time.Duration) error {
	return n.note("keep %v", keep)
}

func (n *noted) KeepAtTop(_ context.Context, _ chat.ConversationID, on bool) error {
	return n.note("top %v", on)
}

func (n *noted) Mute(_ context.Context, _ chat.ConversationID, until time.Time) error {
	return n.note("mute %s", until.Format(time.TimeOnly))
}

// A setting reads the value that it shows from the state, and asks the chat for the change.
func TestItemsAreReadAndChanged(t *testing.T) {
	now := time.Date(2026, time.November, 24, 14, 2, 0, 0, time.UTC)
	group := &chat.ConversationSummary{Conversation: chat.Conversation{ID: 7, Kind: chat.KindGroup, Name: "ops", Topic: "ships", MentionAll: chat.MentionByModerators, Keep: 48 * time.Hour}}
	group.Mine.MutedUntil = now.Add(time.Hour)
	s := setting.State{
		Self: chat.User{Name: "ann", Status: chat.Status{Text: "at lunch"}, ReceiptsOff: true}, Now: now, Open: group,
		Notifications: chat.Notifications{Keywords: []string{"deploy", "outage"}, Until: now.Add(2 * time.Hour)},
	}
	for _, c := range []struct{ name, value, to, asked string }{
		{"nick", "ann", "anna", "handle anna"},
		{"display-name", "", "Ann B", "name Ann B"},
		{"away", "at lunch", "off", "status "},
		{"away", "at lunch", "in a meeting", "status in a meeting"},
		{"receipts", "off", "ON", "receipts 0 true"},
		{"last-seen", "off", "on", "set.last-seen=on"},
		{"dnd", "until Tue 24 Nov 16:02", "off", "quiet true"},
		{"dnd", "until Tue 24 Nov 16:02", "for 2h", "quiet false"},
		{"words", "deploy outage", "outage, fire", "remove deploy, add fire"},
		{"words", "deploy outage", "none", "remove deploy, remove outage"},
		{"theme", "auto", "dark", "set.theme=dark"},
		{"name", "ops", "ships", "rename ships"},
		{"topic", "ships", "", `topic ""`},
		{"public", "off", "on", "public true"},
		{"keep", "2d", "30d", "keep 720h0m0s"},
		{"keep", "2d", "off", "keep 0s"},
		{"mention-all", "moderators", "nobody", "mention nobody"},
		{"mute", "until Tue 24 Nov 15:02", "2h", "mute 16:02:00"},
		{"mute", "until Tue 24 Nov 15:02", "off", "mute 00:00:00"},
		{"top", "off", "on", "top true"},
		{"receipts-here", "on", "off", "receipts 7 false"},
	} {
		item, ok := setting.ItemNamed(c.name)
		if !ok {
			t.Fatalf("there is no setting %s", c.name)
		}
		if got := item.Value(s); got != c.value {
			t.Errorf("%s is %q, want %q", c.name, got, c.value)
		}
		n := &noted{}
		if err := item.Change(t.Context(), setting.Chat{Account: n, Receipts: n, Groups: n}, s, c.to); err != nil || strings.Join(n.asked, ", ") != c.asked {
			t.Errorf("%s %s asks for %q, %v; want %q", c.name, c.to, n.asked, err, c.asked)
		}
	}
	for name, value := range map[string]string{"up": "sideways", "receipts": "maybe", "keep": "5m", "mute": "soon", "dnd": "sometime", "mention-all": "some", "public": ""} {
		item, _ := setting.ItemNamed(name)
		n := &noted{}
		if err := item.Change(t.Context(), setting.Chat{Account: n, Receipts: n, Groups: n}, s, value); !chat.IsRefusal(err) || !errors.Is(err, text.ErrInvalid) || n.asked != nil {
			t.Errorf("%s %s gives %v, and asks for %q", name, value, err, n.asked)
		}
	}
}

// Each setting has a name of its own, a description, and values.
func TestAllItemsAreComplete(t *testing.T) {
	seen := make(map[string]bool)
	for _, i := range setting.Items() {
		switch {
		case seen[i.Name], i.Does == "", i.Section == "", i.Choices() == "", (i.Takes == "") != (i.Form == ""), i.Takes == "" && len(i.Values) < 2:
			t.Errorf("something is missing: %+v", i)
		case strings.Contains(i.Usage(), ","), strings.Count(i.Usage(), " ") != 1:
			t.Errorf("completion cannot read %q", i.Usage())
		}
		seen[i.Name] = true
	}
	for _, s := range setting.All() {
		if !seen[s.Name] {
			t.Errorf("the pages leave out %s", s.Name)
		}
	}
}

// A member of a group sees why a setting is not theirs to change.
func TestLockedItems(t *testing.T) {
	locked := func(l *chat.ConversationSummary) (names []string) {
		for _, i := range setting.ItemsFor(l) {
			if i.Locked(setting.State{Open: l}) != nil {
				names = append(names, i.Name)
			}
		}
		return names
	}
	group := &chat.ConversationSummary{Conversation: chat.Conversation{Kind: chat.KindGroup, Name: "ops"}, Mine: chat.Membership{Role: chat.RoleMember}}
	if got := locked(group); !slices.Equal(got, []string{"name", "topic", "public", "members-add", "history", "read-only", "slow", "keep", "mention-all"}) {
		t.Errorf("a member may not change %q", got)
	}
	if group.Mine.Role = chat.RoleAdmin; !slices.Equal(locked(group), []string{"keep"}) {
		t.Errorf("an admin may not change %q", locked(group))
	}
	if group.Name = chat.GeneralName; !slices.Equal(locked(group), []string{"name", "public", "members-add", "history", "keep"}) {
		t.Errorf("an admin may not change %q of #general", locked(group))
	}
	direct := &chat.ConversationSummary{Conversation: chat.Conversation{Kind: chat.KindDirect}, Mine: chat.Membership{Role: chat.RoleMember, User: 1}, Other: chat.User{ID: 2}}
	if n := len(setting.ItemsFor(direct)); n != 3 || locked(direct) != nil {
		t.Errorf("a direct conversation has %d settings, without %q", n, locked(direct))
	}
	if direct.Other.ID = 1; len(setting.ItemsFor(direct)) != 2 {
		t.Error("notes have receipts")
	}
}

// The tables of docs/settings.md are made from the list of settings.
func TestTheDocsListAllSettings(t *testing.T) {
	const file = "../../docs/settings.md"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- settings: made by go test ./tui/setting -update -->\n", "<!-- end -->\n"
	before, rest, ok1 := strings.Cut(string(page), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the tables", file)
	}
	want := before + begin + tables() + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("%s lists other settings: run  go test ./tui/setting -update", file)
	}
}

// tables describes all settings in Markdown.
func tables() string {
	var b strings.Builder
	section := ""
	for _, i := range setting.Items() {
		if i.Section != section {
			section = i.Section
			fmt.Fprintf(&b, "\n### %s\n\n| setting | values | does |\n|---|---|---|\n", section)
		}
		var values []string
		for _, v := range i.Values {
			values = append(values, "`"+v+"`")
		}
		if i.Form != "" {
			values = append(values, i.Form)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", i.Name, strings.Join(values, ", "), strings.NewReplacer("|", "\\|", "*", "\\*", "_", "\\_").Replace(i.Does))
	}
	return b.String() + "\n"
}
