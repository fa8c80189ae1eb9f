package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// While people send all the time, each backup has the messages up to some moment
// and none of those after it, whatever had been said before it is in it, and
// the sending goes on.
func TestABackupUnderLoadIsOneMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	people := map[string]gossh.Signer{"ann": enrol(t, dir, "ann"), "bob": enrol(t, dir, "bob")}
	s := startServer(t, dir)
	stop := make(chan struct{})
	var sending sync.WaitGroup
	var clients []*client
	said := map[string]int{}
	var mu sync.Mutex // guards said
	for name, key := range people {
		c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: "send '#general' --lines"})
		clients = append(clients, c)
		sending.Go(func() {
			defer c.in.Close()
			for i := 1; ; i++ {
				select {
				case <-stop:
					return
				case <-c.ended:
					return
				default:
				}
				if _, err := io.WriteString(c.in, fmt.Sprintf("%s 0-%d\n", name, i)); err != nil {
					return
				}
				mu.Lock()
				said[name] = i
				mu.Unlock()
			}
		})
	}
	for _, c := range clients {
		c.shows("-7") // the id of a message that was posted, which is of version 7
	}
	for i := range 3 {
		before := stored(t, dir)
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.tar", i))
		if _, stderr, status := confab(t, "", "backup", "--data", dir, file); status != 0 {
			t.Fatalf("backup: status %d, %s", status, stderr)
		}
		restored := filepath.Join(t.TempDir(), "data")
		if _, stderr, status := confab(t, "", "restore", "--data", restored, file); status != 0 {
			t.Fatalf("restore: status %d, %s", status, stderr)
		}
		bodies := stored(t, restored)
		if len(bodies) < len(before) || strings.Join(bodies[:len(before)], "\n") != strings.Join(before, "\n") {
			t.Errorf("the backup has %d messages, and before it there were %d", len(bodies), len(before))
		}
		checkSayings(t, bodies, nil)
	}
	close(stop)
	sending.Wait()
	mu.Lock()
	defer mu.Unlock()
	if said["ann"] == 0 || said["bob"] == 0 {
		t.Errorf("what was said: %v", said)
	}
}
