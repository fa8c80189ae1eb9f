package importing_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/sqlite"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// items is a source.
type items []importing.Item

func (items) Name() string { return "other" }

func (s items) Read(_ context.Context, do func(importing.Item) error) error {
	for _, i := range s {
		if err := do(i); err != nil {
			return err
		}
	}
	return nil
}

// world is a server with its owner.
type world struct {
	*testing.T
	dir     string
	store   *sqlite.Store
	service *service.Service
	owner   *service.Session
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, dir: t.TempDir()}
	w.store = testkit.OpenStore(t, w.dir)
	w.service = testkit.Serve(t, w.store, w.store, service.Options{Files: service.FileOptions{Blobs: testkit.OpenBlobs(t, w.dir), Max: 1 << 20, PerAccount: 1 << 20}})
	w.owner = testkit.Connect(t, w.service, testkit.Enrol(t, w.service, "boss", 1))
	return w
}

func (w *world) options() importing.Options {
	return importing.Options{Batch: 3, MaxFile: 1000, Blobs: testkit.OpenBlobs(w.T, w.dir)}
}

func (w *world) run(source importing.Source) importing.Report {
	w.Helper()
	o := w.options()
	o.Rehearse = true
	would, err := importing.Run(w.Context(), service.ImportInto(w.service), source, o)
	if err != nil {
		w.Fatal(err)
	}
	o.Rehearse = false
	did, err := importing.Run(w.Context(), service.ImportInto(w.service), source, o)
	if err != nil {
		w.Fatal(err)
	}
	if a, b := fmt.Sprintf("%+v %v", counts(would), would.Left()), fmt.Sprintf("%+v %v", counts(did), did.Left()); a != b {
		w.Errorf("the rehearsal says\n%s\nand the import did\n%s", a, b)
	}
	return did
}

// counts returns a report without what was left out.
func counts(r importing.Report) [9]int {
	return [9]int{r.Accounts, r.Conversations, r.Messages, r.Replies, r.Edits, r.Files, r.Split, r.Reactions, r.Already}
}

// group returns a group by its name.
func (w *world) group(name string) chat.Group {
	w.Helper()
	g, err := service.ContentsOf(w.service).Group(w.Context(), name)
	if err != nil {
		w.Fatal(err)
	}
	return g
}

// show returns the messages of a conversation as lines.
func (w *world) show(id chat.ConversationID) string {
	w.Helper()
	all, err := w.store.MessagesAfter(w.Context(), id, 0, 1000)
	if err != nil {
		w.Fatal(err)
	}
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "%d %s %s %q", m.Seq, m.SentAt.UTC().Format("01-02 15:04:05.000"), m.AuthorName, m.Text())
		if m.Thread != 0 {
			fmt.Fprintf(&b, " thread=%d aside=%v", m.Thread, m.ThreadOnly)
		}
		if m.Replies != 0 {
			fmt.Fprintf(&b, " replies=%d", m.Replies)
		}
		if m.ReplyTo != nil {
			fmt.Fprintf(&b, " answers=%d", m.ReplyTo.Seq)
		}
		if m.Edited() {
			b.WriteString(" edited")
		}
		for _, r := range m.ReactionKinds() {
			fmt.Fprintf(&b, " %s%d", r.Name(), len(r.Users))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func at(second int) time.Time {
	return time.Date(2020, 2, 3, 4, 5, second, int(6*time.Millisecond), time.UTC)
}

func said(key, author, text string, second int) importing.Message {
	return importing.Message{Conversation: "c", Key: key, Place: "line " + key, Author: author, Text: text, At: at(second)}
}

func open(content string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }
}

