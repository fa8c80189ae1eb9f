package service_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

func reply(s *service.Session, in chat.ConversationID, to uuid.UUID) (*chat.Message, error) {
	id, err := s.NewID()
	if err != nil {
		return nil, err
	}
	return s.Messages().Send(context.Background(), chat.NewMessage{ID: id, Conversation: in, Body: "so be it", ReplyTo: to})
}

// Members can answer messages of the same conversation that they may see. A quote shows
// nothing to members who may not see the message that it quotes.
func TestReplies(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	ops := group(t, ann, "ops")
	first := testkit.Send(t, ann, ops, "the\nfirst  one \u202e")
	meet(t, ann, "bob")
	if err := ann.Groups().AddMembers(t.Context(), ops, []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	second := testkit.Send(t, ann, ops, "the second one")
	everyone, err := ann.Groups().Find(t.Context(), "#general")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := testkit.Send(t, ann, everyone.ID, "elsewhere")
	for _, c := range []struct {
		by   *service.Session
		to   uuid.UUID
		want error
	}{
		{ann, first.ID, nil}, {bob, second.ID, nil}, {bob, first.ID, chat.ErrNotFound},
		{ann, elsewhere.ID, chat.ErrNotFound}, {ann, testkit.NewID(t), chat.ErrNotFound},
	} {
		m, err := reply(c.by, ops, c.to)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s answers: %v, want %v", c.by.User().Name, err, c.want)
		}
		if err != nil {
			continue
		}
		stored, l, err := ann.Messages().Message(t.Context(), m.ID)
		if err != nil || *stored.ReplyTo != *m.ReplyTo {
			t.Errorf("it is stored as %+v, %v; want %+v", stored, err, m)
		}
		if q := stored.Quote(l.Floor()); q == nil || q.ID != c.to || q.AuthorName != "ann" {
			t.Errorf("ann sees the quote %+v", q)
		}
		l, err = bob.Groups().Find(t.Context(), "#ops")
		if err != nil {
			t.Fatal(err)
		}
		if q := m.Quote(l.Floor()); (q != nil) != (c.to == second.ID) {
			t.Errorf("bob sees the quote %+v", q)
		}
	}
	if _, _, err := bob.Messages().Message(t.Context(), first.ID); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("bob sees what was said before: %v", err)
	}
	if m, _, err := ann.Messages().Message(t.Context(), first.ID); err != nil || m.Position >= second.Position || m.Position != first.Position {
		t.Errorf("positions are %d and %d, %v", m.Position, second.Position, err)
	}
}
