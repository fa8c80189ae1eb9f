package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"confab/app/chat"
)

// fakeSender posts messages in memory, or fails.
type fakeSender struct {
	ids    byte
	posted []string
	fail   error
}

func (f *fakeSender) NewID() (uuid.UUID, error) {
	f.ids++
	return uuid.UUID{f.ids}, nil
}

func (f *fakeSender) Send(_ context.Context, m chat.NewMessage) (*chat.Message, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	f.posted = append(f.posted, fmt.Sprint(m.ID[0], " ", m.Body))
	return &chat.Message{ID: m.ID, Conversation: m.Conversation, Body: m.Body}, nil
}

// send carries out the next command, and fails the test if there is none.
func send(t *testing.T, o *Outbox) SentMsg {
	t.Helper()
	cmd := o.Next()
	if cmd == nil {
		t.Fatal("nothing is to be sent")
	}
	msg := cmd().(SentMsg)
	o.Sent()
	return msg
}

func TestMessagesAreSentOneAfterTheOther(t *testing.T) {
	f := &fakeSender{}
	o := New(f)
	for i := range 3 {
		if err := o.Add(7, fmt.Sprint("message ", i), nil, nil, false); err != nil {
			t.Fatal(err)
		}
	}
	first := o.Next()
	if first == nil || o.Next() != nil {
		t.Fatal("one message, and no more, should be under way")
	}
	msg := first().(SentMsg)
	if o.Next() != nil {
		t.Error("the second was sent before the answer to the first was taken")
	}
	o.Sent()
	o.Confirm(7, msg.Message.ID)
	send(t, o)
	send(t, o)
	if want := []string{"1 message 0", "2 message 1", "3 message 2"}; !slices.Equal(f.posted, want) || o.Next() != nil {
		t.Errorf("posted %q, want %q", f.posted, want)
	}
	if len(o.Unsent(7)) != 2 { // those that nobody has confirmed
		t.Errorf("%d are left, want 2", len(o.Unsent(7)))
	}
}

func TestAnotherTryKeepsTheID(t *testing.T) {
	f := &fakeSender{fail: errors.New("the disk is gone")}
	o := New(f)
	if err := o.Add(7, "precious", nil, nil, false); err != nil {
		t.Fatal(err)
	}
	msg := send(t, o)
	msg.Out.Failure = "It did not work."
	if o.Next() != nil {
		t.Error("it is sent again by itself")
	}
	if o.Retry(8) || !o.Retry(7) || msg.Out.Failure != "" {
		t.Error("a retry is for its conversation, and takes the reason away")
	}
	f.fail = nil
	if again := send(t, o); again.Out.ID != msg.Out.ID || again.Err != nil {
		t.Errorf("it was sent as %v, and first as %v: %v", again.Out.ID, msg.Out.ID, again.Err)
	}
}

func TestTheOutboxIsBounded(t *testing.T) {
	o := New(&fakeSender{})
	for range Limit {
		if err := o.Add(7, "quick", nil, nil, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Add(8, "one too many", nil, nil, false); !errors.Is(err, ErrFull) || o.Len() != Limit {
		t.Errorf("with %d in it, another gives %v", o.Len(), err)
	}
	msg := send(t, o)
	o.Confirm(7, msg.Message.ID)
	if err := o.Add(8, "one more", nil, nil, false); err != nil {
		t.Error(err)
	}
}

// A message of a conversation that its user was removed from says so when its
// answer comes.
func TestDropping(t *testing.T) {
	f := &fakeSender{}
	o := New(f)
	for _, body := range []string{"one", "two"} {
		if err := o.Add(7, body, nil, nil, false); err != nil {
			t.Fatal(err)
		}
	}
	underway := o.Next()
	if of := o.Drop(7); len(of) != 2 || o.Len() != 0 {
		t.Errorf("dropped %d, and %d are left", len(of), o.Len())
	}
	o.Cancel(7)
	if msg := underway().(SentMsg); !msg.Out.Dropped() {
		t.Error("the one under way does not know that it was dropped")
	}
	o.Sent()
	if o.Next() != nil {
		t.Error("a message that was cancelled is sent")
	}
}
