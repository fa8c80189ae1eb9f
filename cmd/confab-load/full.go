package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
	"confab/db/sqlite"
)

const (
	// smallDisk is the size of the disk, and oldMessages the number of messages on
	// it before.
	smallDisk   = 8 << 20
	oldMessages = 300
	// bulky is the length of messages that fill the disk, in characters. attempts
	// bounds how many of them are sent until one is refused, because reserved space
	// takes a few.
	bulky    = 4000
	attempts = 500
	// notSent begins the line that says why a message was not sent, and the line
	// contains fullWord.
	notSent  = "Not sent:"
	fullWord = "disk is full"
)

// errNoDisk says that a disk of a given size cannot be created here.
var errNoDisk = errors.New("a small disk needs Linux and root")

// diskFull runs a server on a small disk that is full for a while. Meanwhile nobody
// can send and everybody can read. Afterwards the server goes on by itself.
func diskFull(ctx context.Context, g *testbed.Ground) (_ report.Outcome, err error) {
	f := &report.Findings{}
	data := filepath.Join(g.Dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	unmount, err := mountSmall(data, smallDisk)
	if errors.Is(err, errNoDisk) {
		f.Tell("skipped", "skipped", "%s", err.Error())
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unmount()) }()
	s, err := g.Site(ctx, "data", 3, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []testbed.Account) error {
		ids, err := testbed.Groups(ctx, store, service, accounts, 2)
		if err != nil {
			return err
		}
		general, err := store.ConversationByName(ctx, chat.GeneralName)
		if err != nil {
			return err
		}
		for _, id := range append(ids, general.ID) {
			if err := testbed.Fill(ctx, store, oldMessages, smallTalk(id, 1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	server, err := testbed.StartServer(ctx, s.Confab, s.Data, s.LogFile)
	if err != nil {
		return nil, err
	}
	d := &fullDisk{Site: s, addr: server.Addr, Findings: f}
	err = errors.Join(d.run(ctx), server.Stop())
	if err == nil {
		err = d.afterwards(ctx)
	}
	if err != nil {
		return nil, err
	}
	if n := len(server.Faults()); n > 0 { // the log must tell the host
		f.Tell("log_lines", "errors in the server's log, as expected", "%d", n)
	} else {
		f.Fail("the server's log", "does not say that the disk was full")
	}
	return f, nil
}

type fullDisk struct {
	*testbed.Site
	*report.Findings
	addr string
}

// guest is a client with a screen that is read.
type guest struct {
	*clients.Client
	screen *clients.Terminal
}

func (d *fullDisk) enter(ctx context.Context, who int) (*guest, error) {
	screen := clients.NewTerminal(nil)
	c, err := clients.ConnectWith(ctx, clients.Way{Dial: clients.DialTCP, Tap: screen.Tap}, d.addr, d.HostKey, d.Accounts[who], &clients.NewTally(clients.Schedule{Sessions: 1, Senders: 1}).Views[0])
	if err != nil {
		screen.Close()
		return nil, err
	}
	v := &guest{c, screen}
	// New messages are below the unread ones.
	if err := errors.Join(screen.Shows(ctx, "Q0"), c.Press(clients.KeyEnd)); err != nil {
		v.leave()
		return nil, err
	}
	return v, nil
}

func (v *guest) leave() {
	v.HangUp()
	<-v.Ended
	v.screen.Close()
}

func (d *fullDisk) run(ctx context.Context) error {
	writer, err := d.enter(ctx, 0)
	if err != nil {
		return err
	}
	defer writer.leave()
	reader, err := d.enter(ctx, 1)
	if err != nil {
		return err
	}
	defer reader.leave()
	if err := d.send(ctx, writer, "before"); err != nil {
		return err
	}
	if err := reader.screen.Shows(ctx, "before"); err != nil {
		return err
	}
	d.Say("filling the disk")
	ballast, err := fillDisk(d.Data)
	if err != nil {
		return err
	}
	defer os.Remove(ballast)
	reason, err := d.refused(ctx, writer)
	if err != nil {
		return err
	}
	d.Tell("refusal", "message to the author", "%s", reason)
	if !strings.Contains(reason, fullWord) {
		d.Fail("the line", "does not say that the %s", fullWord)
	}
	d.readsOn(ctx, reader)
	d.Say("making room")
	if err := os.Remove(ballast); err != nil {
		return err
	}
	// Enter sends the message that failed. New messages are sent without it.
	if err := writer.Press(clients.KeyEnter); err != nil {
		return err
	}
	if err := d.send(ctx, writer, "after"); err != nil {
		d.Fail("with room again", "%v", err)
		return nil
	}
	if err := errors.Join(changes(ctx, reader, clients.KeyLast, "Q0"), reader.Press(clients.KeyEnd), reader.screen.Shows(ctx, "after")); err != nil {
		d.Fail("with room again", "%v", err)
		return nil
	}
	d.Tell("recovered", "with room again", "%s", "it goes on by itself")
	return nil
}

// send sends a message and waits for its ✓.
func (d *fullDisk) send(ctx context.Context, v *guest, text string) error {
	if err := v.Press(text + clients.KeyEnter); err != nil {
		return err
	}
	return v.screen.Until(ctx, text+" with a tick", func(rows []string) bool { return clients.IsSent(clients.RowWith(rows, text)) })
}

// refused sends messages until one is refused, and returns the line that says why.
func (d *fullDisk) refused(ctx context.Context, v *guest) (reason string, err error) {
	pasted := func(text string) string { return "\x1b[200~" + text + "\x1b[201~" }
	for i := range attempts {
		// Only the end of the message is certain to be on the screen.
		text := strings.Repeat("much ", bulky/5) + fmt.Sprintf("end-%d.", i)
		if err := v.Press(pasted(text) + clients.KeyEnter); err != nil {
			return "", err
		}
		end := fmt.Sprintf("end-%d.", i)
		err := v.screen.Until(ctx, end+" sent or not", func(rows []string) bool {
			reason = reasonIn(rows)
			return reason != "" || clients.IsSent(clients.RowWith(rows, end))
		})
		if err != nil {
			return "", err
		}
		if reason != "" {
			return reason, nil
		}
	}
	return "", fmt.Errorf("%d messages were accepted although the disk is full", attempts)
}

// reasonIn returns the reason below a message that was not sent. It may take
// several rows.
func reasonIn(rows []string) (reason string) {
	for _, row := range rows {
		_, text, _ := strings.Cut(row, "│")
		text = strings.TrimSpace(text)
		if reason == "" && !strings.HasPrefix(text, notSent) {
			continue
		}
		reason = strings.TrimSpace(reason + " " + text)
		if strings.HasSuffix(reason, ".") {
			return reason
		}
	}
	return ""
}

// pages is how many pages up are certain to be above the long messages that [fullDisk.refused]
// sends: each has a few hundred rows at most.
const pages = 100

// readsOn reads while nothing can be written: it pages up, opens another
// conversation, and makes a new connection.
func (d *fullDisk) readsOn(ctx context.Context, v *guest) {
	var failed []string
	try := func(what string, do func() error) {
		if err := do(); err != nil {
			failed = append(failed, what)
			d.Fail("while the disk is full: "+what, "%v", err)
		}
	}
	// As many pages as it takes to get past the long messages, however many the disk had room for.
	try("page up", func() error { return changes(ctx, v, strings.Repeat(clients.KeyPageUp, pages), "Q0") })
	try("another conversation", func() error { return changes(ctx, v, clients.KeyNext, "Q0") })
	try("a new connection", func() error {
		late, err := d.enter(ctx, 2)
		if err != nil {
			return err
		}
		defer late.leave()
		return changes(ctx, late, clients.KeyNext, "Q0")
	})
	if failed == nil {
		d.Tell("reads_on", "while the disk is full, page up, another conversation, a new connection", "%s", "work")
	}
}

// changes presses a key and waits until the text of the chat or the conversation
// has changed. Two conversations may begin with the same text.
func changes(ctx context.Context, v *guest, key, want string) error {
	shown := func(rows []string) (text, conversation string) {
		_, header, _ := strings.Cut(rows[0], "│")
		conversation, _, _ = strings.Cut(strings.TrimSpace(header), " ")
		return clients.RowWith(rows, want), conversation
	}
	text, conversation := shown(v.screen.Rows())
	if err := v.Press(key); err != nil {
		return err
	}
	return v.screen.Until(ctx, "other messages", func(rows []string) bool {
		now, in := shown(rows)
		return now != "" && (now != text || in != conversation)
	})
}

// afterwards checks the database.
func (d *fullDisk) afterwards(ctx context.Context) error {
	c := &chaosRun{Site: d.Site, witness: clients.NewWitness(), read: map[string]map[int64]int64{}}
	wrong, err := c.check(ctx)
	if err != nil {
		return err
	}
	for _, w := range wrong {
		if !strings.Contains(w, "had it on the screen") { // these messages are others
			d.Fail("wrong afterwards", "%s", w)
		}
	}
	return nil
}

// fillDisk fills all the space of a disk with a file.
func fillDisk(dir string) (path string, err error) {
	path = filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close() // the space is too small
	for piece := make([]byte, 64<<10); len(piece) > 0; {
		if _, err := f.Write(piece); err != nil {
			piece = piece[:len(piece)/2] // a smaller piece may fit
		}
	}
	return path, nil
}
