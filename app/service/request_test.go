package service_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/service"
	"confab/app/testkit"
)

func answer(ctx context.Context, s *service.Session, id int64, approve bool) error {
	_, err := s.Admission().AnswerRequest(ctx, id, approve)
	return err
}

func TestARequestIsAnswered(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	_, err := bob.Admission().JoinRequests(ctx)
	refused(t, err, chat.ErrNotAllowed, "owners and admins")
	ask := func(n int, name, note string) *service.Stranger {
		v := knock(t, s, testkit.Key(t, n))
		if err := v.Ask(ctx, name, note); err != nil {
			t.Fatal(err)
		}
		return v
	}
	cleo := ask(10, "cleo", "\x1b[31mfrom\nthe club")
	dan, twin := ask(11, "dan", "me"), ask(12, "bob", "also bob")
	list, err := ann.Admission().JoinRequests(ctx)
	if err != nil || len(list) != 3 || list[0].Note != "from the club" || list[0].Address != "192.0.2.1" {
		t.Fatalf("ann sees %+v, %v", list, err)
	}
	if list[0].Conflict != "" || list[2].Conflict != "The name bob is taken" {
		t.Errorf("the conflicts are %q and %q", list[0].Conflict, list[2].Conflict)
	}
	refused(t, answer(ctx, bob, list[0].ID, true), chat.ErrNotAllowed, "owners and admins")
	for i, approve := range []bool{true, false, true} {
		if err := answer(ctx, ann, list[i].ID, approve); err != nil {
			t.Fatal(err)
		}
		refused(t, answer(ctx, ann, list[i].ID, true), chat.ErrNotFound, "answered already")
	}
	for _, v := range []*service.Stranger{cleo, dan, twin} {
		<-v.Wake()
	}
	if st, err := cleo.Standing(ctx); !st.Member || err != nil {
		t.Errorf("cleo stands at %+v, %v", st, err)
	}
	if st, err := dan.Standing(ctx); st.Member || st.Request.State != chat.RequestRefused || err != nil {
		t.Errorf("dan stands at %+v, %v", st, err)
	}
	refused(t, dan.Ask(ctx, "dan", "please"), chat.ErrNotAllowed, "refused")
	refused(t, dan.Join(ctx, "dan"), chat.ErrNotAllowed, "ask the host")
	// The name is bob's, so the newcomer chooses another one, and nobody has to approve that.
	if st, err := twin.Standing(ctx); st.Member || !st.Invited || err != nil {
		t.Errorf("the other bob stands at %+v, %v", st, err)
	}
	refused(t, twin.Join(ctx, "bob"), chat.ErrConflict, "taken")
	if err := twin.Join(ctx, "robert"); err != nil {
		t.Error(err)
	}
	// Owners and admins are told the name, and the audit log has it.
	if log, err := s.Host().Audit(ctx, 1); err != nil || log[0].Actor != "robert" || log[0].Text() != "request.name "+testkit.Key(t, 12).Fingerprint()+": asked to be bob" {
		t.Errorf("the audit log has %+v, %v", log, err)
	}
	if !slices.Contains(ann.Mailbox().Drain().Events, chat.Event(chat.RequestNamed{Asked: "bob", Name: "robert"})) {
		t.Error("ann is not told")
	}
	for n, name := range map[int]string{10: "cleo", 12: "robert"} {
		if u, err := s.Accounts().UserByKey(ctx, testkit.Key(t, n).Fingerprint()); u.Name != name || u.Role != chat.RoleMember || err != nil {
			t.Errorf("%s's key opens %+v, %v", name, u, err)
		}
	}
	if list, err := ann.Admission().JoinRequests(ctx); len(list) != 0 || err != nil {
		t.Errorf("the waiting ones are %+v, %v", list, err)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	ask := func(n int, address string) error {
		v := s.Joining().Visit(testkit.Key(t, n), netip.MustParseAddr(address), &service.CodeTries{})
		defer v.Close()
		return v.Ask(ctx, fmt.Sprintf("name-%d", n), strings.Repeat("long ", 1000))
	}
	for n := 1; ; n++ {
		if err := ask(n+10, "192.0.2.1"); err != nil {
			refused(t, err, chat.ErrTooLarge, "Too many people are waiting")
			if n != 21 {
				t.Errorf("%d came from one address", n-1)
			}
			break
		}
	}
	if n := s.Refusals().Count(refusal.Joins); n != 1 {
		t.Errorf("%d refusals were counted, want 1", n)
	}
	n := 100
	for ; ; n++ {
		if err := ask(n, fmt.Sprint("198.51.", n>>8, ".", n&255)); err != nil {
			refused(t, err, chat.ErrTooLarge, "Too many people are waiting")
			break
		}
	}
	list, err := ann.Admission().JoinRequests(ctx)
	if err != nil || len(list) != 200 || len(list[0].Note) > 220 {
		t.Errorf("%d wait, %v", len(list), err)
	}
	if err := ask(11, "192.0.2.1"); err != nil { // strangers may replace their own request
		t.Error(err)
	}
	c.add(15 * 24 * time.Hour)
	if err := s.PruneJoining(ctx); err != nil {
		t.Fatal(err)
	}
	if list, err := ann.Admission().JoinRequests(ctx); len(list) != 0 || err != nil {
		t.Errorf("after two weeks %d wait, %v", len(list), err)
	}
	if err := ask(n, "192.0.2.1"); err != nil {
		t.Error(err)
	}
}

// Owners and admins can approve only a request that they have seen. If the stranger asks
// again in the meantime, that is another request.
func TestARequestThatChangesIsAnother(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	eve := knock(t, s, testkit.Key(t, 10))
	if err := eve.Ask(ctx, "eve", "your neighbour"); err != nil {
		t.Fatal(err)
	}
	seen, err := ann.Admission().JoinRequests(ctx)
	if err != nil || len(seen) != 1 {
		t.Fatalf("ann sees %v, %v", seen, err)
	}
	ann.Mailbox().Drain()
	if err := eve.Ask(ctx, "the-boss", "your boss"); err != nil {
		t.Fatal(err)
	}
	refused(t, answer(ctx, ann, seen[0].ID, true), chat.ErrNotFound, "withdrawn")
	told := slices.ContainsFunc(ann.Mailbox().Drain().Events, func(ev chat.Event) bool { _, ok := ev.(chat.RequestsChanged); return ok })
	if !told {
		t.Error("ann's page of requests is not read again")
	}
	if st, err := eve.Standing(ctx); st.Member || err != nil {
		t.Errorf("eve stands at %+v, %v", st, err)
	}
	if list, err := ann.Admission().JoinRequests(ctx); err != nil || len(list) != 1 || list[0].Name != "the-boss" {
		t.Errorf("the waiting ones are %+v, %v", list, err)
	}
}

// An IPv6 network has more addresses than the number of requests that are allowed.
func TestRequestsOfANetworkAreBounded(t *testing.T) {
	s, _ := openDoor(t)
	testkit.Enrol(t, s, "ann", 1)
	ask := func(n int, address string) error {
		v := s.Joining().Visit(testkit.Key(t, n), netip.MustParseAddr(address), &service.CodeTries{})
		defer v.Close()
		return v.Ask(t.Context(), fmt.Sprintf("name-%d", n), "me")
	}
	for n := range 20 {
		if err := ask(10+n, fmt.Sprintf("2001:db8:1:1::%x", n)); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, ask(100, "2001:db8:1:1:ffff::1"), chat.ErrTooLarge, "Too many people are waiting")
	if err := ask(101, "2001:db8:1:2::1"); err != nil {
		t.Error(err)
	}
}

// A stranger who became a member while writing a request makes no request.
func TestAMemberAsksForNothing(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	v := knock(t, s, testkit.Key(t, 2))
	testkit.Enrol(t, s, "bob", 2)
	if err := v.Ask(ctx, "bobby", "it is me"); err != nil {
		t.Error(err)
	}
	if list, err := ann.Admission().JoinRequests(ctx); len(list) != 0 || err != nil {
		t.Errorf("the waiting ones are %+v, %v", list, err)
	}
}
