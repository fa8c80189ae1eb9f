package main

import (
	"context"
	"errors"
	"fmt"
)

// byKey presses keys at the terminals of two clients in turn, one at a server on
// each store. It measures the time to the last byte that a key causes.
func byKey(ctx context.Context, f *findings, shelves []*shelf) (err error) {
	var all []*typist
	defer func() {
		for _, t := range all {
			faults, stopped := t.close()
			f.faulty(faults)
			err = errors.Join(err, stopped)
		}
	}()
	for _, sh := range shelves {
		t, err := newTypist(ctx, sh)
		if err != nil {
			return err
		}
		all = append(all, t)
	}
	for _, part := range []struct {
		times int
		do    func(*typist) error
	}{
		{1, func(t *typist) error { return t.aside(ctx, "") }}, // everything is drawn
		{historyKeys, func(t *typist) error {
			// The conversation opens at the first unread message.
			return errors.Join(t.press(ctx, "open", keyNext), t.aside(ctx, keyEnd), t.press(ctx, "unread_line", keyUnread))
		}},
		{historyKeys, func(t *typist) error { return t.press(ctx, "switch", keyLast) }},
		{1, func(t *typist) error {
			largest := fmt.Sprintf(groupName, libraryGroups-1)
			return errors.Join(t.aside(ctx, keySwitcher), t.aside(ctx, largest), t.aside(ctx, keyEnter), t.aside(ctx, keyEnd))
		}},
		{historyKeys, func(t *typist) error { return t.press(ctx, "page_up", keyPageUp) }},
	} {
		for range part.times {
			for _, t := range all {
				if err := part.do(t); err != nil {
					return err
				}
			}
		}
	}
	compare(f, "key", all[0].timings, all[1].timings)
	return nil
}

// typist is the reader of a store, at a client.
type typist struct {
	timings
	server *server
	*client
}

func newTypist(ctx context.Context, sh *shelf) (*typist, error) {
	server, err := startServer(ctx, sh.confab, sh.data, sh.logFile)
	if err != nil {
		return nil, err
	}
	c, err := connect(ctx, server.addr, sh.hostKey, sh.accounts[libraryReader], &newTally(schedule{sessions: 1, senders: 1}).views[0])
	if err != nil {
		return nil, errors.Join(err, server.stop())
	}
	return &typist{timings{}, server, c}, nil
}

// close hangs up and stops the server, and returns the errors in its log.
func (t *typist) close() (faults []string, err error) {
	t.hangUp()
	<-t.ended
	if err := t.server.stop(); err != nil {
		return nil, err
	}
	return t.server.faults(), nil
}

// press presses a key that changes the screen.
func (t *typist) press(ctx context.Context, what, key string) error {
	took, err := t.respond(ctx, key)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	t.add(what, took)
	return nil
}

// aside presses keys that are not measured.
func (t *typist) aside(ctx context.Context, keys string) error {
	return errors.Join(t.client.press(keys), sleep(ctx, 2*frameEnd))
}