// history is a channel with all that can come.
func history() items {
	reply := said("4", "a", "a reply whose thread comes later", 4)
	reply.Thread = "5"
	root := said("5", "b", "the root\x1b[31m", 5)
	root.Thread, root.EditedAt = "5", at(50)
	root.Reactions = []importing.Reaction{{Emoji: "tada", By: "a"}, {Emoji: ":tada:", By: "b"}, {Emoji: "partyparrot", By: "b"}, {Emoji: "tada", By: ""}}
	also := said("6", "a", "shown twice", 6)
	also.Thread, also.Also = "5", true
	orphan := said("7", "b", "an orphan", 7)
	orphan.Thread = "nowhere"
	answer := said("8", "a", "an answer", 8)
	answer.ReplyTo = "5"
	file := said("9", "a", "see", 9)
	file.Files = []importing.File{{Name: "../../etc/passwd", Open: open("root")}, {Name: "far.png"}, {Name: "large", Open: open(strings.Repeat("x", 1001))}}
	stranger := importing.Message{Conversation: "c", Key: "10", AuthorName: "Cécile", Author: "cc", Text: "hi", At: at(10)}
	joined := importing.Message{Conversation: "c", Key: "11", Author: "b", Notice: chat.NoticeJoined, At: at(11)}
	return items{
		importing.Account{Key: "a", Name: "Ann", Display: "Ann A."},
		importing.Account{Key: "b", Name: "boss", Bot: true},
		importing.Account{Key: "z", Name: "nobody needs me"},
		importing.Conversation{Key: "c", Name: "#Ops & more", Topic: "all\nof it", Public: true, Members: []string{"a", "b"}, Creator: "a"},
		reply, root, also, orphan, answer, file, stranger, joined,
		importing.Message{Conversation: "c", Key: "12", Author: "a", Render: func(handle func(string) string) string { return "ping @" + handle("b") + " " + handle("?") }, At: at(12)},
		said("13", "a", " \x00 ", 13), said("14", "", "by nobody", 14),
		importing.Message{Conversation: "c", Key: "15", Place: "line 15", Author: "a", Text: "x", At: at(1).AddDate(-100, 0, 0)},
		importing.Message{Conversation: "d", Key: "16", Place: "line 16", Author: "a", Text: "x", At: at(1)},
		importing.Fault{Place: "line 17", Reason: "it is damaged"},
		importing.Done{Conversation: "c"},
	}
}

func TestEverythingComes(t *testing.T) {
	w := newWorld(t)
	report := w.run(history())
	g := w.group("ops-more")
	const want = `1 02-03 04:05:05.006 boss-other "the root" replies=2 edited :tada:2
2 02-03 04:05:06.006 ann "shown twice" thread=1 aside=false
3 02-03 04:05:08.006 ann "an answer" answers=1
4 02-03 04:05:09.006 ann "see\n[file: far.png]\n[file: large]"
5 02-03 04:05:09.006 ann "file etc-passwd  4 B  sha256 4813494d…  ~5"
6 02-03 04:05:10.006 cecile "hi"
7 02-03 04:05:11.006 boss-other "boss-other joined"
8 02-03 04:05:12.006 ann "ping @boss-other"
9 02-03 04:05:04.006 ann "a reply whose thread comes later" thread=1 aside=true
10 02-03 04:05:07.006 boss-other "an orphan"
`
	if got := w.show(g.ID); got != want {
		t.Errorf("the group has\n%swant\n%s", got, want)
	}
	if got, want := counts(report), [9]int{3, 1, 10, 2, 1, 1, 0, 2, 0}; got != want {
		t.Errorf("the report counts %v, want %v", got, want)
	}
	left := fmt.Sprint(report.Left())
	for _, reason := range []string{
		"{the content of its file is not in the export 2 [line 9 line 9]}", "{it is empty 1 [line 13]}", "{it has no author 1 [line 14]}",
		"{its time is before 1970 or in the future 1 [line 15]}", "{its conversation is not in the export 1 [line 16]}", "{it is damaged 1 [line 17]}",
		"{a reaction with an emoji that this chat does not have 1 [line 5]}", "{a reaction of nobody 1 [line 5]}",
		"{the first message of its thread is not in the export: the reply comes as a message of the conversation 1 [line 7]}",
	} {
		if !strings.Contains(left, reason) {
			t.Errorf("the report does not have %s: %s", reason, left)
		}
	}
	content, err := testkit.OpenBlobs(t, w.dir).Open(sha256.Sum256([]byte("root")))
	if err != nil {
		t.Fatal(err)
	}
	_ = content.Close()
	if !g.Public || g.Topic != "all of it" || strings.Join(g.Owners, " ") != "ann boss" {
		t.Errorf("the group is %+v", g)
	}
}

