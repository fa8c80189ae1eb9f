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
func diskFull(ctx context.Context, g *ground) (_ outcome, err error) {
	f := &findings{}
	data := filepath.Join(g.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	unmount, err := mountSmall(data, smallDisk)
	if errors.Is(err, errNoDisk) {
		f.report = append(f.report, line{"skipped", err.Error()})
		f.named = map[string]any{"skipped": err.Error()}
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unmount()) }()
	s, err := g.site(ctx, "data", 3, func(ctx context.Context, store *sqlite.Store, service *service.Service, accounts []account) error {
		ids, err := groups(ctx, store, service, accounts, 2)
		if err != nil {
			return err
		}
		general, err := store.ConversationByName(ctx, chat.GeneralName)
		if err != nil {
			return err
		}
		for _, id := range append(ids, general.ID) {
			if err := fill(ctx, store, oldMessages, smallTalk(id, 1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	server, err := startServer(ctx, s.confab, s.data, s.logFile)
	if err != nil {
		return nil, err
	}
	d := &fullDisk{site: s, addr: server.addr, findings: f}
	err = errors.Join(d.run(ctx), server.stop())
	if err == nil {
		err = d.afterwards(ctx)
	}
	if err != nil {
		return nil, err
	}
	if n := len(server.faults()); n > 0 { // the log must tell the host
		f.tell("log_lines", "errors in the server's log, as expected", "%d", n)
	} else {
		f.fail("the server's log", "does not say that the disk was full")
	}
	return f, nil
}

type fullDisk struct {
	*site
	*findings
	addr string
}

// guest is a client with a screen that is read.
type guest struct {
	*client
	screen *terminal
}

func (d *fullDisk) enter(ctx context.Context, who int) (*guest, error) {
	screen := newTerminal(nil)
	c, err := connectWith(ctx, way{dialTCP, screen.tap}, d.addr, d.hostKey, d.accounts[who], &newTally(schedule{sessions: 1, senders: 1}).views[0])
	if err != nil {
		screen.close()
		return nil, err
	}
	v := &guest{c, screen}
	// New messages are below the unread ones.
	if err := errors.Join(screen.shows(ctx, "Q0"), c.press(keyEnd)); err != nil {
		v.leave()
		return nil, err
	}
	return v, nil
}

func (v *guest) leave() {
	v.hangUp()
	<-v.ended
	v.screen.close()
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
	if err := reader.screen.shows(ctx, "before"); err != nil {
		return err
	}
	d.say("filling the disk")
	ballast, err := fillDisk(d.data)
	if err != nil {
		return err
	}
	defer os.Remove(ballast)
	reason, err := d.refused(ctx, writer)
	if err != nil {
		return err
	}
	d.tell("refusal", "message to the author", "%s", reason)
	if !strings.Contains(reason, fullWord) {
		d.fail("the line", "does not say that the %s", fullWord)
	}
	d.readsOn(ctx, reader)
	d.say("making room")
	if err := os.Remove(ballast); err != nil {
		return err
	}
	// Enter sends the message that failed. New messages are sent without it.
	if err := writer.press(keyEnter); err != nil {
		return err
	}
	if err := d.send(ctx, writer, "after"); err != nil {
		d.fail("with room again", "%v", err)
		return nil
	}
	if err := errors.Join(changes(ctx, reader, keyLast, "Q0"), reader.press(keyEnd), reader.screen.shows(ctx, "after")); err != nil {
		d.fail("with room again", "%v", err)
		return nil
	}
	d.tell("recovered", "with room again", "%s", "it goes on by itself")
	return nil
}

// send sends a message and waits for its ✓.
func (d *fullDisk) send(ctx context.Context, v *guest, text string) error {
	if err := v.press(text + keyEnter); err != nil {
		return err
	}
	return v.screen.until(ctx, text+" with a tick", func(rows []string) bool { return isSent(rowWith(rows, text)) })
}

// refused sends messages until one is refused, and returns the line that says why.
func (d *fullDisk) refused(ctx context.Context, v *guest) (reason string, err error) {
	pasted := func(text string) string { return "\x1b[200~" + text + "\x1b[201~" }
	for i := range attempts {
		// Only the end of the message is certain to be on the screen.
		text := strings.Repeat("much ", bulky/5) + fmt.Sprintf("end-%d.", i)
		if err := v.press(pasted(text) + keyEnter); err != nil {
			return "", err
		}
		end := fmt.Sprintf("end-%d.", i)
		err := v.screen.until(ctx, end+" sent or not", func(rows []string) bool {
			reason = reasonIn(rows)
			return reason != "" || isSent(rowWith(rows, end))
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

// readsOn reads while nothing can be written: it pages up, opens another
// conversation, and makes a new connection.
func (d *fullDisk) readsOn(ctx context.Context, v *guest) {
	var failed []string
	try := func(what string, do func() error) {
		if err := do(); err != nil {
			failed = append(failed, what)
			d.fail("while the disk is full: "+what, "%v", err)
		}
	}
	try("page up", func() error { return changes(ctx, v, keyPageUp, "Q0") })
	try("another conversation", func() error { return changes(ctx, v, keyNext, "Q0") })
	try("a new connection", func() error {
		late, err := d.enter(ctx, 2)
		if err != nil {
			return err
		}
		defer late.leave()
		return changes(ctx, late, keyNext, "Q0")
	})
	if failed == nil {
		d.tell("reads_on", "while the disk is full, page up, another conversation, a new connection", "%s", "work")
	}
}

// changes presses a key and waits until the text of the chat or the conversation
// has changed. Two conversations may begin with the same text.
func changes(ctx context.Context, v *guest, key, want string) error {
	shown := func(rows []string) (text, conversation string) {
		conversation, _, _ = strings.Cut(strings.TrimSpace(rows[len(rows)-1]), " ")
		return rowWith(rows, want), conversation
	}
	text, conversation := shown(v.screen.rows())
	if err := v.press(key); err != nil {
		return err
	}
	return v.screen.until(ctx, "other messages", func(rows []string) bool {
		now, in := shown(rows)
		return now != "" && (now != text || in != conversation)
	})
}

// afterwards checks the database.
func (d *fullDisk) afterwards(ctx context.Context) error {
	c := &chaosRun{site: d.site, witness: newWitness(), read: map[string]map[int64]int64{}}
	wrong, err := c.check(ctx)
	if err != nil {
		return err
	}
	for _, w := range wrong {
		if !strings.Contains(w, "had it on the screen") { // these messages are others
			d.fail("wrong afterwards", "%s", w)
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
