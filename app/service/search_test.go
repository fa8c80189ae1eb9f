package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/text"
)

// found returns the bodies that a session finds, with the matches in brackets.
func found(t testing.TB, s *service.Session, words string) []string {
	t.Helper()
	q, err := text.ParseQuery(words, time.UTC)
	if err != nil {
		t.Fatalf("%s: %v", words, err)
	}
	hits, err := s.Messages().Search(t.Context(), q, 100, 0)
	if err != nil {
		t.Fatalf("%s: %v", words, err)
	}
	var bodies []string
	for _, h := range hits {
		body := h.Message.Body
		for _, m := range slices.Backward(h.Marks) {
			body = body[:m.Start] + "[" + body[m.Start:m.End] + "]" + body[m.End:]
		}
		bodies = append(bodies, body)
	}
	return bodies
}

func finds(t testing.TB, s *service.Session, text string, want ...string) {
	t.Helper()
	if got := found(t, s, text); !slices.Equal(got, want) {
		t.Errorf("%s finds %q for %s, want %q", text, got, s.User().Name, want)
	}
}

func TestSearchFindsWordsPhrasesAndPrefixes(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := crowd(t, s, 1, "ann")[0]
	in := testkit.General(t, ann)
	for _, body := range []string{
		"The launch is on Thursday.",
		"Is the LAUNCH pad ready, and the café?",
		"on the pad: launch, launching, launched",
		"漢字かな交じり文",
		"§1 ¶1 1",
	} {
		testkit.Send(t, ann, in, body)
	}
	finds(t, ann, "launch", "on the pad: [launch], launching, launched", "Is the [LAUNCH] pad ready, and the café?", "The [launch] is on Thursday.")
	finds(t, ann, "pad launch ready", "Is the [LAUNCH] [pad] [ready], and the café?")
	finds(t, ann, `"launch pad"`, "Is the [LAUNCH pad] ready, and the café?")
	finds(t, ann, `"pad launch"`, "on the [pad: launch], launching, launched")
	finds(t, ann, "launch*  pad*", "on the [pad]: [launch], [launching], [launched]", "Is the [LAUNCH] [pad] ready, and the café?")
	finds(t, ann, `"the la"*`, "Is [the LAUNCH] pad ready, and the café?", "[The launch] is on Thursday.")
	finds(t, ann, "CAFE", "Is the LAUNCH pad ready, and the [café]?")
	finds(t, ann, "字か", "漢[字か]な交じり文")
	finds(t, ann, "字な")
	finds(t, ann, "laun")
	// The extra terms with which a message is indexed are not found.
	finds(t, ann, "§1", "§[1] ¶[1] [1]")
	finds(t, ann, `"1 1 1 1"`)
	// System lines are not found either.
	finds(t, ann, "made")
	group(t, ann, "made")
	finds(t, ann, "made")
	finds(t, ann, "in:#made")
}

