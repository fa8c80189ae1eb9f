package chat_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/testkit"
	"confab/app/text"
	"confab/keys"
)

// openDoor is a service with a clock that the test moves.
func openDoor(t *testing.T) (*chat.Service, *clock) {
	t.Helper()
	c := &clock{now: time.UnixMilli(1_800_000_000_000)}
	return openAt(t, c), c
}

func knock(t testing.TB, s *chat.Service, key keys.Key) *chat.Stranger {
	t.Helper()
	v := s.Joining().Visit(key, netip.MustParseAddr("192.0.2.1"), &chat.CodeTries{})
	t.Cleanup(v.Close)
	return v
}

func setJoin(t testing.TB, s *chat.Service, mode chat.JoinMode) {
	t.Helper()
	if err := s.Joining().SetMode(t.Context(), mode); err != nil {
		t.Fatal(err)
	}
}

// refused checks that something was refused, with a sentence that has a text.
func refused(t testing.TB, err error, kind error, says string) {
	t.Helper()
	if !chat.IsRefusal(err) || !errors.Is(err, kind) || !strings.Contains(err.Error(), says) {
		t.Errorf("the answer is %v, want a refusal (%v) that says %q", err, kind, says)
	}
}

func TestWhoMayJoinHow(t *testing.T) {
	s, _ := openDoor(t)
	testkit.Enrol(t, s, "ann", 1)
	ctx := t.Context()
	if mode, err := s.Joining().Mode(ctx); mode != chat.JoinByRequest || err != nil {
		t.Errorf("at first it is %s, %v", mode, err)
	}
	for i, mode := range chat.JoinModes() {
		setJoin(t, s, mode)
		v := knock(t, s, testkit.Key(t, 100+i))
		name := fmt.Sprint("new-", mode)
		if err := v.Ask(ctx, name, "it is me"); (err == nil) != (mode == chat.JoinByRequest) {
			t.Errorf("%s: to ask is answered %v", mode, err)
		}
		if err := v.Join(ctx, name); (err == nil) != (mode == chat.JoinOpen) {
			t.Errorf("%s: to join is answered %v", mode, err)
		}
		code, _, err := s.Joining().Invite(ctx, chat.Invitation{})
		if err != nil {
			t.Fatal(err)
		}
		w := knock(t, s, testkit.Key(t, 200+i))
		if err := w.Redeem(ctx, code); (err == nil) != (mode != chat.JoinClosed) {
			t.Errorf("%s: a code is answered %v", mode, err)
		}
		if err := w.Join(ctx, "coded-"+string(mode)); (err == nil) != (mode != chat.JoinClosed) {
			t.Errorf("%s: to join with a code is answered %v", mode, err)
		}
	}
}

// Nobody becomes the owner of a server by being the first to find it.
func TestTheFirstStrangerIsNotTheOwner(t *testing.T) {
	s, _ := openDoor(t)
	setJoin(t, s, chat.JoinOpen)
	v := knock(t, s, testkit.Key(t, 1))
	refused(t, v.Join(t.Context(), "eve"), chat.ErrNotAllowed, "no owner yet")
	if users, err := s.Accounts().Owners(t.Context()); len(users) != 0 || err != nil {
		t.Errorf("the owners are %v, %v", users, err)
	}
}

