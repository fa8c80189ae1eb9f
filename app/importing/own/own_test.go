package own_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/importing/own"
	"confab/app/service"
	"confab/app/testkit"
	"confab/db/blobs"
	"confab/db/sqlite"
	"confab/db/sqlite/upkeep"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// server is a server with its data.
type server struct {
	*testing.T
	dir     string
	store   *sqlite.Store
	service *service.Service
}

func newServer(t *testing.T) *server {
	s := &server{T: t, dir: t.TempDir()}
	s.store = testkit.OpenStore(t, s.dir)
	s.service = testkit.Serve(t, s.store, s.store, service.Options{})
	return s
}

// export returns an export of the server.
func (s *server) export() string {
	s.Helper()
	var b bytes.Buffer
	if err := upkeep.Export(s.Context(), filepath.Join(s.dir, "confab.db"), &b); err != nil {
		s.Fatal(err)
	}
	return b.String()
}

func (s *server) take(export string) importing.Report {
	s.Helper()
	report, err := importing.Run(s.Context(), service.ImportInto(s.service), own.Open(strings.NewReader(export), nil, blobs.Path), importing.Options{Batch: 2, Blobs: testkit.OpenBlobs(s.T, s.dir)})
	if err != nil {
		s.Fatal(err)
	}
	return report
}

// messages returns the messages of an export, without their numbers among all messages.
func messages(export string) string {
	var out []string
	for line := range strings.Lines(export) {
		if strings.Contains(line, `"type":"message"`) || strings.Contains(line, `"type":"reaction"`) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// An import of another server's export keeps ids, numbers, times, threads, replies and
// reactions. So an export of the new server has the same messages.
func TestAnExportIsTheSameAfterAnImport(t *testing.T) {
	from := newServer(t)
	ann := testkit.Connect(t, from.service, testkit.Enrol(t, from.service, "ann", 1))
	ben := testkit.Connect(t, from.service, testkit.Enrol(t, from.service, "ben", 2))
	general := testkit.General(t, ann)
	root := testkit.Send(t, ann, general, "root")
	testkit.Send(t, ben, general, "unread by ann, @ann")
	for _, also := range []bool{true, false} {
		if _, err := ben.Messages().Send(t.Context(), chat.NewMessage{ID: testkit.NewID(t), Conversation: general, Body: fmt.Sprint("reply ", also), Thread: root.ID, Also: also}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ben.Messages().Send(t.Context(), chat.NewMessage{ID: testkit.NewID(t), Conversation: general, Body: "answer", ReplyTo: root.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := ben.Messages().React(t.Context(), general, root.Seq, "tada", true); err != nil {
		t.Fatal(err)
	}
	private, err := ann.Groups().NewGroup(t.Context(), "secret", false, []string{"ben"})
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ann, private, "a secret")
	direct, err := ann.Groups().Direct(t.Context(), "ben")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ben, direct, "psst")
	export := from.export()

	to := newServer(t)
	boss := testkit.Connect(t, to.service, testkit.Enrol(t, to.service, "boss", 3))
	report := to.take(export)
	if got, want := messages(to.export()), messages(export); strings.ReplaceAll(got, uidOf(t, to.service, chat.GeneralName), "GENERAL") != strings.ReplaceAll(want, uidOf(t, from.service, chat.GeneralName), "GENERAL") {
		t.Errorf("after the import the export has\n%swant\n%s", got, want)
	}
	if report.Conversations != 2 || report.Accounts != 2 || report.Reactions != 1 || report.Replies != 2 {
		t.Errorf("the report is %+v", report)
	}
	list, err := to.store.ListOf(t.Context(), boss.User().ID)
	if err != nil || len(list) != 1 || list[0].Unread != 0 {
		t.Errorf("the owner sees %+v, %v", list, err)
	}
	again := to.take(export)
	if again.Messages != 0 || again.Already != report.Messages {
		t.Errorf("the second report is %+v", again)
	}
	if here := from.take(export); here.Messages != 0 || here.Accounts != 0 || here.Conversations != 0 {
		t.Errorf("importing where it came from brings %+v", here)
	}
	testkit.Send(t, boss, testkit.General(t, boss), "now we write here")
	if third := to.take(export); third.Messages != 0 || third.Conversations != 0 {
		t.Errorf("the third report is %+v", third)
	}
}

func uidOf(t *testing.T, s *service.Service, group string) string {
	t.Helper()
	g, err := service.ContentsOf(s).Group(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	return g.UID.String()
}

// A group that hides older messages from new members still hides them.
func TestHiddenHistoryStaysHidden(t *testing.T) {
	const export = `{"type":"user","id":"00000000-0000-7000-8000-000000000001","name":"ann"}
{"type":"user","id":"00000000-0000-7000-8000-000000000002","name":"ben"}
{"type":"conversation","id":"00000000-0000-7000-8000-00000000000c","kind":"group","name":"secret","history":false}
{"type":"member","conversation":"00000000-0000-7000-8000-00000000000c","user":"00000000-0000-7000-8000-000000000001","role":"owner","joined":0}
{"type":"member","conversation":"00000000-0000-7000-8000-00000000000c","user":"00000000-0000-7000-8000-000000000002","role":"member","joined":3}
{"type":"message","id":"00000000-0000-7000-8000-0000000000a1","conversation":"00000000-0000-7000-8000-00000000000c","seq":1,"author":"00000000-0000-7000-8000-000000000001","sent_at":"2024-01-02T00:00:00Z","body":"deleted","deleted_at":"2024-01-02T00:00:00Z"}
{"type":"message","id":"00000000-0000-7000-8000-0000000000a2","conversation":"00000000-0000-7000-8000-00000000000c","seq":2,"author":"00000000-0000-7000-8000-000000000001","sent_at":"2024-01-02T00:00:00Z","body":"hidden"}
{"type":"message","id":"00000000-0000-7000-8000-0000000000a4","conversation":"00000000-0000-7000-8000-00000000000c","seq":4,"author":"00000000-0000-7000-8000-000000000001","sent_at":"2024-01-02T00:00:00Z","body":"seen"}
`
	s := newServer(t)
	testkit.Enrol(t, s.service, "boss", 3)
	s.take(export)
	g, err := service.ContentsOf(s.service).Group(t.Context(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	members, err := s.store.Members(t.Context(), g.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]chat.Seq{}
	for _, m := range members {
		got[m.Name] = chat.Floor(m.Membership, g.Conversation)
	}
	if len(got) != 2 || got["ann"] != 0 || got["ben"] != 1 {
		t.Errorf("the members see all after %v, want ann 0, ben 1", got)
	}
}

// Whatever an export contains, it is read to its end without an error.
func FuzzExport(f *testing.F) {
	f.Add(`{"type":"user","id":"a"}
{"type":"conversation","id":"c","kind":"group"}
{"type":"member","conversation":"c","user":"a","joined":1}
{"type":"message","id":"m","conversation":"c","seq":1,"author":"a","thread":1,"file":{"name":"x","sha256":"00"}}`)
	f.Add("null\n[]\n{}\n{\"type\":7}")
	f.Fuzz(func(t *testing.T, export string) {
		err := own.Open(strings.NewReader(export), nil, blobs.Path).Read(context.Background(), func(importing.Item) error { return nil })
		if err != nil {
			t.Error(err)
		}
	})
}
