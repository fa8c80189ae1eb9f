package chat

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"confab/app/text"
)

const (
	// expireInterval is how often it is looked for messages that have expired:
	// they are kept for days.
	expireInterval = time.Minute
	// expireBatch is how many are deleted in a transaction, so that those who
	// send meanwhile wait for milliseconds.
	expireBatch = 200
	// minKeep is the shortest time to keep messages, so that people who were away for a
	// night still find them.
	minKeep = 24 * time.Hour
	maxKeep = 100 * 365 * 24 * time.Hour
)

// Messages expire from the oldest on, so all that a conversation has of them is
// the number of the last one, [Conversation.Expired]: it is a floor like the one
// of a member who came late, and above it numbers are without gaps as ever.

// Expiring is a conversation in which messages from before a time are to go.
type Expiring struct {
	Conversation ConversationID
	Before       time.Time
}

// Expired is what was deleted.
type Expired struct {
	Messages int
	Contents []Sum // of the files among them; others may have them too
}

// ParseKeep reads how long messages are kept: "30d", "12w", or "off" for 0. An
// error is a [Refusal].
func ParseKeep(words string) (time.Duration, error) {
	if words == "off" || words == "" {
		return 0, nil
	}
	digits, unit := cutUnit(words)
	n, err := strconv.ParseInt(digits, 10, 32)
	// Nobody means minutes here.
	if err == nil && unit >= time.Hour && n >= 1 && time.Duration(n) <= maxKeep/unit && time.Duration(n)*unit >= minKeep {
		return time.Duration(n) * unit, nil
	}
	return 0, Refuse(text.ErrInvalid, "%q is not a time to keep messages: write at least a day in days or weeks, such as 30d or 12w, or off.", text.CleanLine(words, 20))
}

// KeepText is a time to keep messages for as [ParseKeep] reads it.
func KeepText(keep time.Duration) string {
	switch day := 24 * time.Hour; {
	case keep == 0:
		return "off"
	case keep%day == 0:
		return strconv.FormatInt(int64(keep/day), 10) + "d"
	default:
		return strconv.FormatInt(int64(keep/time.Hour), 10) + "h"
	}
}

// SetKeep makes messages of a group that are older than this go, 0 to keep
// them for as long as the server does. It cannot be longer than that.
func (s Groups) SetKeep(ctx context.Context, id ConversationID, keep time.Duration) error {
	return s.describe(ctx, id, ActionKeep, NoticeSettings, func(ctx context.Context, tx Tx, c *Conversation) (string, error) {
		return "keep is " + KeepText(keep), tx.SetKeep(ctx, c.ID, keep)
	})
}

// Retain deletes messages that are older than keep (0 for none), or than what
// their conversation has set, with their files, and removes from the index what
// was deleted in any way, until ctx ends. A fault of the
// store is logged and the work goes on.
func (s *Service) Retain(ctx context.Context, keep time.Duration) error {
	ticker := time.NewTicker(expireInterval)
	defer ticker.Stop()
	for {
		if err := s.Expire(ctx, keep); err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
			s.log.Error("deleting messages that have expired", "err", err)
		}
		if err := s.store.Tidy(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("removing deleted words from the index", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Expire does once what [Service.Retain] does.
func (s *Service) Expire(ctx context.Context, keep time.Duration) error {
	for {
		now := s.now()
		var cutoff time.Time
		if keep > 0 {
			cutoff = now.Add(-keep)
		}
		due, err := s.store.Expiring(ctx, now, cutoff)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, e := range due {
			if err := s.expire(ctx, e, now, cutoff); err != nil {
				return err
			}
		}
	}
}

// expire deletes a batch of a conversation's messages, those that have still expired
// by what is set for it when that is done.
func (s *Service) expire(ctx context.Context, e Expiring, now, cutoff time.Time) error {
	var gone Expired
	spared := false
	err := s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		c, err := tx.Conversation(ctx, e.Conversation)
		if err != nil {
			return nil, err
		}
		before := cutoff
		if kept := now.Add(-c.Keep); c.Keep > 0 && kept.After(before) {
			before = kept
		}
		if spared = before.Before(e.Before); spared {
			return nil, nil // it is asked anew what is due
		}
		gone, err = tx.Expire(ctx, e, expireBatch)
		return []Change{HistoryExpired{e.Conversation}}, err
	})
	if err != nil || spared {
		return err
	}
	if gone.Messages == 0 {
		return fmt.Errorf("conversation %d has nothing that has expired, although it should", e.Conversation)
	}
	if err := s.files.drop(ctx, s.store, gone.Contents...); err != nil {
		return fmt.Errorf("deleting what was in a file that has expired: %w", err)
	}
	return nil
}

// RetentionReader is the part of [Reader] about what has expired.
type RetentionReader interface {
	// Expiring returns some of the conversations in which messages have expired,
	// if all are kept since cutoff (the zero time for as long as there are).
	Expiring(ctx context.Context, now, cutoff time.Time) ([]Expiring, error)
}

// RetentionTx is the part of [Tx] about the same.
type RetentionTx interface {
	// Expire deletes the oldest messages of a conversation, at most limit, up to
	// the first that was sent at a time or later.
	Expire(ctx context.Context, e Expiring, limit int) (Expired, error)
}
