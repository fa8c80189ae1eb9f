package service_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// openLimited is open with limits.
func openLimited(t *testing.T, limits service.Limits) *service.Service {
	t.Helper()
	store := testkit.OpenStore(t, t.TempDir())
	return testkit.Serve(t, store, store, service.Options{Limits: limits})
}

func TestConversationsOfAnAccountAreLimited(t *testing.T) {
	s := openLimited(t, service.Limits{Conversations: 3})
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	testkit.Enrol(t, s, "eve", 3)
	ctx := t.Context()
	first, err := ann.Groups().NewGroup(ctx, "first", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ann.Groups().Direct(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	tooMany := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, chat.ErrTooLarge) || !chat.IsRefusal(err) {
			t.Errorf("%s gets the answer %v", what, err)
		}
	}
	_, err = ann.Groups().NewGroup(ctx, "second", false, []string{"@bob"})
	tooMany("another group", err)
	_, err = ann.Groups().Direct(ctx, "eve")
	tooMany("another direct conversation", err)
	if _, err := ann.Groups().Direct(ctx, "bob"); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	second, err := bob.Groups().NewGroup(ctx, "second", true, nil)
	if err != nil {
		t.Errorf("the name of what was refused is taken: %v", err)
	}
	_, err = ann.Groups().Join(ctx, "second")
	tooMany("joining", err)
	if members, err := bob.Groups().Members(ctx, second); err != nil || len(members) != 1 {
		t.Errorf("after a refusal %d are members: %v", len(members), err)
	}
	if err := ann.Groups().Leave(ctx, first); err != nil {
		t.Fatal(err)
	}
	if _, err := ann.Groups().Join(ctx, "second"); err != nil {
		t.Errorf("after leaving one: %v", err)
	}
}

func TestMembersOfAGroupAreLimited(t *testing.T) {
	s := openLimited(t, service.Limits{Members: 2})
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	for i, name := range []string{"bob", "eve", "joe"} { // everyone can be in #general
		testkit.Enrol(t, s, name, 2+i)
	}
	ctx := t.Context()
	meet(t, ann, "bob", "eve")
	if _, err := ann.Groups().NewGroup(ctx, "three", false, []string{"bob", "eve"}); !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("a group of three gets the answer %v", err)
	}
	two, err := ann.Groups().NewGroup(ctx, "two", true, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	if err := ann.Groups().AddMembers(ctx, two, []string{"bob", "eve"}); !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("a third member gets the answer %v", err)
	}
	if members, err := ann.Groups().Members(ctx, two); err != nil || len(members) != 2 {
		t.Errorf("%d members: %v", len(members), err)
	}
}

