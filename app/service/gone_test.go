package service_test

import (
	"testing"

	"confab/app/chat"
	"confab/app/testkit"
)

// A message to a deleted account is refused with the reason.
func TestNobodyWritesToADeletedAccount(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	testkit.Enrol(t, s, "bob", 2)
	direct, err := ann.Groups().Direct(ctx, "bob")
	if err != nil {
		t.Fatal(err)
	}
	last := testkit.Send(t, ann, direct, "hello")
	if _, err := s.Host().DeleteUser(ctx, "bob", false); err != nil {
		t.Fatal(err)
	}
	_, err = ann.Messages().Send(ctx, chat.NewMessage{ID: testkit.NewID(t), Conversation: direct, Body: "are you there?"})
	refused(t, err, chat.ErrNotAllowed, "this account has been deleted")
	// The messages stay.
	if page, err := ann.Messages().Before(ctx, direct, 1<<40, 10); err != nil || len(page) != 1 || page[0].ID != last.ID {
		t.Errorf("there is %v, %v", page, err)
	}
}

// A member who doesn't share receipts does not learn what others have read, not even from
// deliveries.
func TestDeliveredTellsNothingOfReads(t *testing.T) {
	s := testkit.Open(t, t.TempDir())
	ctx := t.Context()
	ann := testkit.Connect(t, s, testkit.Enrol(t, s, "ann", 1))
	testkit.Enrol(t, s, "bob", 2)
	id := testkit.General(t, ann)
	m := testkit.Send(t, ann, id, "hello")
	// A script reads messages that no screen has received.
	if err := script(t, s, 2).Receipts().ReadUpTo(ctx, id, m.Seq); err != nil {
		t.Fatal(err)
	}
	for _, shares := range []bool{false, true} {
		if err := ann.Receipts().ShareReceipts(ctx, 0, shares); err != nil {
			t.Fatal(err)
		}
		d, err := ann.Receipts().Details(ctx, id, m.Seq)
		if err != nil || len(d.Members) != 1 || d.Members[0].Delivered != shares || d.Members[0].Read != shares {
			t.Errorf("sharing %t, ann is told %+v, %v", shares, d.Members, err)
		}
	}
}
