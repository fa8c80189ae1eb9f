package storetest

import (
	"context"
	"maps"
	"time"

	"pgregory.net/rapid"

	"confab/app/chat"
)

// Markers only grow, whatever the order of the writes. The exception is SetSeen, with
// which members move their own position back.
func markersOnlyGrow(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("x", ann, bob)
	for range 9 {
		w.post(in, ann, "hello")
	}
	want := w.membership(in, bob).Markers
	rapid.Check(w.T, func(r *rapid.T) {
		seq := func(name string) chat.Seq { return chat.Seq(rapid.IntRange(0, 9).Draw(r, name)) }
		if rapid.IntRange(0, 3).Draw(r, "what") == 0 {
			want.Seen = seq("unread")
			w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetSeen(ctx, in.ID, bob.ID, want.Seen) })
		} else {
			a := chat.Advance{Conversation: in.ID, User: bob.ID, Delivered: seq("delivered"), Read: seq("read"), Seen: seq("seen"), ReadFrom: seq("from")}
			if rapid.Bool().Draw(r, "timed") {
				a.DeliveredAt, a.ReadAt = w.now(), w.now()
			}
			want = chat.Markers{
				Delivered: max(want.Delivered, a.Delivered), Read: max(want.Read, a.Read),
				Seen: max(want.Seen, a.Seen), ReadFrom: max(want.ReadFrom, a.ReadFrom),
			}
			w.update(func(ctx context.Context, tx chat.Tx) error { return tx.AdvanceMarkers(ctx, a) })
		}
		if got := w.membership(in, bob).Markers; got != want {
			r.Fatalf("the markers are %+v, want %+v", got, want)
		}
		if got := w.membership(in, ann).Markers; got != (chat.Markers{}) {
			r.Fatalf("those of another member are %+v", got)
		}
	})
	w.update(func(ctx context.Context, tx chat.Tx) error { // has no effect: only members have markers
		return tx.AdvanceMarkers(ctx, chat.Advance{Conversation: in.ID, User: bob.ID + 100, Seen: 3})
	})
}

// The store keeps the time when a marker reached a message or passed it.
func markerTimes(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	in := w.group("x", ann, bob)
	for range 5 {
		w.post(in, ann, "hello")
	}
	delivered, read, later := w.now(), w.now(), w.now()
	advance := func(a chat.Advance) {
		w.Helper()
		a.Conversation, a.User = in.ID, bob.ID
		w.update(func(ctx context.Context, tx chat.Tx) error { return tx.AdvanceMarkers(ctx, a) })
	}
	advance(chat.Advance{Delivered: 3, DeliveredAt: delivered})
	advance(chat.Advance{Delivered: 5, Read: 2, ReadAt: read}) // without a time for the delivery
	advance(chat.Advance{Read: 4, ReadAt: later})
	check := func(want map[chat.Seq][]chat.MarkerTime) {
		w.Helper()
		for seq, times := range want {
			got := must(w.MarkerTimes(w.Context(), in.ID, seq))(w)
			found := map[bool]time.Time{}
			for _, m := range got {
				if m.User != bob.ID {
					w.Errorf("a marker of %d came to message %d", m.User, seq)
				}
				found[m.Read] = m.At
			}
			expected := map[bool]time.Time{}
			for _, m := range times {
				expected[m.Read] = m.At
			}
			if len(got) != len(times) || !maps.EqualFunc(found, expected, time.Time.Equal) {
				w.Errorf("message %d: %v, want %v", seq, got, times)
			}
		}
	}
	d := chat.MarkerTime{User: bob.ID, At: delivered}
	check(map[chat.Seq][]chat.MarkerTime{
		1: {d, {User: bob.ID, Read: true, At: read}}, 2: {d, {User: bob.ID, Read: true, At: read}},
		3: {d, {User: bob.ID, Read: true, At: later}}, 4: {{User: bob.ID, Read: true, At: later}}, 5: nil,
	})
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.PruneMarkerTimes(ctx, later) })
	check(map[chat.Seq][]chat.MarkerTime{1: nil, 3: {{User: bob.ID, Read: true, At: later}}})
}

// Turning receipts off withdraws the read marker, in one conversation or in all. Turning
// them on again does not report messages that were read in the meantime.
func receipts(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	x, y := w.group("x", ann, bob), w.group("y", ann, bob)
	for _, in := range []chat.Conversation{x, y} {
		for range 3 {
			w.post(in, ann, "hello")
		}
		w.update(func(ctx context.Context, tx chat.Tx) error {
			return tx.AdvanceMarkers(ctx, chat.Advance{Conversation: in.ID, User: bob.ID, Delivered: 3, Read: 2, Seen: 3, ReadAt: w.now(), DeliveredAt: w.now()})
		})
	}
	withdrawn := chat.Markers{Delivered: 3, Read: 0, ReadFrom: 3, Seen: 3}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.WithdrawRead(ctx, x.ID, bob.ID, true) })
	if m := w.membership(x, bob); !m.ReceiptsOff || m.Markers != withdrawn {
		w.Errorf("where receipts are off bob is %+v", m)
	}
	if m := w.membership(y, bob); m.ReceiptsOff || m.Read != 2 {
		w.Errorf("elsewhere bob is %+v", m)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.WithdrawRead(ctx, x.ID, bob.ID, false) })
	if m := w.membership(x, bob); m.ReceiptsOff || m.Markers != withdrawn {
		w.Errorf("where receipts are on again bob is %+v", m)
	}
	w.update(func(ctx context.Context, tx chat.Tx) error { return tx.SetReceiptsOff(ctx, bob.ID, true) })
	if m := w.membership(y, bob); m.Markers != withdrawn {
		w.Errorf("with receipts off everywhere bob is %+v", m)
	}
	if u := must(w.UserByID(w.Context(), bob.ID))(w); !u.ReceiptsOff {
		w.Error("the account does not say that its receipts are off")
	}
	if members := must(w.Members(w.Context(), y.ID))(w); !members[1].AccountReceiptsOff || members[0].AccountReceiptsOff {
		w.Errorf("the members are %+v", members)
	}
	for _, in := range []chat.Conversation{x, y} {
		for _, m := range must(w.MarkerTimes(w.Context(), in.ID, 1))(w) {
			if m.Read {
				w.Errorf("in #%s the store still says that bob read at %v", in.Name, m.At)
			}
		}
	}
}

func undelivered(w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	x, y := w.group("x", ann, bob), w.group("y", ann, bob)
	w.post(x, ann, "hello")
	w.post(x, ann, "hello")
	w.post(y, ann, "hello")
	w.group("z", ann)
	w.update(func(ctx context.Context, tx chat.Tx) error {
		return tx.AdvanceMarkers(ctx, chat.Advance{Conversation: y.ID, User: bob.ID, Delivered: 1})
	})
	if got := must(w.Undelivered(w.Context(), bob.ID))(w); !maps.Equal(got, map[chat.ConversationID]chat.Seq{x.ID: 2}) {
		w.Errorf("undelivered to bob: %v", got)
	}
}