// Nothing imported is unread for anybody, nobody is said to have read it, and nobody can use
// the accounts.
func TestNothingIsUnread(t *testing.T) {
	w := newWorld(t)
	w.run(history())
	g := w.group("ops-more")
	members, err := w.store.Members(t.Context(), g.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(members) != 3 {
		t.Errorf("the group has %d members, want the owner and two", len(members))
	}
	for _, m := range members {
		if m.Seen != g.LastSeq || m.ReadFrom != g.LastSeq || m.Joined != g.LastSeq || m.AddedBy != 0 {
			t.Errorf("%s is at %+v of %d messages", m.Name, m.Markers, g.LastSeq)
		}
		if m.Name != "boss" && !m.Disabled {
			t.Errorf("the account %s can be used", m.Name)
		}
	}
	list, err := w.store.ListOf(t.Context(), w.owner.User().ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if l.Unread != 0 || l.Mentions != 0 || l.New() {
			t.Errorf("%s has %d unread messages and %d mentions", l.Title(), l.Unread, l.Mentions)
		}
	}
}

func TestASecondRunPostsNothingTwice(t *testing.T) {
	w := newWorld(t)
	w.run(history())
	g := w.group("ops-more")
	before := w.show(g.ID)
	second := w.run(history())
	if got, want := counts(second), [9]int{8: 10}; got != want {
		t.Errorf("the second run counts %v, want %v", got, want)
	}
	if now := w.show(g.ID); now != before {
		t.Errorf("after a second run the group has\n%s", now)
	}
	// A later export has more, which is added as long as nobody has written here.
	more := append(history()[:3:3], history()[3], said("20", "a", "more", 20))
	w.run(more)
	g = w.group("ops-more")
	if got := w.show(g.ID); !strings.HasSuffix(got, "11 02-03 04:05:20.006 ann \"more\"\n") {
		t.Errorf("after a later export the group has\n%s", got)
	}
	if unread, err := w.store.Unread(t.Context(), g.ID, w.owner.User().ID, g.LastSeq); err != nil || unread != 0 {
		t.Errorf("there are %d unread messages, %v", unread, err)
	}
	testkit.Send(t, w.owner, g.ID, "now we write here")
	report := w.run(append(more, said("21", "a", "too late", 21)))
	if got := fmt.Sprint(report.Left()); report.Messages != 0 || report.Already != 1 || !strings.Contains(got, "people have written in its conversation since it was imported") {
		t.Errorf("after people have written the report is %+v", report)
	}
}

// An import that was stopped shows nothing half, and the next run completes it.
func TestAStoppedImportGoesOn(t *testing.T) {
	for stop := 1; ; stop++ {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(t.Context())
		o, batches := w.options(), 0
		o.Wrote = func(context.Context, int, time.Duration) {
			if batches++; batches == stop {
				cancel()
			}
		}
		_, err := importing.Run(ctx, service.ImportInto(w.service), history(), o)
		cancel()
		if err == nil {
			if stop < 4 {
				t.Errorf("the import had only %d batches", stop-1)
			}
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		w.run(history())
		g := w.group("ops-more")
		if got := strings.Count(w.show(g.ID), "\n"); got != 10 {
			t.Errorf("stopped after %d batches, the group has %d messages:\n%s", stop, got, w.show(g.ID))
		}
	}
}

func TestLongMessagesComeInParts(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat(strings.Repeat("é", 50)+"\n", 400)
	report := w.run(items{importing.Conversation{Key: "c", Name: "c", AuthorsJoin: true}, said("1", "a", long, 1), said("2", "a", strings.Repeat("é", chat.MaxBody), 2)})
	if report.Split != 2 || report.Messages != 5 {
		t.Errorf("the report is %+v", report)
	}
	all, err := w.store.MessagesAfter(t.Context(), w.group("c").ID, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var joined strings.Builder
	for _, m := range all {
		if _, err := chat.CheckBody(m.Body); err != nil {
			t.Error(err)
		}
		joined.WriteString(strings.ReplaceAll(m.Body, "\n", ""))
	}
	if got, want := strings.Count(joined.String(), "é"), 400*50+chat.MaxBody; got != want {
		t.Errorf("the parts have %d letters, want %d", got, want)
	}
}

func TestDirectConversations(t *testing.T) {
	w := newWorld(t)
	source := items{
		importing.Account{Key: "a", Name: "ann"}, importing.Account{Key: "b", Name: "ben"},
		importing.Conversation{Key: "c", Name: "c", Direct: true, Members: []string{"a", "b"}},
		importing.Conversation{Key: "d", Name: "d", Direct: true, Members: []string{"a", "b"}},
		importing.Conversation{Key: "e", Name: "e", Direct: true, Members: []string{"a"}},
		importing.Conversation{Key: "f", Name: "three", Direct: true, Members: []string{"a", "b", "x"}},
		said("1", "a", "psst", 1),
	}
	report := w.run(source)
	if report.Conversations != 2 {
		t.Errorf("%d conversations have come, want the one with a message and the group of three", report.Conversations)
	}
	ann, err1 := w.store.UserByName(t.Context(), "ann")
	ben, err2 := w.store.UserByName(t.Context(), "ben")
	c, err3 := w.store.ConversationByName(t.Context(), chat.DirectName(ann.ID, ben.ID))
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if c.Kind != chat.KindDirect || c.LastSeq != 1 || c.Public {
		t.Errorf("the direct conversation is %+v", c)
	}
	if g := w.group("three"); g.Public || g.Members != 3 {
		t.Errorf("the group of three is %+v", g)
	}
}