func TestSearchOperators(t *testing.T) {
	c := &clock{now: time.Date(2026, 1, 30, 23, 0, 0, 0, time.UTC)}
	s := openAt(t, c)
	x := crowd(t, s, 2, "ann", "bob", "eve")
	ann, bob := x[0], x[1]
	in := testkit.General(t, ann)
	ops := group(t, ann, "ops", "bob")
	direct, err := bob.Groups().Direct(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	for i, say := range []struct {
		who *service.Session
		in  chat.ConversationID
	}{{ann, in}, {bob, in}, {ann, ops}, {bob, ops}, {bob, direct}} {
		testkit.Send(t, say.who, say.in, fmt.Sprint("tell ", i)) // 23:00, 00:00, … 03:00 of the 31st
		c.add(time.Hour)
	}
	all := []string{"[tell] 4", "[tell] 3", "[tell] 2", "[tell] 1", "[tell] 0"}
	pick := func(n ...int) []string {
		var some []string
		for _, i := range n {
			some = append(some, all[4-i])
		}
		return some
	}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"tell", all},
		{"tell from:bob", pick(4, 3, 1)},
		{"tell from:@ANN", pick(2, 0)},
		{"tell from:me", pick(2, 0)},
		{"tell from:eve", nil},
		{"tell in:#ops", pick(3, 2)},
		{"tell in:OPS from:bob", pick(3)},
		{"tell in:@bob", pick(4)},
		{"from:bob in:general", []string{"tell 1"}},
		{"in:#ops before:2026-01-31T02:00:00Z", []string{"tell 2"}},
		{"tell before:2026-01-31", pick(0)},
		{"tell after:2026-01-31", pick(4, 3, 2, 1)},
		{"tell after:2026-01-31T02:00:00Z", pick(4, 3)},
		{"tell after:2026-01-31T02:00:00.001Z", pick(4)},
		{"tell before:2026-01-31T02:00:00Z after:2026-01-31", pick(2, 1)},
		{"tell before:2025-01-01", nil},
		{"tell after:2027-01-01", nil},
		{"tell after:0001-01-02 before:9999-01-01", all},
	} {
		finds(t, ann, c.text, c.want...)
	}
	for words, want := range map[string]string{
		"x from:nobody-here": "There is no account @nobody-here",
		"x in:#nowhere":      "There is no such conversation",
		"x in:@eve":          "There is no such conversation",
		"x in:@mallory":      "There is no account @mallory",
		"x in:#a,b":          "leave out the ,",
		"x from:\x1b[31m":    "There is no account",
	} {
		q, err := text.ParseQuery(words, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ann.Messages().Search(t.Context(), q, 10, 0); !strings.Contains(chat.UserText(err), want) || !text.IsClean(chat.UserText(err)) {
			t.Errorf("%q: %v, want a sentence with %q", words, err, want)
		}
	}
	q, _ := text.ParseQuery("tell", time.UTC)
	hits, err := ann.Messages().Search(t.Context(), q, 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, h := range hits {
		titles = append(titles, h.Conversation.Title())
	}
	if want := []string{"@bob", "#ops", "#ops", "#general", "#general"}; !slices.Equal(titles, want) {
		t.Errorf("the titles are %q, want %q", titles, want)
	}
}

func TestSearchFindsOnlyWhatOneMaySee(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 4, "ann", "bob", "eve", "joe")
	ann, bob, eve, joe := x[0], x[1], x[2], x[3]
	ops := group(t, ann, "ops", "bob")
	testkit.Send(t, ann, ops, "secret one")
	direct, err := ann.Groups().Direct(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ann, direct, "secret between us")
	finds(t, bob, "secret", "[secret] between us", "[secret] one")
	finds(t, eve, "secret")
	q, _ := text.ParseQuery("secret in:#ops", time.UTC)
	if _, err := eve.Messages().Search(t.Context(), q, 10, 0); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a stranger searches in a group: %v, want ErrNotFound", err)
	}
	// A new member finds messages from then on,
	meet(t, ann, "eve", "bob")
	if err := ann.Groups().AddMembers(t.Context(), ops, []string{"eve"}); err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ann, ops, "secret two")
	finds(t, eve, "secret", "[secret] two")
	finds(t, eve, "secret from:ann in:#ops", "[secret] two")
	finds(t, eve, "one")
	// unless new members can see the history.
	if err := ann.Groups().Configure(t.Context(), ops, chat.SettingHistory, true); err != nil {
		t.Fatal(err)
	}
	finds(t, eve, "secret", "[secret] two", "[secret] one")
	if err := ann.Groups().Configure(t.Context(), ops, chat.SettingHistory, false); err != nil {
		t.Fatal(err)
	}
	finds(t, eve, "secret", "[secret] two")
	// A removed member finds nothing,
	if err := ann.Groups().RemoveMember(t.Context(), ops, "bob"); err != nil {
		t.Fatal(err)
	}
	finds(t, bob, "secret", "[secret] between us")
	testkit.Send(t, ann, ops, "secret three")
	// and after its return only later messages.
	if err := ann.Groups().AddMembers(t.Context(), ops, []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ann, ops, "secret four")
	finds(t, bob, "secret in:ops", "[secret] four")
	finds(t, joe, "secret")
}

func TestSearchGoesOnBelowTheLastHit(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 2, "ann", "bob")
	ops := group(t, x[0], "ops")
	in := testkit.General(t, x[1])
	var want []string
	for i := range 25 {
		body := fmt.Sprint("page ", i)
		if i%2 == 0 {
			testkit.Send(t, x[0], ops, body)
		} else {
			testkit.Send(t, x[1], in, body)
		}
		want = append(want, body)
	}
	slices.Reverse(want)
	q, _ := text.ParseQuery("page", time.UTC)
	var got []string
	for below := int64(0); ; {
		hits, err := x[0].Messages().Search(t.Context(), q, 7, below)
		if err != nil {
			t.Fatal(err)
		}
		if len(hits) == 0 {
			break
		}
		for _, h := range hits {
			got = append(got, h.Message.Body)
			below = h.Message.Position
		}
		testkit.Send(t, x[1], in, "page of later") // does not move the pages below
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages have %q, want %q", got, want)
	}
}

