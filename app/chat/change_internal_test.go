package chat

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// samples has a value of each change. No field is empty, so that the test notices when the
// record loses one.
func samples() []Change {
	at := time.Date(2026, 11, 27, 12, 0, 0, 5e6, time.UTC)
	ban := Ban{
		Kind: BanNetwork, User: 1, UserName: "bob", Target: "192.0.2.0/24",
		MadeAt: at, EndsAt: at.AddDate(100, 0, 0), MadeBy: "ann", Reason: "spam",
	}
	return []Change{
		MessagePosted{&Message{Conversation: 2, Seq: 3, Author: 1, Body: "hello"}},
		PostedElsewhere{&Message{Conversation: 2, Seq: 3, Author: 1, Body: "hello"}},
		PreferencesChanged{User: 5},
		MessageAltered{Conversation: 2, Seq: 3, At: at, HiddenFrom: []UserID{4, 5}, By: 6, Bot: true, Message: &Message{Conversation: 2, Seq: 3, Body: "secret"}},
		MessageReacted{2, 3, 1, uuid.UUID{7}, "bob", true, "🎉", true, []UserID{4, 5}, &Message{Conversation: 2, Seq: 3, Body: "secret"}},
		MemberJoined{2, true, 1, "bob", RoleAdmin, 7, true, true, true},
		MemberLeft{2, 1},
		LinePosted{2, 3, &Message{Conversation: 2, Seq: 3, Body: "secret"}},
		ContentsDropped{},
		MemberRoleChanged{2, 1, RoleOwner},
		ConversationChanged{2},
		HistoryExpired{2},
		PersonalChanged{1},
		InvitationsOf{1},
		LaterOf{1},
		ThreadsMoved{2, []UserID{4, 5}},
		BlockSet{1, 2, true},
		SeenSet{2, 1, 3},
		MarkersMoved{[]MarkerMove{{2, []UserID{1, 4}, 9, 8, 7, 8, at}}, true},
		ReceiptsSwitched{1, 2, true},
		UserRenamed{1, "rob", "Robert"},
		StatusSet{1, []ConversationID{2, 3}, Status{"at lunch", at}},
		UserDeleted{1, true, at},
		UserDisabled{1, true, []ConversationID{2}},
		UserKicked{1, "ann", "off topic", at},
		KeyAdded{"SHA256:key"},
		KeyRevoked{"SHA256:key", true},
		BanAdded{ban, []UserID{3}},
		BanRemoved{ban},
		JoinModeChanged{},
		WordsChanged{WordMotd, &Words{Word{"be kind", at}, Word{"hello", at}, Word{"cake", at}, Word{"new disk", at}}},
		RequestAnswered{"SHA256:key"},
		RequestsWaiting{3, []UserID{1, 2}, true},
		RequesterNamed{"ann", "anna", []UserID{1, 2}},
	}
}

// changeTypes are the types that the source code of the package makes a Change.
func changeTypes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "change.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "kind" {
			found = append(found, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	return found
}

// Every type of change has a sample here, and another process reads from the record what
// was written. A test of package live checks that each type is applied.
func TestEachChangeIsRecorded(t *testing.T) {
	want := changeTypes(t)
	if len(want) < 20 {
		t.Fatalf("the source has the changes %v", want)
	}
	kinds := 0
	for _, c := range samples() {
		name := reflect.TypeOf(c).Name()
		i := slices.Index(want, name)
		if i < 0 {
			t.Fatalf("%s is no change of change.go, or here twice", name)
		}
		want = slices.Delete(want, i, i+1)
		if v := reflect.ValueOf(c); v.NumField() > 0 {
			for f := range v.NumField() {
				if v.Field(f).IsZero() {
					t.Errorf("the sample of %s has no %s", name, v.Type().Field(f).Name)
				}
			}
		}
		if c.kind() == "" {
			continue
		}
		kinds++
		got, err := recorded(t, c).Change()
		if err != nil {
			t.Errorf("reading %s: %v", name, err)
		}
		switch changed := c.(type) { // nothing that somebody wrote is recorded
		case MessageAltered:
			changed.Message = nil
			c = changed
		case LinePosted:
			changed.Message = nil
			c = changed
		case MessageReacted:
			changed.Message = nil
			c = changed
		case MarkersMoved:
			changed.Here = false // for the other servers
			c = changed
		case StatusSet:
			changed.Status = Status{}
			c = changed
		}
		if !reflect.DeepEqual(got, c) {
			t.Errorf("the record makes\n%#v\nof\n%#v", got, c)
		}
	}
	if len(want) > 0 {
		t.Errorf("no sample of %v", want)
	}
	if kinds != len(changeDecoders) {
		t.Errorf("%d kinds are recorded and %d can be read", kinds, len(changeDecoders))
	}
}

// recorded returns what the record has of a change.
func recorded(t *testing.T, c Change) RecordedChange {
	t.Helper()
	row, is, err := Record(c)
	if err != nil {
		t.Fatal(err)
	}
	if !is {
		t.Fatalf("%T is not recorded", c)
	}
	return row
}
