package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"confab/app/chat"
	"confab/app/text"
	"confab/db/rows"
	"confab/db/sqlite/query"
)

// upTo creates a database as an earlier version left it.
func upTo(t testing.TB, path string, version int64) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", DSN(path, "_pragma=journal_mode(WAL)", "_pragma=foreign_keys(1)"))
	if err != nil {
		t.Fatal(err)
	}
	provider, err := migrations(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	return db
}

func exec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// A server from before groups and receipts keeps all its data, and nobody finds old
// messages unread.
func TestADatabaseOfTheFirstVersionGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	firstVersion(t, path)
	goesOn(t, path)
}

// goesOn opens a database that firstVersion has created, as a server does, and checks that
// all is there.
func goesOn(t *testing.T, path string) {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, name := range []string{"ann", "bob"} {
		u, err := s.UserByKey(t.Context(), "SHA256:"+name)
		if err != nil || u.Name != name || u.ID != chat.UserID(i+1) || u.ReceiptsOff {
			t.Errorf("the key of %s opens %+v, %v", name, u, err)
		}
		list, err := s.ListOf(t.Context(), u.ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s lists %+v, %v", name, list, err)
		}
		l := list[0]
		if l.Kind != chat.KindGroup || !l.Public || !l.OpenHistory || l.LastSeq != 120 || l.LastAt.UnixMilli() != 1120 {
			t.Errorf("#general is %+v", l.Conversation)
		}
		if l.Unread != 0 || l.Mentioned() || l.Mine.Seen != 120 || l.Mine.Role != u.Role {
			t.Errorf("to %s it is %+v", name, l)
		}
		if waits, err := s.Undelivered(t.Context(), u.ID); err != nil || len(waits) != 0 {
			t.Errorf("%v wait for %s, %v", waits, name, err)
		}
	}
	messages, err := s.MessagesAfter(t.Context(), 1, 0, 1000)
	if err != nil || len(messages) != 120 || messages[119].Body != "hello" || messages[119].System() {
		t.Errorf("%d messages, %v", len(messages), err)
	}
	if entries, err := s.AuditNewest(t.Context(), 10); err != nil || len(entries) != 1 {
		t.Errorf("the audit log has %v, %v", entries, err)
	}
	if last, err := s.Clock(t.Context()); err != nil || last.Changes != 0 {
		t.Errorf("the clock is %+v, %v", last, err)
	}
	members, err := s.Members(t.Context(), 1)
	if err != nil || len(members) != 2 || members[1].Joined != 120 {
		t.Errorf("members are %+v, %v", members, err)
	}
}

// The audit log keeps its entries, whoever tries to change one.
func TestTheAuditLogIsOnlyAddedTo(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	exec(t, s.writeDB, "INSERT INTO audit_log (at, actor, action, target, detail) VALUES (1, 'ann', 'user.ban', 'bob', '')")
	for _, change := range []string{"UPDATE audit_log SET actor = 'bob'", "DELETE FROM audit_log"} {
		if _, err := s.writeDB.Exec(change); err == nil {
			t.Errorf("%s is done", change)
		}
	}
}

// planned collects the statements that go through it.
type planned struct {
	*sql.DB
	last string
	args []any
}

func (p *planned) ExecContext(ctx context.Context, s string, args ...any) (sql.Result, error) {
	p.last, p.args = s, args
	return p.DB.ExecContext(ctx, s, args...)
}

func (p *planned) QueryContext(ctx context.Context, s string, args ...any) (*sql.Rows, error) {
	p.last, p.args = s, args
	return p.DB.QueryContext(ctx, s, args...)
}

func (p *planned) QueryRowContext(ctx context.Context, s string, args ...any) *sql.Row {
	p.last, p.args = s, args
	return p.DB.QueryRowContext(ctx, s, args...)
}