// Changes that other members see are limited as messages are. A refused change has no
// effect.
func TestChangesAreSlowedToo(t *testing.T) {
	s := openLimited(t, service.Limits{Messages: 6})
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	id, err := ann.Groups().NewGroup(t.Context(), "ops", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	refused := false
	for i := range 4 {
		err := ann.Groups().SetTopic(t.Context(), id, fmt.Sprint("topic ", i))
		if err != nil && !errors.Is(err, chat.ErrTooFast) {
			t.Fatal(err)
		}
		refused = refused || err != nil
	}
	if !refused {
		t.Error("four changes at once are taken where three are allowed")
	}
}

// The host is told once of an account that sends too fast, and each refusal counts.
func TestTheHostIsToldOfThoseWhoSendTooFast(t *testing.T) {
	t.Parallel()
	var log testkit.Log
	store := testkit.OpenStore(t, t.TempDir())
	s := testkit.Serve(t, store, store, service.Options{Limits: service.Limits{Messages: 2}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	general, times := testkit.General(t, ann), int64(0)
	for times < 3 {
		_, err := ann.Messages().Send(t.Context(), chat.NewMessage{ID: testkit.NewID(t), Conversation: general, Body: "hello"})
		if err != nil && !errors.Is(err, chat.ErrTooFast) {
			t.Fatal(err)
		}
		if err != nil {
			times++
		}
	}
	if n := s.Refusals().Count(refusal.MaxMessages); n != times {
		t.Errorf("%d refusals were counted, want %d", n, times)
	}
	if n := strings.Count(log.String(), "msg=refused reason=max_messages user=ann "); n != 1 {
		t.Errorf("the log has %d lines about it:\n%s", n, log.String())
	}
	if strings.Contains(log.String(), "hello") {
		t.Error("the log has a message")
	}
}

// Changes of an account itself count as messages, because everyone sees them, or because
// they are in the audit log.
func TestChangesOfAnAccountAreLimited(t *testing.T) {
	s := openLimited(t, service.Limits{Messages: 2})
	limited, ctx := s, t.Context()
	for i, change := range []func(*service.Session, int) error{
		func(s *service.Session, n int) error {
			return s.Account().SetDisplayName(ctx, fmt.Sprint("Nobody ", n))
		},
		func(s *service.Session, n int) error { return s.Account().SetHandle(ctx, fmt.Sprint("nobody-", n)) },
		func(s *service.Session, n int) error {
			key := testkit.Key(t, 100+n)
			return errors.Join(prove(ctx, limited, s, key), second(s.Account().RemoveKey(ctx, key.Fingerprint())))
		},
	} {
		ann := testkit.Connect(t, s, testkit.Enrol(t, s, fmt.Sprintf("ann-%c", 'a'+i), 10+i))
		err := change(ann, 0)
		for n := 1; n < 3 && err == nil; n++ {
			err = change(ann, n)
		}
		if !errors.Is(err, chat.ErrTooFast) {
			t.Errorf("change %d gets the answer %v", i, err)
		}
	}
}

// All requests that read are charged to the account, whichever of its sessions makes them.
func TestReadingIsLimited(t *testing.T) {
	for name, read := range map[string]func(*service.Session, chat.ConversationID) error{
		"conversations": func(s *service.Session, _ chat.ConversationID) error {
			_, err := s.Groups().Conversations(t.Context())
			return err
		},
		"before": func(s *service.Session, id chat.ConversationID) error {
			_, err := s.Messages().Before(t.Context(), id, 1000, 50)
			return err
		},
		"after": func(s *service.Session, id chat.ConversationID) error {
			_, err := s.Messages().After(t.Context(), id, 0, 50)
			return err
		},
		"visit": func(s *service.Session, id chat.ConversationID) error {
			_, err := s.Receipts().Visit(t.Context(), id)
			return err
		},
		"members": func(s *service.Session, id chat.ConversationID) error {
			_, err := s.Groups().Members(t.Context(), id)
			return err
		},
		"people": func(s *service.Session, _ chat.ConversationID) error {
			_, err := s.Contacts().People(t.Context())
			return err
		},
		"groups": func(s *service.Session, _ chat.ConversationID) error {
			_, err := s.Groups().PublicGroups(t.Context())
			return err
		},
		"find": func(s *service.Session, _ chat.ConversationID) error {
			_, err := s.Groups().Find(t.Context(), "#general")
			return err
		},
		"files": func(s *service.Session, id chat.ConversationID) error {
			_, err := s.Files().List(t.Context(), id, 0, 50)
			return err
		},
		"details": func(s *service.Session, id chat.ConversationID) error {
			_, err := s.Receipts().Details(t.Context(), id, 1)
			return err
		},
		"export": func(s *service.Session, _ chat.ConversationID) error {
			return s.Account().Export(t.Context(), io.Discard)
		},
		"search": func(s *service.Session, _ chat.ConversationID) error {
			q, err := text.ParseQuery("word", time.UTC)
			if err == nil {
				_, err = s.Messages().Search(t.Context(), q, 10, 0)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openLimited(t, service.Limits{Requests: 20})
			key := testkit.Enrol(t, s, "ann", 1)
			ann, again := testkit.Connect(t, s, key), testkit.Connect(t, s, key)
			in := testkit.General(t, ann)
			testkit.Send(t, ann, in, "a word")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			refused := make(chan struct{})
			var once sync.Once
			var all sync.WaitGroup
			for i := range 400 {
				all.Go(func() {
					who := []*service.Session{ann, again}[i%2]
					for ctx.Err() == nil {
						if err := read(who, in); errors.Is(err, chat.ErrTooFast) {
							once.Do(func() { close(refused) })
							return
						} else if err != nil {
							return
						}
					}
				})
			}
			select {
			case <-refused:
			case <-time.After(testkit.Patience):
				t.Error("it is never refused")
			}
			cancel()
			service.End(ann)
			service.End(again)
			all.Wait()
		})
	}
}
