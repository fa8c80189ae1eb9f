package main

import (
	"context"
	"errors"
	"fmt"

	"confab/cmd/confab-load/clients"
	"confab/cmd/confab-load/report"
	"confab/cmd/confab-load/testbed"
)

// byKey presses keys at the terminals of two clients in turn, one at a server on
// each store. It measures the time to the last byte that a key causes.
func byKey(ctx context.Context, f *report.Findings, shelves []*shelf) (err error) {
	var all []*typist
	defer func() {
		for _, t := range all {
			faults, stopped := t.close()
			f.Faulty(faults)
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
			return errors.Join(t.press(ctx, "open", clients.KeyNext), t.aside(ctx, clients.KeyEnd), t.press(ctx, "unread_line", clients.KeyUnread))
		}},
		{historyKeys, func(t *typist) error { return t.press(ctx, "switch", clients.KeyLast) }},
		{1, func(t *typist) error {
			largest := fmt.Sprintf(testbed.GroupName, libraryGroups-1)
			return errors.Join(t.aside(ctx, clients.KeySwitcher), t.aside(ctx, largest), t.aside(ctx, clients.KeyEnter), t.aside(ctx, clients.KeyEnd))
		}},
		{historyKeys, func(t *typist) error { return t.press(ctx, "page_up", clients.KeyPageUp) }},
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
	server *testbed.Server
	*clients.Client
}

func newTypist(ctx context.Context, sh *shelf) (*typist, error) {
	server, err := testbed.StartServer(ctx, sh.Confab, sh.Data, sh.LogFile)
	if err != nil {
		return nil, err
	}
	c, err := clients.Connect(ctx, server.Addr, sh.HostKey, sh.Accounts[libraryReader], &clients.NewTally(clients.Schedule{Sessions: 1, Senders: 1}).Views[0])
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return &typist{timings{}, server, c}, nil
}

// close hangs up and stops the server, and returns the errors in its log.
func (t *typist) close() (faults []string, err error) {
	t.HangUp()
	<-t.Ended
	if err := t.server.Stop(); err != nil {
		return nil, err
	}
	return t.server.Faults(), nil
}

// press presses a key that changes the screen.
func (t *typist) press(ctx context.Context, what, key string) error {
	took, err := t.Respond(ctx, key)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	t.add(what, took)
	return nil
}

// aside presses keys that are not measured.
func (t *typist) aside(ctx context.Context, keys string) error {
	return errors.Join(t.Client.Press(keys), testbed.Sleep(ctx, 2*clients.FrameEnd))
}