// plan returns SQLite's plan for the last of them.
func (p *planned) plan(t *testing.T) []string {
	t.Helper()
	rows, err := p.DB.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+p.last, p.args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

// Queries that run for every message, screen or connection look up their rows,
// however large the tables are.
func TestQueriesLookUpAndDoNotScan(t *testing.T) {
	db := upTo(t, filepath.Join(t.TempDir(), "confab.db"), goose.MaxVersion)
	defer db.Close()
	p := &planned{DB: db}
	r := rows.NewReader(query.New(p))
	x := newTx(query.New(p), nil)
	ctx := t.Context()
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"MessagesBefore", func() error { _, err := r.MessagesBefore(ctx, 1, 0, 50, 10); return err }},
		{"MessagesAfter", func() error { _, err := r.MessagesAfter(ctx, 1, 50, 10); return err }},
		{"PageBefore", func() error { _, err := r.PageBefore(ctx, 1, 0, 0, 50, 10); return err }},
		{"PageAfter", func() error { _, err := r.PageAfter(ctx, 1, 0, 50, 10); return err }},
		{"PageBefore of a thread", func() error { _, err := r.PageBefore(ctx, 1, 7, 0, 50, 10); return err }},
		{"PageAfter of a thread", func() error { _, err := r.PageAfter(ctx, 1, 7, 50, 10); return err }},
		{"ThreadsOf", func() error { _, err := r.ThreadsOf(ctx, 1, false, 10); return err }},
		{"UnreadReplies", func() error { _, err := r.UnreadReplies(ctx, 1, 7, 1, 10); return err }},
		{"NoteReply", func() error { return x.NoteReply(ctx, 1, 7, 1, 9) }},
		{"MessageByID", func() error {
			if _, err := r.MessageByID(ctx, uuid.UUID{1}); !errors.Is(err, chat.ErrNotFound) {
				return err
			}
			return nil
		}},
		{"SeqAt", func() error { _, err := r.SeqAt(ctx, 1, 50); return err }},
		{"Clock", func() error { _, err := r.Clock(ctx); return err }},
		{"ChangesAfter", func() error { _, err := r.ChangesAfter(ctx, 5, 10); return err }},
		{"LastPosition", func() error { _, err := r.LastPosition(ctx); return err }},
		{"ConversationByUID", func() error {
			if _, err := r.ConversationByUID(ctx, uuid.UUID{1}); !errors.Is(err, chat.ErrNotFound) {
				return err
			}
			return nil
		}},
		{"Unread", func() error { _, err := r.Unread(ctx, 1, 1, 50); return err }},
		{"ListOf", func() error { _, err := query.New(p).ListOf(ctx, 1); return err }},
		{"OthersOf", func() error { _, err := query.New(p).OthersOf(ctx, 1); return err }},
		{"ConversationIDs", func() error { _, _, err := r.ConversationIDs(ctx, 1); return err }},
		{"Undelivered", func() error { _, err := r.Undelivered(ctx, 1); return err }},
		{"Membership", func() error { _, err := r.Membership(ctx, 1, 1); return err }},
		{"Members", func() error { _, err := r.Members(ctx, 1); return err }},
		{"CountMembers", func() error { _, _, err := r.CountMembers(ctx, 1); return err }},
		{"MarkerTimes", func() error { _, err := r.MarkerTimes(ctx, 1, 50); return err }},
		{"AdvanceMarkers", func() error { return x.AdvanceMarkers(ctx, chat.Advance{Conversation: 1, User: 1, Seen: 5}) }},
		{"SetSeen", func() error { return x.SetSeen(ctx, 1, 1, 5) }},
		{"WithdrawRead", func() error { return x.WithdrawRead(ctx, 1, 1, true) }},
		{"SetReceiptsOff", func() error { return x.SetReceiptsOff(ctx, 1, true) }},
		{"DeleteMentionsOfMessage", func() error {
			return query.New(p).DeleteMentionsOfMessage(ctx, query.DeleteMentionsOfMessageParams{ConversationID: 1, Seq: 5})
		}},
		{"PruneMarkerTimes", func() error { return x.PruneMarkerTimes(ctx, time.UnixMilli(5)) }},
		{"DeleteMembership", func() error { return x.DeleteMembership(ctx, 1, 1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(); err != nil {
				t.Fatal(err)
			}
			plan := p.plan(t)
			for _, step := range plan {
				if strings.HasPrefix(step, "SCAN") && !strings.HasPrefix(step, "SCAN (subquery") && !strings.HasPrefix(step, "SCAN json_each") { // that is a parameter
					t.Error(step)
				}
			}
			if !strings.Contains(strings.Join(plan, "\n"), "SEARCH") {
				t.Errorf("it searches nothing: %q", plan)
			}
		})
	}
}

func TestUnreadIsCountedFromTheIndexAlone(t *testing.T) {
	db := upTo(t, filepath.Join(t.TempDir(), "confab.db"), goose.MaxVersion)
	defer db.Close()
	p := &planned{DB: db}
	q := query.New(p)
	r := rows.NewReader(q)
	for _, run := range []func() error{
		func() error { _, err := r.Unread(t.Context(), 1, 1, 50); return err },
		func() error { _, err := q.ListOf(t.Context(), 1); return err },
	} {
		if err := run(); err != nil {
			t.Fatal(err)
		}
		if plan := strings.Join(p.plan(t), "\n"); !strings.Contains(plan, "COVERING INDEX messages_unread") {
			t.Errorf("%s:\n%s", p.last, plan)
		}
	}
}

