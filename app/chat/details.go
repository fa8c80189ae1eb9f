package chat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// markerTimesKept is how long it is known when a message was read or delivered.
const markerTimesKept = 30 * 24 * time.Hour

// Details is what is known of one message.
type Details struct {
	Message  *Message
	Withheld bool // the asker does not share what it reads, and so is not told
	Members  []MemberDetail
}

// MemberDetail is how far a message has come to one of those it was for.
type MemberDetail struct {
	Name        string
	DisplayName string
	Delivered   bool
	DeliveredAt time.Time // the zero time if it is not known any more
	Tells       bool      // lets others know whether it has read it
	Read        bool
	ReadAt      time.Time // the zero time if it is not known any more
	BeforeEdit  bool      // it was read before it was last edited, and maybe not since
}

// Details returns how far a message has come to each who was a member when it
// was sent and still is, but for its author and for bots.
func (s ReadReceipts) Details(ctx context.Context, id ConversationID, seq Seq) (Details, error) {
	var d Details
	page, err := Messages{s.session}.After(ctx, id, seq-1, 1)
	if err != nil {
		return d, err
	}
	if len(page) == 0 || page[0].Seq != seq {
		return d, Refuse(ErrNotFound, "There is no such message here.")
	}
	d.Message = page[0]
	if err := s.service.live.Markers().FlushForReading(ctx); err != nil {
		return d, err
	}
	if err := s.ask(ctx, costList); err != nil {
		return d, err
	}
	store := s.service.store
	members, err1 := store.Members(ctx, id)
	times, err2 := store.MarkerTimes(ctx, id, seq)
	if err := errors.Join(err1, err2); err != nil {
		return d, err
	}
	s.owe(len(members) + len(times))
	own := slices.IndexFunc(members, func(m Member) bool { return m.User == s.user.ID })
	d.Withheld = own < 0 || !members[own].Shares()
	if !d.Message.Counts() {
		return d, nil
	}
	// What was delivered later than it was sent is kept, but not for ever.
	var atOnce time.Time
	if s.service.now().Sub(d.Message.SentAt) < markerTimesKept {
		atOnce = d.Message.SentAt
	}
	for _, m := range members {
		if !m.Counts() || m.User == d.Message.Author || m.Joined >= seq {
			continue
		}
		one := MemberDetail{Name: m.Name, DisplayName: m.DisplayName, Delivered: m.Delivered >= seq}
		one.Tells = !d.Withheld && m.Shares() && m.ReadFrom < seq
		one.Read = one.Tells && m.Read >= seq
		// What was read has been delivered, but that is told only to those who may know
		// the one, of those who tell it.
		one.Delivered = one.Delivered || one.Read
		if one.Delivered {
			one.DeliveredAt = atOnce
		}
		for _, t := range times {
			switch {
			case t.User != m.User:
			case t.Read && one.Read:
				one.ReadAt = t.At
				one.BeforeEdit = t.At.Before(d.Message.EditedAt)
			case !t.Read && one.Delivered && t.At.After(d.Message.SentAt):
				one.DeliveredAt = t.At
			}
		}
		d.Members = append(d.Members, one)
	}
	return d, nil
}
