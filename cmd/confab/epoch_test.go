package main

import (
	"errors"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"confab/db/postgres/pgcluster"
	"confab/db/postgres/pgtest"
)

// replaced is what people read when the database has lost commits.
const replaced = "The server's database was replaced by an earlier state or a copy of it: connect again"

// If a standby is promoted that has not received the last commits, no screen goes on showing
// messages that are gone, even if there are as many new ones. Programs cannot go on after them.
func TestAPromotedStandbyThatLostCommits(t *testing.T) {
	pgtest.Needed(t)
	var primary, standby pgcluster.Server
	t.Cleanup(func() {
		if err := errors.Join(primary.Stop(), standby.Stop()); err != nil {
			t.Error(err)
		}
	})
	options := []string{"fsync=off", "wal_level=replica", "max_wal_senders=4", "max_connections=100"}
	if err := errors.Join(primary.Start(t.Context(), options...), primary.Create(t.Context(), "chat", "template0")); err != nil {
		t.Fatal(err)
	}
	direct := primary.Address("chat")
	p, through := pgtest.Through(t, direct)
	t.Setenv(databaseVariable, through)
	first := t.TempDir()
	keys := [2]gossh.Signer{enrol(t, first, "ann"), enrol(t, first, "bob")}
	s := twoServers(t, first)
	ann, bob := s[0].connect(keys[0]), s[1].connect(keys[1])
	ann.say("this stays")
	bob.shows("this stays")
	bob.settled()
	// The standby has a copy of now, and receives nothing after it.
	if err := standby.StartStandby(t.Context(), &primary, append(options, "primary_conninfo=host=/nowhere")...); err != nil {
		t.Fatal(err)
	}
	ann.say("this is lost")
	ann.showsSent("this is lost")
	bob.shows("this is lost")
	id, status := s[0].script(keys[0], "tail --json -n 1 '#general'")
	if status != 0 {
		t.Fatalf("tail: status %d, %s", status, id)
	}
	id = between(id, `"id":"`, `"`)
	primary.Crash()
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Lead(standby.Socket())
	for _, c := range []*client{ann, bob} {
		c.endsWith(replaced)
	}
	var screens [2]*client
	for i, key := range keys {
		screens[i] = s[i].connect(key)
		screens[i].shows("this stays")
		screens[i].hasNotShown("this is lost")
	}
	screens[0].say("in its place")
	screens[1].shows("in its place")
	screens[0].edge("in its place", "read 1/1 ✔✔ B")
	screens[0].hasNotShown("this is lost")
	if said, status := s[1].script(keys[1], "tail --json --since "+id+" '#general'"); status == 0 || strings.Contains(said, "in its place") {
		t.Errorf("tail --since a message that is lost: status %d, %s", status, said)
	}
}

// The host tells servers that the database was put back, if they cannot notice.
func TestANewEpoch(t *testing.T) {
	s, keys, ann, bob := nodes(t)
	ann.say("hello")
	bob.shows("hello")
	s[0].host("db", "epoch")
	for _, c := range []*client{ann, bob} {
		c.endsWith(replaced)
	}
	ann, bob = s[0].connect(keys[0]), s[1].connect(keys[1])
	ann.say("here again")
	bob.shows("here again")
	ann.edge("here again", "read 1/1 ✔✔ B")
}

// between returns the text after one mark and before the next.
func between(text, after, before string) string {
	_, text, _ = strings.Cut(text, after)
	text, _, _ = strings.Cut(text, before)
	return text
}