// A search finds the same messages as reading all of them.
func TestSearchAgreesWithReading(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	x := crowd(t, s, 3, "ann", "bob", "eve")
	groups := []chat.ConversationID{group(t, x[0], "one", "bob"), group(t, x[0], "two"), group(t, x[0], "three", "eve")}
	for i := range 10 { // the way of searching depends on the number of conversations
		groups = append(groups, group(t, x[0], fmt.Sprint("more-", i), "eve"))
	}
	words := []string{"red", "green", "Blue", "gre", "漢字"}
	rapid.Check(t, func(r *rapid.T) {
		for range rapid.IntRange(1, 5).Draw(r, "messages") {
			in := rapid.SampledFrom(groups).Draw(r, "in")
			body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 4).Draw(r, "body"), rapid.SampledFrom([]string{" ", "-", "\n"}).Draw(r, "between"))
			testkit.Send(t, x[0], in, body)
		}
		who := rapid.SampledFrom([]string{"bob", "eve"}).Draw(r, "who")
		in := rapid.SampledFrom(groups[1:]).Draw(r, "joins")
		_ = x[0].Groups().AddMembers(t.Context(), in, []string{who})
		if rapid.Bool().Draw(r, "leaves") {
			_ = x[0].Groups().RemoveMember(t.Context(), in, who)
		}
		word := rapid.SampledFrom([]string{"red", "green", "BLUE", "gre", "gre*", "字", `"red green"`}).Draw(r, "word")
		q, err := text.ParseQuery(word, time.UTC)
		if err != nil {
			r.Fatal(err)
		}
		for _, session := range x {
			list, err := session.Groups().Conversations(t.Context())
			if err != nil {
				r.Fatal(err)
			}
			var want []uuid.UUID
			for _, c := range list {
				messages, err := session.Messages().After(t.Context(), c.ID, 0, 10_000)
				if err != nil {
					r.Fatal(err)
				}
				for _, m := range messages {
					if !m.System() && len(q.Marks(m.Body)) > 0 {
						want = append(want, m.ID)
					}
				}
			}
			var got []uuid.UUID
			for below, more := int64(0), true; more; {
				hits, err := session.Messages().Search(t.Context(), q, 50, below)
				if err != nil {
					r.Fatal(err)
				}
				for _, h := range hits {
					got = append(got, h.Message.ID)
					below = h.Message.Position
				}
				more = len(hits) == 50
			}
			less := func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) }
			slices.SortFunc(want, less)
			slices.SortFunc(got, less)
			if !slices.Equal(got, want) {
				r.Fatalf("%s finds %d messages for %s, by reading %d", session.User().Name, len(got), word, len(want))
			}
		}
	})
}

// No query makes the index fail.
func TestHostileQueries(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ann := crowd(t, s, 1, "ann")[0]
	testkit.Send(t, ann, testkit.General(t, ann), "quiet")
	for _, words := range []string{
		`"`, `'`, `""`, `"""`, `" OR 1=1 --`, `quiet"`, `quiet OR`, `NEAR(`, `NEAR("a" "b", 2)`, `terms : quiet`, `{terms} : quiet`, `-quiet`, `NOT quiet`,
		`^quiet`, `quiet + `, `(quiet`, `quiet)`, `quiet*quiet`, `*`, `**`, `%`, `quiet; DROP TABLE messages`, "quiet\x00", "\x00", "\xff", "a\u0301\u0301",
		`§1`, `"§1"`, `¶1`, "rank:1", `message_search`, strings.Repeat(`"`, 400), strings.Repeat("(", 400), strings.Repeat("ab ", 20), strings.Repeat("é", 250),
	} {
		q, err := text.ParseQuery(words, time.UTC)
		if err == nil {
			_, err = ann.Messages().Search(t.Context(), q, 10, 0)
		}
		if err != nil && !chat.IsRefusal(err) {
			t.Errorf("%q: %v", words, err)
		}
	}
	finds(t, ann, "quiet", "[quiet]")
}

// FirstSince finds the same message as reading all messages in order, and none that the
// user may not see.
func TestFirstSince(t *testing.T) {
	begin := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	c := &clock{now: begin} // which the service reads at any time
	s := openAt(t, c)
	people := crowd(t, s, 2, "ann", "bob")
	ann, bob := people[0], people[1]
	in, err := ann.Groups().NewGroup(t.Context(), "days", true, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 9 {
		c.add(time.Hour)
		testkit.Send(t, ann, in, "hello")
	}
	if _, err := bob.Messages().FirstSince(t.Context(), in, begin); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("someone else learns of a message: %v", err)
	}
	if _, err := bob.Groups().Join(t.Context(), "#days"); err != nil {
		t.Fatal(err)
	}
	for hours, want := range map[time.Duration]chat.Seq{-1: 1, 0: 1, 1: 2, 2: 3, 9: 10} {
		if got, err := ann.Messages().FirstSince(t.Context(), in, begin.Add(hours*time.Hour)); got != want || err != nil {
			t.Errorf("after %d hours it is %d, %v, want %d", hours, got, err, want)
		}
	}
	now := c.Now()
	if got, err := ann.Messages().FirstSince(t.Context(), in, now.Add(-90*time.Minute)); got != 9 || err != nil {
		t.Errorf("between two it is %d, %v", got, err)
	}
	if _, err := ann.Messages().FirstSince(t.Context(), in, now.Add(time.Hour)); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("in the future there is %v", err)
	}
	if got, err := bob.Messages().FirstSince(t.Context(), in, begin); got != 11 || err != nil {
		t.Errorf("to a later member it is %d, %v", got, err)
	}
}