// prove adds keys to an account as connections with them do, with a code for each.
func prove(ctx context.Context, s *chat.Service, account *chat.Session, add ...keys.Key) error {
	for _, k := range add {
		code, _, err := account.Account().KeyCode(ctx)
		if err != nil {
			return err
		}
		v := s.Joining().Visit(k, netip.MustParseAddr("192.0.2.1"), &chat.CodeTries{})
		err = v.Redeem(ctx, code)
		v.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// A key is added with a code on a connection with that key: once, in every mode, for
// the account that has made the code, while that may come in.
func TestAKeyIsProved(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	made := func() string {
		t.Helper()
		code, _, err := bob.Account().KeyCode(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	opens := func(n int, name string) {
		t.Helper()
		if u, err := s.Accounts().UserByKey(ctx, testkit.Key(t, n).Fingerprint()); u.Name != name || (err != nil) != (name == "") {
			t.Errorf("key %d opens %q, %v", n, u.Name, err)
		}
	}
	for i, mode := range chat.JoinModes() {
		setJoin(t, s, mode)
		code := made()
		if err := knock(t, s, testkit.Key(t, 10+i)).Redeem(ctx, code); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		opens(10+i, "bob")
		refused(t, knock(t, s, testkit.Key(t, 20+i)).Redeem(ctx, code), chat.ErrNotFound, "does not work")
	}
	first := made()
	second := made() // in place of the first
	refused(t, knock(t, s, testkit.Key(t, 30)).Redeem(ctx, first), chat.ErrNotFound, "does not work")
	c.add(61 * time.Minute)
	refused(t, knock(t, s, testkit.Key(t, 30)).Redeem(ctx, second), chat.ErrNotFound, "does not work")
	last := made()
	if _, err := s.Host().Ban(ctx, "@bob", time.Hour, ""); err != nil {
		t.Fatal(err)
	}
	refused(t, knock(t, s, testkit.Key(t, 30)).Redeem(ctx, last), chat.ErrNotFound, "does not work")
	opens(30, "")
}

func answer(ctx context.Context, s *chat.Session, id int64, approve bool) error {
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
	ask := func(n int, name, note string) *chat.Stranger {
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
	for _, v := range []*chat.Stranger{cleo, dan, twin} {
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
	// The name is bob's, so this one chooses another, and needs nobody for it.
	if st, err := twin.Standing(ctx); st.Member || !st.Invited || err != nil {
		t.Errorf("the other bob stands at %+v, %v", st, err)
	}
	refused(t, twin.Join(ctx, "bob"), chat.ErrConflict, "taken")
	if err := twin.Join(ctx, "robert"); err != nil {
		t.Error(err)
	}
	// The staff is told which name it is, and the log keeps it.
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
		t.Errorf("there wait %+v, %v", list, err)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	ask := func(n int, address string) error {
		v := s.Joining().Visit(testkit.Key(t, n), netip.MustParseAddr(address), &chat.CodeTries{})
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
	if err := ask(11, "192.0.2.1"); err != nil { // one's own may be written anew
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

// The answer is the same for codes that are unknown, expired or used up, and for codes of
// a closed server.
func TestCodesThatDoNotWork(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	invite := func(in chat.Invitation) string {
		code, _, err := ann.Admission().Invite(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	short, once, twice := invite(chat.Invitation{Lasts: time.Hour}), invite(chat.Invitation{}), invite(chat.Invitation{Uses: 2})
	for i, code := range []string{once, twice, twice} {
		v := knock(t, s, testkit.Key(t, 10+i))
		if err := errors.Join(v.Redeem(ctx, strings.ToLower(code)), v.Join(ctx, fmt.Sprint("guest-", i))); err != nil {
			t.Fatal(err)
		}
	}
	c.add(time.Hour)
	said := map[string]bool{}
	for i, code := range []string{"0000-0000-0000-0000", short, once, twice} {
		err := knock(t, s, testkit.Key(t, 20+i)).Redeem(ctx, code)
		refused(t, err, chat.ErrNotFound, "does not work")
		said[err.Error()] = true
	}
	if len(said) != 1 {
		t.Errorf("they are told from each other: %v", said)
	}
	// Ten wrong ones on a connection, in however many sessions, and from an address.
	from := func(address string, tries *chat.CodeTries) *chat.Stranger {
		v := s.Joining().Visit(testkit.Key(t, 30), netip.MustParseAddr(address), tries)
		t.Cleanup(v.Close)
		return v
	}
	var connection chat.CodeTries
	for range 5 {
		refused(t, from("198.51.100.1", &connection).Redeem(ctx, once), chat.ErrNotFound, "does not work")
		refused(t, from("198.51.100.1", &connection).Redeem(ctx, twice), chat.ErrNotFound, "does not work")
	}
	good := invite(chat.Invitation{})
	refused(t, from("198.51.100.1", &connection).Redeem(ctx, good), chat.ErrTooLarge, "Too many codes were wrong: connect again")
	refused(t, from("198.51.100.1", &chat.CodeTries{}).Redeem(ctx, good), chat.ErrTooFast, "Too many wrong codes came from your address")
	refused(t, from("198.51.100.2", &connection).Redeem(ctx, good), chat.ErrTooLarge, "Too many codes were wrong")
	if err := from("198.51.100.2", &chat.CodeTries{}).Redeem(ctx, good); err != nil {
		t.Error(err)
	}
	c.add(time.Hour)
	if err := from("198.51.100.1", &chat.CodeTries{}).Redeem(ctx, good); err != nil {
		t.Error(err)
	}
	refused(t, knock(t, s, testkit.Key(t, 31)).Redeem(ctx, "hello"), text.ErrInvalid, "16 letters")
}

// A code that many have at once lets in as many as it is good for.
func TestACodeIsUsedUpOnce(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	code, _, err := s.Joining().Invite(ctx, chat.Invitation{Uses: 3})
	if err != nil {
		t.Fatal(err)
	}
	var in atomic.Int32
	var all sync.WaitGroup
	strangers := make([]*chat.Stranger, 10)
	for i := range strangers { // all have it before the first one uses it
		strangers[i] = knock(t, s, testkit.Key(t, 10+i))
		if err := strangers[i].Redeem(ctx, code); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range strangers {
		all.Go(func() {
			if err := v.Join(context.Background(), fmt.Sprint("guest-", i)); err == nil {
				in.Add(1)
			} else if !chat.IsRefusal(err) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if in.Load() != 3 {
		t.Errorf("%d have joined, want 3", in.Load())
	}
}

func TestWhoMayInvite(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	owner := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	join := func(n int, name string, in chat.Invitation) *chat.Session {
		code, _, err := owner.Admission().Invite(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		v := knock(t, s, testkit.Key(t, n))
		if err := errors.Join(v.Redeem(ctx, code), v.Join(ctx, name)); err != nil {
			t.Fatal(err)
		}
		return testkit.Connect(t, s, testkit.Key(t, n))
	}
	admin, member := join(2, "bob", chat.Invitation{Role: chat.RoleAdmin}), join(3, "eve", chat.Invitation{})
	if admin.User().Role != chat.RoleAdmin || member.User().Role != chat.RoleMember {
		t.Errorf("bob is %s and eve %s", admin.User().Role, member.User().Role)
	}
	if _, _, err := admin.Admission().Invite(ctx, chat.Invitation{}); err != nil {
		t.Error(err)
	}
	for _, role := range []chat.Role{chat.RoleAdmin, chat.RoleOwner} {
		_, _, err := admin.Admission().Invite(ctx, chat.Invitation{Role: role})
		refused(t, err, chat.ErrNotAllowed, "Only an owner")
	}
	_, _, err := member.Admission().Invite(ctx, chat.Invitation{})
	refused(t, err, chat.ErrNotAllowed, "owners and admins")
	refused(t, member.Admission().SetJoinMode(ctx, chat.JoinOpen), chat.ErrNotAllowed, "owners and admins")
	if err := admin.Admission().SetJoinMode(ctx, chat.JoinOpen); err != nil {
		t.Error(err)
	}
	for _, in := range []chat.Invitation{{Uses: -1}, {Uses: 1001}, {Lasts: time.Second}, {Lasts: 366 * 24 * time.Hour}, {Role: "king"}} {
		_, _, err := owner.Admission().Invite(ctx, in)
		refused(t, err, text.ErrInvalid, "")
	}
}

// A code for a lost key lets one other key into the account, once and for a day,
// also where nobody new is let in.
func TestALostKey(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	setJoin(t, s, chat.JoinClosed)
	code, _, err := s.Accounts().ResetKey(ctx, "@Ann")
	late, _, err2 := s.Accounts().ResetKey(ctx, "ann")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Accounts().ResetKey(ctx, "nobody.here")
	refused(t, err, chat.ErrNotFound, "no account")
	if err := knock(t, s, testkit.Key(t, 2)).Redeem(ctx, code); err != nil {
		t.Fatal(err)
	}
	refused(t, knock(t, s, testkit.Key(t, 3)).Redeem(ctx, code), chat.ErrNotFound, "does not work")
	for n := 1; n <= 2; n++ {
		if u, err := s.Accounts().UserByKey(ctx, testkit.Key(t, n).Fingerprint()); u.Name != "ann" || err != nil {
			t.Errorf("key %d opens %+v, %v", n, u, err)
		}
	}
	c.add(24 * time.Hour)
	refused(t, knock(t, s, testkit.Key(t, 3)).Redeem(ctx, late), chat.ErrNotFound, "does not work")
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]time.Duration{"30m": 30 * time.Minute, " 12H ": 12 * time.Hour, "7d": 7 * 24 * time.Hour, "52w": 52 * 7 * 24 * time.Hour} {
		if got, err := chat.ParseExpiry(text); got != want || err != nil {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "7", "d", "0d", "-1d", "1.5h", "7days", "99999w", "forever", "1y", "٣d"} {
		if got, err := chat.ParseExpiry(text); !chat.IsRefusal(err) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}

func FuzzCode(f *testing.F) {
	for _, s := range []string{"7K2M-Q9XV-4TBN-H0RD", "7k2mq9xv4tbnhord", "oil1-OIL0-0000-0000", "ann", "", "U---U"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		letters, ok := text.ParseCode(s)
		if !ok {
			if found, is := text.FindCode(s); is {
				if _, ok := text.ParseCode(found); !ok {
					t.Errorf("%q in %q is a code and cannot be read", found, s)
				}
			}
			return
		}
		if len(letters) != 16 || strings.Trim(letters, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
			t.Errorf("%q is read as %q", s, letters)
		}
		if again, ok := text.ParseCode(strings.ToLower(letters)); again != letters || !ok {
			t.Errorf("%q is read as %q and that as %q", s, letters, again)
		}
	})
}

// A banned stranger cannot ask, join or use a code, and sees the ban on the join screen.
func TestTheBannedDoNotJoin(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	watched(t, s)
	setJoin(t, s, chat.JoinByRequest)
	code, _, err := s.Accounts().ResetKey(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	v := knock(t, s, testkit.Key(t, 10))
	if err := v.Ask(ctx, "eve", "let me in"); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{testkit.Key(t, 10).Fingerprint(), "192.0.2.0/24"} {
		if _, err := ann.Moderation().Ban(ctx, target, time.Hour, "spam"); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "the stranger to be told", func() bool {
			select {
			case <-v.Wake():
				_, err := v.Standing(ctx)
				return errors.Is(err, chat.ErrNotAllowed)
			default:
				return false
			}
		})
		_, err := v.Standing(ctx)
		refused(t, err, chat.ErrNotAllowed, "(spam)")
		refused(t, v.Ask(ctx, "eve", "again"), chat.ErrNotAllowed, "(spam)")
		refused(t, v.Redeem(ctx, code), chat.ErrNotAllowed, "(spam)")
		setJoin(t, s, chat.JoinOpen)
		refused(t, v.Join(ctx, "eve"), chat.ErrNotAllowed, "(spam)")
		if err := ann.Moderation().Unban(ctx, target); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, "the ban to end", func() bool { _, err := v.Standing(ctx); return err == nil })
	}
	if err := v.Join(ctx, "eve"); err != nil {
		t.Error(err)
	}
}

// A thief with a revoked key cannot make the key's certificates valid again by joining
// with it, or by adding it to an account.
func TestARevocationIsTheHostsToEnd(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	bob := testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	setJoin(t, s, chat.JoinOpen)
	if err := s.Accounts().TrustAuthorities(ctx, []string{testkit.Key(t, 9).Fingerprint()}); err != nil {
		t.Fatal(err)
	}
	code, _, err := s.Accounts().ResetKey(ctx, "bob")
	if err != nil {
		t.Fatal(err)
	}
	for i, use := range []func(keys.Key) error{
		func(k keys.Key) error { return knock(t, s, k).Join(ctx, "eve") },
		func(k keys.Key) error { return prove(ctx, s, bob, k) },
		func(k keys.Key) error { return knock(t, s, k).Redeem(ctx, code) },
	} {
		stolen := testkit.Key(t, 10+i)
		if err := errors.Join(second(s.Accounts().RevokeKey(ctx, stolen.Fingerprint())), use(stolen)); err != nil {
			t.Fatal(err)
		}
		if revoked, err := s.Accounts().Revoked(ctx, stolen.Fingerprint()); !revoked || err != nil {
			t.Errorf("case %d: its certificates are good again: %v", i, err)
		}
		if err := second(s.Accounts().RevokeKey(ctx, stolen.Fingerprint())); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Accounts().AddKeys(ctx, "ann", []keys.Key{stolen}); err != nil {
			t.Fatal(err)
		}
		if revoked, err := s.Accounts().Revoked(ctx, stolen.Fingerprint()); revoked || err != nil {
			t.Errorf("case %d: what the host has added is revoked: %v", i, err)
		}
	}
}

// Owners and admins approve the request that they have seen. If the stranger asks again
// in the meantime, that is another request.
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
		t.Errorf("there wait %+v, %v", list, err)
	}
}

// An IPv6 network has more addresses than the number of requests that are allowed.
func TestRequestsOfANetworkAreBounded(t *testing.T) {
	s, _ := openDoor(t)
	testkit.Enrol(t, s, "ann", 1)
	ask := func(n int, address string) error {
		v := s.Joining().Visit(testkit.Key(t, n), netip.MustParseAddr(address), &chat.CodeTries{})
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

// A code loses its effect when its maker loses the right to make it.
func TestACodeOutlivesNobodysPower(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	host := s.Host()
	for i, power := range []struct {
		what       string
		take, back func(name string) error
	}{
		{"a role", func(name string) error { return host.SetRole(ctx, name, chat.RoleMember) }, func(name string) error { return host.SetRole(ctx, name, chat.RoleOwner) }},
		{"the account, for a time", func(name string) error { return host.SetDisabled(ctx, name, true, "") }, func(name string) error { return host.SetDisabled(ctx, name, false, "") }},
		{"to be let in", func(name string) error { return second(host.Ban(ctx, "@"+name, 0, "")) }, func(name string) error { return host.Unban(ctx, "@"+name) }},
		{"the account", func(name string) error { return second(host.DeleteUser(ctx, name, false)) }, nil},
	} {
		name := fmt.Sprintf("owner-%c", 'a'+i)
		key := testkit.Enrol(t, s, name, 10*i+10)
		if err := host.SetRole(ctx, name, chat.RoleOwner); err != nil {
			t.Fatal(err)
		}
		owner := testkit.Connect(t, s, key)
		code, _, err := owner.Admission().Invite(ctx, chat.Invitation{Role: chat.RoleOwner, Uses: 9, Lasts: 60 * 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		// Another name is no other power.
		name += "-b"
		if err := owner.Account().SetHandle(ctx, name); err != nil {
			t.Fatal(err)
		}
		if err := knock(t, s, testkit.Key(t, 10*i+11)).Redeem(ctx, code); err != nil {
			t.Errorf("%s: before, the code is answered %v", power.what, err)
		}
		held := knock(t, s, testkit.Key(t, 10*i+12))
		if err := errors.Join(held.Redeem(ctx, code), power.take(name)); err != nil {
			t.Fatal(err)
		}
		refused(t, knock(t, s, testkit.Key(t, 10*i+13)).Redeem(ctx, code), chat.ErrNotFound, "does not work")
		refused(t, held.Join(ctx, "eve"), chat.ErrNotFound, "does not work")
		if power.back != nil {
			if err := errors.Join(power.back(name), knock(t, s, testkit.Key(t, 10*i+14)).Redeem(ctx, code)); err != nil {
				t.Errorf("%s: given back, the code is answered %v", power.what, err)
			}
			continue
		}
		// The next account with this name does not have the former one's codes.
		c.add(31 * 24 * time.Hour)
		testkit.Enrol(t, s, name, 10*i+15)
		if err := host.SetRole(ctx, name, chat.RoleOwner); err != nil {
			t.Fatal(err)
		}
		refused(t, knock(t, s, testkit.Key(t, 10*i+16)).Redeem(ctx, code), chat.ErrNotFound, "does not work")
	}
}

// A stranger whose code somebody else has used up may enter another code.
func TestACodeThatWasUsedUpMeanwhile(t *testing.T) {
	s, _ := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	invite := func() string {
		code, _, err := s.Joining().Invite(ctx, chat.Invitation{})
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	code, late, first := invite(), knock(t, s, testkit.Key(t, 10)), knock(t, s, testkit.Key(t, 11))
	if err := errors.Join(late.Redeem(ctx, code), first.Redeem(ctx, code), first.Join(ctx, "bob")); err != nil {
		t.Fatal(err)
	}
	refused(t, late.Join(ctx, "cleo"), chat.ErrNotFound, "does not work")
	if st, err := late.Standing(ctx); st.Invited || err != nil {
		t.Errorf("it stands at %+v, %v", st, err)
	}
	if err := late.CheckName(ctx, "bob"); err != nil {
		t.Errorf("a stranger who can no longer join learns who is here: %v", err)
	}
	if err := errors.Join(late.Redeem(ctx, invite()), late.Join(ctx, "cleo")); err != nil {
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
		t.Errorf("there wait %+v, %v", list, err)
	}
}

// Even on an open server, only so many people can join from one network in an hour,
// because accounts are permanent.
func TestHowManyJoinByThemselves(t *testing.T) {
	s, c := openDoor(t)
	ctx := t.Context()
	testkit.Enrol(t, s, "ann", 1)
	setJoin(t, s, chat.JoinOpen)
	n := 0
	join := func(address string) error {
		n++
		v := s.Joining().Visit(testkit.Key(t, 10+n), netip.MustParseAddr(address), &chat.CodeTries{})
		defer v.Close()
		return v.Join(ctx, fmt.Sprintf("name-%d", n))
	}
	for i := range 50 {
		if err := join(fmt.Sprintf("2001:db8::%x", i)); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, join("2001:db8::ffff"), chat.ErrTooFast, "Too many people have joined from your network")
	if err := errors.Join(join("192.0.2.1"), join("2001:db8:0:1::1")); err != nil {
		t.Errorf("others: %v", err)
	}
	// With a code, or approved, it is somebody's decision.
	code, _, err := s.Joining().Invite(ctx, chat.Invitation{})
	if err != nil {
		t.Fatal(err)
	}
	guest := s.Joining().Visit(testkit.Key(t, 500), netip.MustParseAddr("2001:db8::1"), &chat.CodeTries{})
	defer guest.Close()
	if err := errors.Join(guest.Redeem(ctx, code), guest.Join(ctx, "guest-1")); err != nil {
		t.Errorf("with a code: %v", err)
	}
	c.add(time.Hour)
	if err := s.PruneJoining(ctx); err != nil {
		t.Fatal(err)
	}
	if err := join("2001:db8::1"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
