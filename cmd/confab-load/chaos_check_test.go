package main

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

// written is a data folder as a server could leave it: two people have each written
// five messages in #general.
func written(t *testing.T) *chaosRun {
	t.Helper()
	dir := t.TempDir()
	c := &chaosRun{Site: &testbed.Site{Ground: &testbed.Ground{Dir: dir}, Data: filepath.Join(dir, "data")}, witness: clients.NewWitness(), read: map[string]map[int64]int64{}}
	if err := os.Mkdir(c.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	_, _, err := testbed.Enrol(t.Context(), c.Data, 2, func(ctx context.Context, store *sqlite.Store, _ *service.Service, accounts []testbed.Account) error {
		in, err := store.ConversationByName(ctx, chat.GeneralName)
		if err != nil {
			return err
		}
		return store.Update(ctx, func(tx chat.Tx) error {
			for i := range 10 {
				u, err := tx.UserByName(ctx, accounts[i%2].Name)
				if err != nil {
					return err
				}
				s := clients.Said{Author: u.Name, Life: 1, N: i/2 + 1}
				m := chat.Message{ID: uuid.New(), Conversation: in.ID, Author: u.ID, Body: s.String(), SentAt: time.Now()}
				if _, err := tx.InsertMessage(ctx, &m); err != nil {
					return err
				}
				c.witness.Saw(accounts[0].Name, s) // the first person has seen them all
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The checks find each kind of fault.
func TestChaosFinds(t *testing.T) {
	const first = "user_id = (SELECT id FROM users WHERE name = 'load0000')"
	const second = "user_id = (SELECT id FROM users WHERE name = 'load0001')"
	for _, c := range []struct{ name, spoil, want string }{
		{"nothing", "", ""},
		{"what was on the screen is read", "UPDATE memberships SET read = 10, seen = 10, delivered = 10 WHERE " + first, ""},
		{"a gap", "DELETE FROM messages WHERE seq = 4", "message 3 of conversation 1 is followed by 5"},
		{"a loss", "DELETE FROM messages WHERE seq = 10; UPDATE conversations SET last_seq = 9", `"load0001 1-5" was shown as sent and is lost`},
		{"a double", "UPDATE messages SET body = 'load0000 1-1' WHERE seq = 3", `"load0000 1-1" is there twice`},
		{"an order", "UPDATE messages SET body = CASE seq WHEN 1 THEN 'load0000 1-2' ELSE 'load0000 1-1' END WHERE seq IN (1, 3)", `"load0000 1-1" comes after message 2`},
		{"a hole in a life", "UPDATE messages SET body = 'load0000 1-9' WHERE seq = 9", "has 5 messages of life 1, but the last is number 9"},
		{"a text of nobody", "UPDATE messages SET body = 'x load0000 1-1' WHERE seq = 1", "a message that nobody wrote"},
		{"a counter", "UPDATE conversations SET last_seq = 11", "counts 11 messages but has 10"},
		{"delivered ahead", "UPDATE memberships SET delivered = 11 WHERE " + first, "a marker of load0000 in conversation 1 is at 11"},
		// The second person has had nothing on the screen. Their last message is
		// the tenth.
		{"read ahead", "UPDATE memberships SET read = 12 WHERE " + second, "load0001 has read conversation 1 up to 12"},
		{"seen ahead", "UPDATE messages SET body = 'load0000 1-' || (seq + 20) WHERE seq > 5; UPDATE memberships SET seen = 8 WHERE " + second, "load0001 has read conversation 1 up to 8, but had it on the screen up to 4"},
		{"a move ahead", "INSERT INTO marker_moves SELECT 1, id, 'read', 0, 11, 0 FROM users WHERE name = 'load0000'", "a marker of load0000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := written(t)
			spoil(t, run, c.spoil)
			wrong, err := run.check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(wrong, "\n")
			if c.want == "" && all != "" || !strings.Contains(all, c.want) {
				t.Errorf("found %q, want %q", all, c.want)
			}
		})
	}
}

func spoil(t *testing.T, c *chaosRun, statements string) {
	t.Helper()
	raw, err := sql.Open("sqlite", filepath.Join(c.Data, testbed.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec(statements); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
}

// A damaged database is reported, in one way or another.
func TestChaosFindsDamage(t *testing.T) {
	c := written(t)
	path := filepath.Join(c.Data, testbed.DatabaseFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(1, 1))
	for at := 4096; at < len(data); at += 2 + chance.IntN(50) { // the first page holds the header
		data[at] = byte(chance.Uint32())
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if wrong, err := c.check(t.Context()); err == nil && len(wrong) == 0 {
		t.Error("nothing was found")
	}
}
