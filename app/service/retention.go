package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"confab/app/chat"
)

const (
	// expireInterval is how often the service looks for messages that have expired:
	// they are kept for days.
	expireInterval = time.Minute
	// expireBatch is how many messages are deleted in a transaction, so that people who
	// send meanwhile wait for milliseconds.
	expireBatch = 200
)

// Retain deletes messages that are older than keep (0 for none), or than what
// their conversation has set, with their files, and removes from the index what
// was deleted in any way, until ctx ends. A fault of the
// store is logged and the work goes on.
func (s *Service) Retain(ctx context.Context, keep time.Duration) error {
	ticker := time.NewTicker(expireInterval)
	defer ticker.Stop()
	for {
		if err := s.Expire(ctx, keep); err != nil && ctx.Err() == nil && !errors.Is(err, chat.ErrClosed) {
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
func (s *Service) expire(ctx context.Context, e chat.Expiring, now, cutoff time.Time) error {
	var gone chat.Expired
	spared := false
	err := s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
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
		return []chat.Change{chat.HistoryExpired{Conversation: e.Conversation}}, err
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
