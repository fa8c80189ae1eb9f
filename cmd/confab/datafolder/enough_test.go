package datafolder

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/db/sqlite"
)

// At the start, there is a sentence for each thing of which the machine has too little, and
// none if it has enough.
func TestAStartSaysWhatIsNotEnough(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	changed := func(file string, at time.Time) {
		t.Helper()
		if err := os.Chtimes(filepath.Join(dir, file), at, at); err != nil {
			t.Fatal(err)
		}
	}
	postFile(t, dir, 10<<30)
	changed(DatabaseFile, now.Add(-time.Hour))
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	const needed = 5000 + service.MaxHandlesInAll + ownOpenFiles
	enough := func() (measures, Needs) {
		return measures{
			now:       func() time.Time { return now },
			lookUp:    func(context.Context, string, string) ([]netip.Addr, error) { return []netip.Addr{one}, nil },
			freeSpace: func(string) (int64, error) { return 50 << 30, nil },
			openFiles: func(int) (int64, bool) { return needed, true },
		}, Needs{Listen: []string{"chat.example.org:2222"}, Connections: 5000, Files: 60 << 30}
	}
	for name, test := range map[string]struct {
		but  func(*measures, *Needs)
		says string // "" for nothing
	}{
		"enough of all": {func(*measures, *Needs) {}, ""},
		"a clock in the past": {func(m *measures, _ *Needs) {
			m.now = func() time.Time { return now.Add(-2 * time.Hour) }
		}, "the machine's clock says 2026-03-01 10:00:00, but the database was last changed at 2026-03-01 11:00:00: set the clock"},
		"a clock that was set back a little": {func(m *measures, _ *Needs) {
			m.now = func() time.Time { return now.Add(-time.Hour - clockSlack) }
		}, ""},
		"a name without an address": {func(m *measures, _ *Needs) {
			m.lookUp = func(context.Context, string, string) ([]netip.Addr, error) { return nil, errors.New("no such host") }
		}, "DNS has no address for chat.example.org, the name in the setting listen: correct it, or write an address there, such as :2222 (no such host)"},
		"a name with two addresses": {func(m *measures, _ *Needs) {
			m.lookUp = func(context.Context, string, string) ([]netip.Addr, error) { return []netip.Addr{one, two}, nil }
		}, "DNS has 2 addresses for chat.example.org, the name in the setting listen, and the server listens on only one of them"},
		"localhost, of IPv4 and IPv6": {func(m *measures, n *Needs) {
			n.Listen = []string{"localhost:2222"}
			m.lookUp = func(context.Context, string, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.IPv6Loopback(), netip.MustParseAddr("127.0.0.1")}, nil
			}
		}, ""},
		"an address, which needs no DNS": {func(m *measures, n *Needs) {
			n.Listen = []string{"[::]:2222"}
			m.lookUp = func(context.Context, string, string) ([]netip.Addr, error) { return nil, errors.New("no DNS") }
		}, ""},
		"a disk that is almost full": {func(m *measures, _ *Needs) {
			m.freeSpace = func(string) (int64, error) { return lowSpace - 1, nil }
		}, "are free: make room, because nobody can send messages while the disk is full"},
		"a disk that is too small for the files": {func(m *measures, n *Needs) {
			n.Files = 60<<30 + 1
		}, "people may post 50 GiB more of files, but only 50 GiB of the disk are free: lower --max-files-total, or add space"},
		"no limit for files": {func(m *measures, n *Needs) { n.Files = 0 }, ""},
		"a disk that cannot be measured": {func(m *measures, _ *Needs) {
			m.freeSpace = func(string) (int64, error) { return 0, errors.New("no such device") }
		}, "checking the free space: no such device"},
		"too few open files": {func(m *measures, _ *Needs) {
			m.openFiles = func(int) (int64, bool) { return needed - 1, true }
		}, "raise ulimit -n (LimitNOFILE= in a systemd unit), or lower --max-connections"},
		"no limit on open files": {func(m *measures, _ *Needs) {
			m.openFiles = func(int) (int64, bool) { return 0, false }
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, n := enough()
			test.but(&m, &n)
			got := strings.Join(m.shortages(t.Context(), dir, n), "\n")
			if !strings.Contains(got, test.says) || test.says == "" && got != "" || strings.Contains(got, "\n") {
				t.Errorf("the start says %q, want %q", got, test.says)
			}
		})
	}
	// What was written last may be in the write-ahead log.
	if err := os.WriteFile(filepath.Join(dir, DatabaseFile+"-wal"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	changed(DatabaseFile+"-wal", now.Add(2*time.Minute))
	m, n := enough()
	if got := m.shortages(t.Context(), dir, n); len(got) != 1 || !strings.Contains(got[0], "last changed at 2026-03-01 12:02:00") {
		t.Errorf("with a log from the future, the start says %q", got)
	}
}

// postFile creates a database in which somebody has posted a file of a size.
func postFile(t *testing.T, dir string, size int64) {
	t.Helper()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(dir, DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	err = store.Update(ctx, func(tx chat.Tx) error {
		user, err := tx.InsertUser(ctx, chat.User{UID: uuid.New(), Name: "ann", Role: chat.RoleMember, CreatedAt: time.Now()})
		if err != nil {
			return err
		}
		in, err := tx.InsertConversation(ctx, chat.Conversation{UID: uuid.New(), Kind: chat.KindGroup, Name: "general", CreatedAt: time.Now()})
		if err != nil {
			return err
		}
		m := &chat.Message{ID: uuid.New(), Conversation: in.ID, Author: user.ID, SentAt: time.Now()}
		if _, err := tx.InsertMessage(ctx, m); err != nil {
			return err
		}
		m.File = &chat.Attachment{Name: "film.mkv", Size: size}
		return tx.InsertFile(ctx, m)
	})
	if err = errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
}