// Look-alike handles were once allowed. They stay, and the older one has the
// skeleton. Admins of the server can be made.
func TestLookAlikesFromBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	old := upTo(t, path, 2)
	for i, name := range []string{"morten", "rnorten", "m0rten", "eve"} {
		id := uuid.New()
		exec(t, old, "INSERT INTO users (id, uid, name, role, created_at) VALUES (?, ?, ?, 'member', 1000)", i+1, id[:], name)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for look, want := range map[string]string{"morten": "morten", "morten:2": "rnorten", "morten:3": "m0rten", "eve": "eve"} {
		if u, err := s.UserBySkeleton(t.Context(), look); u.Name != want || err != nil {
			t.Errorf("%s is %+v, %v", look, u, err)
		}
	}
	exec(t, s.writeDB, "UPDATE users SET role = 'admin' WHERE name = 'eve'")
	if _, err := s.writeDB.ExecContext(t.Context(), "UPDATE users SET role = 'king' WHERE name = 'eve'"); err == nil {
		t.Error("eve is a king")
	}
	var whole string
	if err := s.writeDB.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&whole); whole != "ok" || err != nil {
		t.Errorf("the database is %s, %v", whole, err)
	}
}

// Public groups without members could once be joined by anyone.
func TestEmptyGroupsFromBeforeAreClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	old := upTo(t, path, 40)
	id := func() []byte { u := uuid.New(); return u[:] }
	exec(t, old, "INSERT INTO users (id, uid, name, skeleton, role, created_at) VALUES (1, ?, 'ann', 'ann', 'owner', 1000)", id())
	for i, name := range []string{"general", "empty", "ours"} {
		exec(t, old, "INSERT INTO conversations (id, uid, name, public, created_at) VALUES (?, ?, ?, 1, 1000)", i+1, id(), name)
	}
	exec(t, old, "INSERT INTO memberships (conversation_id, user_id) VALUES (3, 1)")
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	open, err := s.PublicGroups(t.Context())
	if err != nil || len(open) != 2 || open[0].Name != "general" || open[1].Name != "ours" {
		t.Errorf("public groups are %v, %v", open, err)
	}
	if _, err := s.ConversationByName(t.Context(), "empty"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("its name is not free: %v", err)
	}
}

// Names that differ only in separators were once allowed. Accounts and groups keep
// them. The name of a private group never conflicts with another's name.
func TestNamesFromBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	old := upTo(t, path, 43)
	id := func() []byte { u := uuid.New(); return u[:] }
	for i, name := range []string{"root", "root.", "ann--lee", "deleted:4"} {
		exec(t, old, "INSERT INTO users (id, uid, name, skeleton, role, created_at) VALUES (?, ?, ?, ?, 'member', 1000)", i+1, id(), name, fmt.Sprint("old", i))
	}
	for i, name := range []string{"general", "ops", "0ps_"} {
		exec(t, old, "INSERT INTO conversations (id, uid, name, public, created_at) VALUES (?, ?, ?, ?, 1000)", i+1, id(), name, min(1, 2-i))
	}
	exec(t, old, "INSERT INTO memberships (conversation_id, user_id) VALUES (3, 1)")
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	for look, want := range map[string]string{"root": "root", "root:2": "root.", text.Skeleton("ann-lee"): "ann--lee", "old3": chat.DeletedName} {
		if u, err := s.UserBySkeleton(ctx, look); u.Name != want || err != nil {
			t.Errorf("%s is %+v, %v", look, u, err)
		}
	}
	for user, want := range map[chat.UserID]string{1: "[ops 0ps_]", 2: "[ops]"} {
		like, err := s.GroupsLike(ctx, user, text.Skeleton("ops"))
		names := make([]string, len(like))
		for i, c := range like {
			names[i] = c.Name
		}
		if got := fmt.Sprint(names); got != want || err != nil {
			t.Errorf("account %d knows of %s, %v, want %s", user, got, err, want)
		}
	}
	if _, err := s.ConversationByName(ctx, "0ps_"); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a private group is found by its name: %v", err)
	}
}

// Migrations have one sequence of numbers: no number twice, no gap after 40, and
// none added before the last one that a database may have.
func TestMigrationsAreNumberedInOneLine(t *testing.T) {
	files, err := fs.Glob(Migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	before := []int{1, 2, 3, 4, 5, 6, 20, 30, 40} // numbers up to here have gaps
	for i, name := range files {
		want := 40 + i + 1 - len(before)
		if i < len(before) {
			want = before[i]
		}
		if number := fmt.Sprintf("migrations/%05d_", want); !strings.HasPrefix(name, number) {
			t.Errorf("%s comes where %s… should: give a new migration the number after the highest", name, number)
		}
	}
}

// A database that lacks a migration from before its last one is refused. It is not
// upgraded in an order that nobody has tested.
func TestMigrationsRunInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	old := upTo(t, path, 40)
	exec(t, old, "DELETE FROM goose_db_version WHERE version_id = 30")
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), path); err == nil {
		_ = s.Close()
		t.Error("it is opened")
	}
}
