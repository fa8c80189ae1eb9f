package live

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"testing"
	"time"

	"confab/app/chat"
)

// changeTypes are the types that the source code of package chat makes a Change.
func changeTypes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../chat/change.go", nil, 0)
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

// Apply knows all types of changes in package chat.
func TestEachChangeIsApplied(t *testing.T) {
	ban := chat.Ban{Kind: chat.BanNetwork, Target: "192.0.2.0/24", EndsAt: time.Now().AddDate(100, 0, 0), MadeBy: "ann"}
	message := &chat.Message{Conversation: 2, Seq: 3, Author: 1, Body: "hello"}
	want := changeTypes(t)
	if len(want) < 20 {
		t.Fatalf("the source has the changes %v", want)
	}
	for _, c := range []chat.Change{
		chat.MessagePosted{Message: message},
		chat.PostedElsewhere{Message: message},
		chat.PreferencesChanged{User: 5},
		chat.MessageAltered{Conversation: 2, Seq: 3, At: time.Now(), HiddenFrom: []chat.UserID{4}, Message: message},
		chat.MessageReacted{Conversation: 2, Seq: 3, User: 1, Name: "bob", Emoji: "🎉", On: true, HiddenFrom: []chat.UserID{4}, Message: message},
		chat.LinePosted{Conversation: 2, Seq: 3, Message: message},
		chat.ContentsDropped{},
		chat.MemberJoined{Conversation: 2, Direct: true, User: 1, Name: "bob", Role: chat.RoleAdmin, Joined: 7},
		chat.MemberLeft{Conversation: 2, User: 1},
		chat.MemberRoleChanged{Conversation: 2, User: 1, Role: chat.RoleOwner},
		chat.ConversationChanged{Conversation: 2},
		chat.HistoryExpired{Conversation: 2},
		chat.PersonalChanged{User: 1},
		chat.InvitationsOf{User: 1},
		chat.LaterOf{User: 1},
		chat.ThreadsMoved{Conversation: 2, Users: []chat.UserID{4}},
		chat.BlockSet{User: 1, Other: 2, On: true},
		chat.SeenSet{Conversation: 2, User: 1, Seen: 3},
		chat.MarkersMoved{Moves: []chat.MarkerMove{{Conversation: 2, Users: []chat.UserID{1}, Delivered: 4, Read: 3, Seen: 3}}},
		chat.ReceiptsSwitched{User: 1, Conversation: 2, Off: true},
		chat.UserRenamed{User: 1, Name: "rob", DisplayName: "Robert"},
		chat.StatusSet{User: 1, Direct: []chat.ConversationID{2}, Status: chat.Status{Text: "at lunch"}},
		chat.UserDeleted{User: 1, Purged: true},
		chat.UserDisabled{User: 1, Disabled: true},
		chat.UserKicked{User: 1, By: "ann", Reason: "off topic", At: time.Now()},
		chat.KeyAdded{Fingerprint: "SHA256:key"},
		chat.KeyRevoked{Fingerprint: "SHA256:key", Certificates: true},
		chat.BanAdded{Ban: ban, Spared: []chat.UserID{3}},
		chat.BanRemoved{Ban: ban},
		chat.JoinModeChanged{},
		chat.WordsChanged{Words: &chat.Words{}},
		chat.RequestAnswered{Fingerprint: "SHA256:key"},
		chat.RequestsWaiting{Waiting: 3, Staff: []chat.UserID{1}, Other: true},
		chat.RequesterNamed{Asked: "ann", Name: "anna", Staff: []chat.UserID{1}},
	} {
		name := reflect.TypeOf(c).Name()
		i := slices.Index(want, name)
		if i < 0 {
			t.Fatalf("%s is no change of change.go, or here twice", name)
		}
		want = slices.Delete(want, i, i+1)
		h := New()
		h.Start(chat.Backing{Now: time.Now, Purged: func() {}, Doubt: func(func(chat.Login, chat.UserID) bool) {}})
		h.flusher.stopped = true // nothing is written
		if err := h.Apply(c); err != nil {
			t.Errorf("applying %s: %v", name, err)
		}
	}
	if len(want) > 0 {
		t.Errorf("no sample of %v", want)
	}
	unknown := struct{ chat.JoinModeChanged }{}
	if err := New().Apply(unknown); err == nil {
		t.Error("a change that nothing applies is no fault")
	}
}
