package chat_test

import (
	"testing"

	"confab/app/chat"
)

func TestTallyAndTick(t *testing.T) {
	const ann, bob, cyd = 1, 2, 3
	at := func(u chat.UserID, joined, delivered, read chat.Seq) chat.MemberReceipt {
		return chat.MemberReceipt{User: u, Joined: joined, Delivered: delivered, Read: read, ReadFrom: joined, Shares: true}
	}
	silent := func(m chat.MemberReceipt) chat.MemberReceipt { m.Shares, m.Read, m.ReadFrom = false, 0, 0; return m }
	since := func(m chat.MemberReceipt, s chat.Seq) chat.MemberReceipt { m.ReadFrom = s; return m }
	own := at(ann, 0, 9, 9)
	for _, c := range []struct {
		name     string
		withheld bool
		members  []chat.MemberReceipt
		want     chat.Tally
		tick     chat.Tick
	}{
		{"nobody else", false, nil, chat.Tally{}, chat.TickSent},
		{"direct, not there", false, []chat.MemberReceipt{at(bob, 0, 4, 4)}, chat.Tally{0, 1, 0, 1}, chat.TickSent},
		{"direct, delivered", false, []chat.MemberReceipt{at(bob, 0, 5, 4)}, chat.Tally{1, 1, 0, 1}, chat.TickDelivered},
		{"direct, read", false, []chat.MemberReceipt{at(bob, 0, 5, 5)}, chat.Tally{1, 1, 1, 1}, chat.TickRead},
		{"read implies delivered", false, []chat.MemberReceipt{at(bob, 0, 3, 6)}, chat.Tally{1, 1, 1, 1}, chat.TickRead},
		{"one of two", false, []chat.MemberReceipt{at(bob, 0, 6, 6), at(cyd, 0, 4, 4)}, chat.Tally{1, 2, 1, 2}, chat.TickSent},
		{"delivered to both, read by one", false, []chat.MemberReceipt{at(bob, 0, 6, 6), at(cyd, 0, 6, 4)}, chat.Tally{2, 2, 1, 2}, chat.TickDelivered},
		{"read by both", false, []chat.MemberReceipt{at(bob, 0, 6, 6), at(cyd, 0, 6, 5)}, chat.Tally{2, 2, 2, 2}, chat.TickRead},
		{"one does not tell", false, []chat.MemberReceipt{at(bob, 0, 6, 6), silent(at(cyd, 0, 6, 6))}, chat.Tally{2, 2, 1, 1}, chat.TickRead},
		{"nobody tells", false, []chat.MemberReceipt{silent(at(bob, 0, 6, 6))}, chat.Tally{1, 1, 0, 0}, chat.TickDelivered},
		{"one does not tell and is not there", false, []chat.MemberReceipt{at(bob, 0, 6, 6), silent(at(cyd, 0, 4, 4))}, chat.Tally{1, 2, 1, 1}, chat.TickSent},
		{"one tells since later only", false, []chat.MemberReceipt{since(at(bob, 0, 9, 9), 5)}, chat.Tally{1, 1, 0, 0}, chat.TickDelivered},
		{"late joiner", false, []chat.MemberReceipt{at(bob, 0, 6, 6), at(cyd, 5, 6, 6)}, chat.Tally{1, 1, 1, 1}, chat.TickRead},
		{"joined just before", false, []chat.MemberReceipt{at(bob, 4, 4, 4)}, chat.Tally{0, 1, 0, 1}, chat.TickSent},
		{"the asker does not share", true, []chat.MemberReceipt{silent(at(bob, 0, 6, 6))}, chat.Tally{1, 1, 0, 0}, chat.TickDelivered},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &chat.Receipts{Withheld: c.withheld, Members: append([]chat.MemberReceipt{own}, c.members...)}
			if got := r.Tally(ann, 5); got != c.want || got.Tick() != c.tick {
				t.Errorf("counts %+v, tick %d; want %+v, %d", got, got.Tick(), c.want, c.tick)
			}
		})
	}
	if got := (*chat.Receipts)(nil).Tally(ann, 5); got != (chat.Tally{}) {
		t.Errorf("without receipts: %+v", got)
	}
}
