package service_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"confab/app/service"
	"confab/app/testkit"
)

// A user who was kicked by another process may come back before the server has applied the
// change. The new session is not ended.
func TestAKickEndsWhatWasOpenBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := &clock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	process := func() *service.Service {
		store := testkit.OpenStore(t, dir)
		return testkit.Serve(t, store, store, service.Options{Now: now.Now})
	}
	server, command := process(), process()
	eve, joe := testkit.Enrol(t, server, "eve", 1), testkit.Enrol(t, server, "joe", 2)
	before, last := testkit.Connect(t, server, eve), testkit.Connect(t, server, joe)
	now.add(time.Second)
	for _, name := range []string{"eve", "joe"} {
		if err := command.Host().Kick(t.Context(), name, ""); err != nil {
			t.Fatal(err)
		}
	}
	now.add(time.Second)
	script, err := server.OpenScript(t.Context(), eve.Fingerprint()) // opening a script does not apply earlier changes
	if err != nil {
		t.Fatal(err)
	}
	defer script.Close()
	after := testkit.Connect(t, server, eve)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.TailChanges(ctx) }()
	for _, s := range []*service.Session{before, last} { // in this order, so that all changes about eve are applied
		if why := endsWith(t, s); !strings.Contains(why, "has ended your session") {
			t.Errorf("it is told %q", why)
		}
	}
	goesOn(t, script)
	goesOn(t, after)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
