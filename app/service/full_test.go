package service_test

import (
	"errors"
	"strings"
	"testing"

	"confab/app/chat"
	"confab/app/service"
	"confab/app/testkit"
)

// While the disk is full, users can read but not send, and are told why. Afterwards
// everything works again, and read markers that have moved meanwhile are not lost.
func TestAFullDisk(t *testing.T) {
	real := testkit.OpenStore(t, t.TempDir())
	store := &testkit.Disk{Store: real}
	s := testkit.Serve(t, real, store, service.Options{})
	ann, bob := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1)), testkit.Connect(t, s, testkit.Enrol(t, s, "bob", 2))
	in := testkit.General(t, ann)
	m := testkit.Send(t, ann, in, "hello")
	store.Full.Store(true)

	again := chat.NewMessage{ID: testkit.NewID(t), Conversation: in, Body: "no room"}
	_, err := ann.Messages().Send(t.Context(), again)
	if !errors.Is(err, chat.ErrFull) || chat.IsRefusal(err) || !strings.Contains(chat.UserText(err), "disk is full") {
		t.Errorf("sending: %v, told as %q; want ErrFull, and that the disk is full", err, chat.UserText(err))
	}
	visit(t, bob, in)
	bob.Receipts().MarkRead(in, m.Seq) // waits to be written
	if list, err := bob.Groups().Conversations(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("listing: %v, %v", list, err)
	}
	if _, err := bob.Receipts().Unread(t.Context(), in); err != nil {
		t.Errorf("counting: %v", err)
	}
	if page, err := bob.Messages().Before(t.Context(), in, 1<<62, 10); err != nil || len(page) != 1 {
		t.Errorf("reading: %v, %v; want the one message", page, err)
	}

	store.Full.Store(false)
	if posted, err := ann.Messages().Send(t.Context(), again); err != nil || posted.Seq != m.Seq+1 {
		t.Errorf("sending with room again: %v, %v", posted, err)
	}
	if n, err := bob.Receipts().Unread(t.Context(), in); err != nil || n != 1 {
		t.Errorf("%d unread, %v; want 1, the new one", n, err)
	}
}
