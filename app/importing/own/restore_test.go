package own_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/importing/own"
	"confab/app/service"
	"confab/app/testkit"
	"confab/app/word"
	"confab/db/blobs"
)

// full returns a server that has something of everything.
func full(t *testing.T) *server {
	s := newServer(t)
	ann := testkit.Connect(t, s.service, testkit.Enrol(t, s.service, "ann", 1))
	ben := testkit.Connect(t, s.service, testkit.Enrol(t, s.service, "ben", 2))
	testkit.Enrol(t, s.service, "gone", 3)
	general := testkit.General(t, ann)
	root := testkit.Send(t, ann, general, "root @ben")
	expired := testkit.Send(t, ben, general, "deleted later")
	for _, author := range []*service.Session{ben, ann, ben} {
		if _, err := author.Messages().Send(t.Context(), chat.NewMessage{ID: testkit.NewID(t), Conversation: general, Body: "reply", Thread: root.ID}); err != nil {
			t.Fatal(err)
		}
	}
	private, err := ann.Groups().NewGroup(t.Context(), "secret", false, []string{"ben"})
	if err != nil {
		t.Fatal(err)
	}
	secret := testkit.Send(t, ann, private, "a secret\nin two lines")
	other, err := ben.Groups().NewGroup(t.Context(), "secret", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	direct, err := ann.Groups().Direct(t.Context(), "ben")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Send(t, ben, direct, "psst")
	now := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	ctx := t.Context()
	a, b := ann.User().ID, ben.User().ID
	err = s.store.Update(ctx, func(tx chat.Tx) error {
		gone, err := tx.UserByName(ctx, "gone")
		if err != nil {
			return err
		}
		c, err := tx.Conversation(ctx, private)
		if err != nil {
			return err
		}
		c.MentionAll, c.MembersAdd, c.ReadOnly, c.Topic, c.Slow = chat.MentionByNobody, true, true, "a topic", time.Minute
		file := &chat.Message{ID: uuid.New(), Conversation: private, Author: b, Body: "x.txt", SentAt: now, File: &chat.Attachment{Name: "x.txt", Size: 1}}
		mentions := &chat.Message{ID: uuid.New(), Conversation: private, Author: b, Body: "@all", SentAt: now, GroupMention: chat.MentionsAll}
		_, err0 := tx.InsertMessage(ctx, mentions)
		_, err1 := tx.InsertMessage(ctx, file)
		host := &chat.Message{ID: uuid.New(), Conversation: private, Notice: chat.NoticeRenamed, Body: "by the host", SentAt: now}
		_, err2 := tx.InsertMessage(ctx, host)
		removed := *expired
		removed.Body, removed.DeletedAt, removed.DeletedBy = "", now, a
		edited := *secret
		edited.Body, edited.EditedAt = "an edited secret", now
		_, err3 := tx.InsertReaction(ctx, root, "🎉", b, now)
		_, err4 := tx.InsertLater(ctx, chat.Later{ID: uuid.New(), User: a, Body: "remember", At: now.Add(time.Hour), Zone: "UTC", MadeAt: now})
		due := chat.Later{ID: uuid.New(), User: a, Conversation: direct, Body: "refused", At: now, Zone: "Europe/Zurich", MadeAt: now}
		_, err5 := tx.InsertLater(ctx, due)
		_, err6 := tx.InsertHook(ctx, chat.Hook{ID: uuid.New(), Conversation: private, Bot: b, Hash: bytes.Repeat([]byte{1}, 32), MadeBy: a, MadeAt: now})
		_, err7 := word.Tell(ctx, tx, chat.WordMotd, "hello\nthere", true, now)
		return errors.Join(err0, err1, err2, err3, err4, err5, err6, err7,
			tx.SetLaterDue(ctx, due.ID, now, "nobody is there"),
			tx.InsertFile(ctx, file), tx.DeleteMessage(ctx, &removed), tx.EditMessage(ctx, &edited), tx.UpdateConversation(ctx, c), tx.SetKeep(ctx, private, 48*time.Hour),
			tx.SetUserRole(ctx, b, chat.RoleAdmin), tx.SetDisplayName(ctx, b, "Ben B."), tx.SetStatus(ctx, b, chat.Status{Text: "out", Until: now.Add(time.Hour)}),
			tx.InsertFormerName(ctx, chat.FormerName{User: b, Name: "benny", EndedAt: now}), tx.InsertFormerName(ctx, chat.FormerName{User: gone.ID, Name: "gone", EndedAt: now}),
			tx.DeleteMembership(ctx, general, gone.ID), tx.EraseUser(ctx, gone.ID),
			tx.InsertMembership(ctx, chat.Membership{Conversation: private, User: b, Role: chat.RoleMember, Joined: 1, Added: true, AddedBy: a}), tx.RevokeCertificates(ctx, testkit.Key(t, 9).Fingerprint(), now), tx.UseKey(ctx, testkit.Key(t, 1).Fingerprint(), now),
			tx.SetSetting(ctx, "join", "invite"), tx.SetSetting(ctx, "import.upto."+uuid.NewString(), "3"),
			tx.PutRequest(ctx, chat.JoinRequest{Fingerprint: testkit.Key(t, 8).Fingerprint(), KeyLine: testkit.Key(t, 8).Line(), Name: "cyd", Note: "hi", Address: "192.0.2.1", State: chat.RequestPending, AskedAt: now}),
			tx.InsertCode(ctx, chat.Code{Hash: bytes.Repeat([]byte{2}, 32), Role: chat.RoleMember, Uses: 1, ExpiresAt: now, MadeBy: "ann"}),
			tx.SetPreference(ctx, b, chat.LastSeenPreference, "on"), tx.SetPreference(ctx, b, chat.ImportedPreference, "slack"), tx.SetLastSeen(ctx, b, now),
			tx.InsertBan(ctx, chat.Ban{Kind: chat.BanSilence, User: b, MadeAt: now, EndsAt: now, MadeBy: "ann", Reason: "noise"}),
			tx.InsertBan(ctx, chat.Ban{Kind: chat.BanNetwork, Target: "192.0.2.0/24", MadeAt: now, MadeBy: "host"}),
			tx.WithdrawRead(ctx, direct, a, true),
			tx.SetPinned(ctx, private, b, true), tx.SetMutedUntil(ctx, private, b, now), tx.NoteSlowPost(ctx, private, b, now), tx.SetDraft(ctx, private, b, "a draft"),
			tx.AdvanceMarkers(ctx, chat.Advance{Conversation: private, User: b, Delivered: 3, Read: 2, Seen: 2, DeliveredAt: now, ReadAt: now}),
			tx.AdvanceMarkers(ctx, chat.Advance{Conversation: private, User: b, Delivered: 4, DeliveredAt: now.Add(time.Second)}),
			tx.InsertDeparture(ctx, other, a, now), tx.InsertInvitation(ctx, other, a, b, now, true), tx.InsertBlock(ctx, a, b, now),
			tx.SetFollowing(ctx, general, root.Seq, b, true, 1), tx.SetFollowing(ctx, general, root.Seq, a, false, 1),
			tx.InsertPin(ctx, root, a, now), tx.InsertSaved(ctx, root, b, now), tx.ReadMention(ctx, general, b, root.Seq),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lines returns the lines of an export by their types, without what a restore leaves out and
// with the same id of #general.
func (s *server) lines(export string) map[string][]string {
	s.Helper()
	by := map[string][]string{}
	for line := range strings.Lines(strings.ReplaceAll(export, uidOf(s.T, s.service, chat.GeneralName), "GENERAL")) {
		var of map[string]any
		if err := json.Unmarshal([]byte(line), &of); err != nil {
			s.Fatal(err)
		}
		kind := of["type"].(string)
		if kind == "conversation" && of["id"] == "GENERAL" {
			delete(of, "created_at")
		}
		name, _ := of["name"].(string)
		if kind == "setting" && (slices.Contains([]string{chat.SettingServerID, chat.SettingProbe, chat.SettingHostKey}, name) || strings.HasPrefix(name, "import.") && (of["value"] == "" || of["value"] == "restored") ||
			name == importing.RestoredSetting || name == importing.RestoringSetting) || kind == "audit" && of["action"] == string(chat.AuditImport) {
			continue
		}
		sorted, err := json.Marshal(of)
		if err != nil {
			s.Fatal(err)
		}
		by[kind] = append(by[kind], string(sorted))
	}
	for _, all := range by {
		slices.Sort(all)
	}
	return by
}

// A restore into a new server brings everything: an export of it has the same lines. New
// tables must be in the server of this test, so that a restore cannot forget them.
func TestAServerIsRestored(t *testing.T) {
	from := full(t)
	export := from.export()
	db, err := sql.Open("sqlite", filepath.Join(from.dir, "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range tables(t, db) {
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n == 0 {
			t.Errorf("the test has nothing in the table %s, %v", table, err)
		}
	}

	to := newServer(t)
	report := to.take(export)
	if !report.Restoring {
		t.Error("it is no restore")
	}
	want, got := from.lines(export), to.lines(to.export())
	for _, secret := range []string{"hook", "code"} {
		if len(want[secret]) == 0 || len(got[secret]) != 0 {
			t.Errorf("%s: %v became %v", secret, want[secret], got[secret])
		}
		delete(want, secret)
	}
	for kind := range want {
		if kind != "message" && !slices.Equal(got[kind], want[kind]) {
			t.Errorf("%s:\n%s\nwant\n%s", kind, strings.Join(got[kind], "\n"), strings.Join(want[kind], "\n"))
		}
	}
	// The content of a file is not in an export, so its message says that there was one.
	for i, line := range want["message"] {
		if strings.Contains(line, `"x.txt"`) {
			line = strings.ReplaceAll(line[:strings.Index(line, `"file":`)], `"x.txt"`, `"[file: x.txt]"`) + `"file":null` + line[strings.Index(line, `},"group`)+1:]
		}
		want["message"][i] = line
	}
	slices.Sort(want["message"])
	if !slices.Equal(got["message"], want["message"]) {
		t.Errorf("message:\n%s\nwant\n%s", strings.Join(got["message"], "\n"), strings.Join(want["message"], "\n"))
	}
	if left := report.Left(); len(left) != 4 { // a hook, a code, a file, and settings of the machine
		t.Errorf("left out: %+v", left)
	}
	ben, err := to.store.UserByName(t.Context(), "ben")
	if err != nil {
		t.Fatal(err)
	}
	threads, err := to.store.ThreadsOf(t.Context(), ben.ID, true, 10)
	if err != nil || len(threads) != 1 || threads[0].Latest != 4 {
		t.Errorf("ben's threads are %+v, %v", threads, err)
	}
	if again := to.take(export); again.Restoring || again.Messages+again.Accounts+again.Conversations != 0 {
		t.Errorf("importing it again brings %+v", again)
	}
}

// tables returns the tables that an export has.
func tables(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'message_search%' AND name NOT IN ('goose_db_version', 'changes')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	return all
}

// A restore that was stopped goes on where it was, after each of its transactions.
func TestAStoppedRestoreGoesOn(t *testing.T) {
	from := full(t)
	export := from.export()
	to := newServer(t)
	for stop := 1; ; stop++ {
		b := service.ImportInto(to.service)
		update, n := b.Update, 0
		b.Update = func(ctx context.Context, fn func(context.Context, chat.Tx) ([]chat.Change, error)) error {
			if n++; n > stop {
				return context.Canceled
			}
			return update(ctx, fn)
		}
		_, err := importing.Run(t.Context(), b, own.Open(strings.NewReader(export), nil, blobs.Path), importing.Options{Batch: 7, Blobs: testkit.OpenBlobs(t, to.dir)})
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) || stop > 1000 {
			t.Fatal(err)
		}
	}
	want, got := from.lines(export), to.lines(to.export())
	for kind := range want {
		if kind != "hook" && kind != "code" && kind != "message" && !slices.Equal(got[kind], want[kind]) {
			t.Errorf("%s:\n%s\nwant\n%s", kind, strings.Join(got[kind], "\n"), strings.Join(want[kind], "\n"))
		}
	}
	if len(got["message"]) != len(want["message"]) {
		t.Errorf("%d messages, want %d", len(got["message"]), len(want["message"]))
	}
}

// A restore of a damaged export brings the rest of it, and messages keep their numbers.
func TestADamagedExportIsRestored(t *testing.T) {
	from := full(t)
	var damaged strings.Builder
	n := 0
	for line := range strings.Lines(from.export()) {
		if strings.Contains(line, `"type":"message"`) {
			if n++; n == 2 {
				continue
			}
		}
		damaged.WriteString(line)
		if strings.Contains(line, `"type":"user"`) || strings.Contains(line, `"type":"audit"`) {
			continue
		}
		var of map[string]any
		if err := json.Unmarshal([]byte(line), &of); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []any{"\x1b]0;x\x07", "no such thing", float64(1 << 40), -1, nil, []any{1}} {
			for name := range of {
				if name == "type" {
					continue
				}
				was := of[name]
				of[name] = bad
				raw, err := json.Marshal(of)
				if err != nil {
					t.Fatal(err)
				}
				damaged.Write(append(raw, '\n'))
				of[name] = was
			}
		}
	}
	to := newServer(t)
	to.take(damaged.String())
	export := to.export()
	if strings.ContainsAny(export, "\x1b\x07") || strings.Contains(export, `\u001b`) || strings.Contains(export, `\u0007`) {
		t.Error("an escape sequence is in the store")
	}
	if got := to.lines(export); len(got["key"]) != 2 || len(got["pin"]) == 0 {
		t.Errorf("keys %v, pins %v", got["key"], got["pin"])
	}
}

// An export without an owner restores nothing.
func TestAnExportWithoutAnOwner(t *testing.T) {
	to := newServer(t)
	source := own.Open(strings.NewReader(`{"type":"user","id":"`+uuid.NewString()+`","name":"ann","role":"member"}
{"type":"conversation","id":"c","kind":"group","name":"x"}`), nil, blobs.Path)
	_, err := importing.Run(t.Context(), service.ImportInto(to.service), source, importing.Options{Batch: 2})
	if !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("it ends with %v", err)
	}
	if users, err := to.store.Users(t.Context()); err != nil || len(users) != 0 {
		t.Errorf("the server has %v, %v", users, err)
	}
}

// Messages that had expired are not in an export. The others keep their order and what refers
// to them, and begin with the number 1.
func TestExpiredMessagesAreLeftOut(t *testing.T) {
	to := newServer(t)
	report := to.take(`{"type":"user","id":"00000000-0000-7000-8000-000000000001","name":"ann","role":"owner"}
{"type":"conversation","id":"00000000-0000-7000-8000-00000000000c","kind":"group","name":"ops","expired":100,"last_seq":104}
{"type":"member","conversation":"00000000-0000-7000-8000-00000000000c","user":"00000000-0000-7000-8000-000000000001","role":"owner","joined":5,"delivered":104,"seen":102}
{"type":"message","id":"00000000-0000-7000-8000-0000000000a1","conversation":"00000000-0000-7000-8000-00000000000c","seq":101,"author":"00000000-0000-7000-8000-000000000001","sent_at":"2024-01-02T00:00:00Z","body":"one"}
{"type":"message","id":"00000000-0000-7000-8000-0000000000a4","conversation":"00000000-0000-7000-8000-00000000000c","seq":104,"thread":101,"author":"00000000-0000-7000-8000-000000000001","sent_at":"2024-01-02T00:00:00Z","body":"four"}
{"type":"message","id":"00000000-0000-7000-8000-0000000000a5","conversation":"00000000-0000-7000-8000-00000000000c","seq":103,"author":"00000000-0000-7000-8000-000000000001","sent_at":"2024-01-02T00:00:00Z","body":"late"}
{"type":"message","id":"00000000-0000-7000-8000-0000000000a6","conversation":"00000000-0000-7000-8000-00000000000c","seq":100000000000,"author":"00000000-0000-7000-8000-000000000001","sent_at":"2024-01-02T00:00:00Z","body":"far"}
{"type":"pin","conversation":"00000000-0000-7000-8000-00000000000c","seq":104,"user":"00000000-0000-7000-8000-000000000001","at":"2024-01-02T00:00:00Z"}
{"type":"saved","conversation":"00000000-0000-7000-8000-00000000000c","seq":7,"user":"00000000-0000-7000-8000-000000000001","at":"2024-01-02T00:00:00Z"}
`)
	if report.Messages != 2 || report.Restored["pin"] != 1 || report.Restored["saved"] != 0 {
		t.Errorf("the report is %+v", report)
	}
	g, err := service.ContentsOf(to.service).Group(t.Context(), "ops")
	if err != nil {
		t.Fatal(err)
	}
	all, err := to.store.MessagesAfter(t.Context(), g.ID, 0, 10)
	if err != nil || len(all) != 4 || all[0].Body != "one" || !all[1].Deleted() || !all[2].Deleted() || all[3].Body != "four" || all[3].Thread != 1 {
		t.Errorf("the messages are %+v, %v", all, err)
	}
	members, err := to.store.Members(t.Context(), g.ID)
	if err != nil || len(members) != 1 || members[0].Seen != 2 || members[0].Delivered != 4 || members[0].Joined != 0 {
		t.Errorf("the members are %+v, %v", members, err)
	}
}
