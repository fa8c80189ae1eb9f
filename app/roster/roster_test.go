package roster_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"confab/app/chat"
	"confab/app/roster"
	"confab/app/testkit"
)

// fakeRoster has 2, 4 and 5 connected elsewhere, and 3 away there.
type fakeRoster struct{ met chan struct{} }

func (f fakeRoster) Meet(context.Context, chat.Connected) (there chat.Connected, err error) {
	f.met <- struct{}{}
	there.Presence = map[chat.UserID]chat.Presence{2: chat.Online, 3: chat.Away, 4: chat.Online, 5: chat.Online}
	return there, nil
}

func (fakeRoster) Leave(context.Context) error { return nil }

// fakeBus says who is typing.
type fakeBus struct {
	chat.Bus
	people chan struct{}
	typing chan chat.Typing
	told   chan chat.Typing
}

func (f fakeBus) People() <-chan struct{}    { return f.people }
func (f fakeBus) Typing() <-chan chat.Typing { return f.typing }
func (f fakeBus) TellTyping(t chat.Typing)   { f.told <- t }

// fakeLive has somebody in conversation 1, where 5 is silenced.
type fakeLive struct {
	chat.Elsewhere
	writing chan chat.Typing
	mu      sync.Mutex
	typed   []chat.Typing
}

func (*fakeLive) Here() map[chat.UserID]chat.Presence                 { return nil }
func (*fakeLive) Changed() <-chan struct{}                            { return nil }
func (f *fakeLive) Writing() <-chan chat.Typing                       { return f.writing }
func (*fakeLive) Replace(map[chat.UserID]chat.Presence) []chat.UserID { return nil }
func (*fakeLive) Sees(id chat.ConversationID, user chat.UserID) bool  { return id == 1 && user != 5 }
func (f *fakeLive) Typed(t chat.Typing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.typed = append(f.typed, t)
}

// fakeStore has 2, 3 and 7 in conversation 1, of whom 3 may not write.
type fakeStore struct{}

func (fakeStore) ConversationIDs(context.Context, chat.UserID) (all, direct []chat.ConversationID, err error) {
	return nil, nil, nil
}

func (fakeStore) Membership(_ context.Context, _ chat.ConversationID, user chat.UserID) (m chat.Membership, err error) {
	if user == 2 || user == 3 || user == 7 {
		m.Role = chat.RoleMember
	}
	if user == 3 {
		m.Silence = &chat.Ban{}
	}
	return m, nil
}

func (fakeStore) UserByID(_ context.Context, id chat.UserID) (chat.User, error) {
	if id != 2 && id != 7 {
		return chat.User{}, errors.New("no such user")
	}
	return chat.User{ID: id, Name: "bob"}, nil
}

// The bus cannot show somebody as typing who is not connected elsewhere, who may not write in the
// conversation, or who has another name, and it cannot keep the screens busy.
func TestTheBusIsNotBelieved(t *testing.T) {
	b := fakeBus{people: make(chan struct{}), typing: make(chan chat.Typing), told: make(chan chat.Typing)}
	l := &fakeLive{writing: make(chan chat.Typing)}
	r := fakeRoster{make(chan struct{}, 100)}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		roster.Keep(ctx, roster.Options{Roster: r, Bus: b, Live: l, Store: fakeStore{}, Log: slog.New(slog.DiscardHandler),
			Connections: func() map[chat.UserID]int { return nil }, Elsewhere: func(map[chat.UserID]int) {}})
	})
	testkit.Within(t, "the first meeting", r.met)
	for range 3 {
		for _, said := range []chat.Typing{
			{Conversation: 1, User: 2, Name: "\x1b[2J", Sent: "\x1b[2J"}, {Conversation: 2, User: 2}, {Conversation: 1, User: 3}, {Conversation: 1, User: 4}, {Conversation: 1, User: 5},
			{Conversation: 1, User: 6}, {Conversation: 1, User: 7}, {Conversation: 1}, {Conversation: 1, User: -1}, {User: 2},
		} {
			b.typing <- said
		}
	}
	l.writing <- chat.Typing{Conversation: 1, User: 1, Name: "ann"}
	if told := testkit.Within(t, "what the others are told", b.told); told.User != 1 {
		t.Errorf("the others are told that %+v is typing", told)
	}
	for range 100 {
		b.typing <- chat.Typing{Conversation: 1, User: 2}
	}
	cancel()
	all.Wait()
	met := len(r.met) + 1 // between two meetings, signs are counted
	if n := len(l.typed); n < 3 || n > 4*met {
		t.Errorf("%d signs of typing are shown after %d meetings", n, met)
	}
	for _, typed := range l.typed {
		if typed != (chat.Typing{Conversation: 1, User: 2, Name: "bob"}) {
			t.Errorf("%+v is shown as typing", typed)
		}
	}
}
