package chat

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Service has the use cases. Its methods may be called from several
// goroutines.
type Service struct {
	store  Store
	hub    *hub
	writer *writer
	ledger *ledger
	files  *fileKeeper
	pace   *pace
	limits Limits
	now    func() time.Time
	newID  func() (uuid.UUID, error)
	random io.Reader
	log    *slog.Logger
	doubts sync.WaitGroup // the looks at connections that go on
}

// Options are what a [Service] takes from outside.
type Options struct {
	Now    func() time.Time          // the clock, time.Now
	NewID  func() (uuid.UUID, error) // makes UUIDv7s, uuid.NewV7
	Random io.Reader                 // of secrets; crypto/rand's if nil
	Log    *slog.Logger              // where faults go that no caller sees
	Files  FileOptions

	Limits Limits // of what accounts may do; none by default
}

// New starts a service on a store and makes sure that what every server has, an
// id and the conversation #general, is there. Close ends it.
func New(ctx context.Context, store Store, o Options) (*Service, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	var origin [8]byte
	if _, err := io.ReadFull(o.Random, origin[:]); err != nil {
		return nil, fmt.Errorf("making an id: %w", err)
	}
	l := newLedger(o.Log)
	h := newHub(o.Now, l)
	s := &Service{
		store: store, hub: h, now: o.Now, newID: o.NewID, log: o.Log, ledger: l,
		files: newFileKeeper(o.Files), pace: newPace(o.Limits, o.Now), limits: o.Limits, random: o.Random,
	}
	h.doubt = s.doubt
	s.writer = newWriter(&writer{
		store: store, hub: h, log: o.Log, now: o.Now, missed: s.renew,
		origin: int64(binary.LittleEndian.Uint64(origin[:])),
	})
	l.writer = s.writer
	if err := s.begin(ctx); err != nil {
		s.writer.stop()
		return nil, err
	}
	return s, nil
}

// begin reads what is kept in memory. What is changed afterwards is in the record.
func (s *Service) begin(ctx context.Context) error {
	seen, err := s.store.LastChange(ctx)
	if err != nil {
		return err
	}
	s.writer.seen.Store(seen)
	_, err = s.ServerID(ctx)
	if err := errors.Join(err, s.ensureGeneral(ctx), s.readBans(ctx)); err != nil {
		return err
	}
	general, err1 := s.store.ConversationByName(ctx, GeneralName)
	waiting, err2 := s.store.CountRequests(ctx)
	s.hub.general = general.ID
	s.hub.lobby.told.Store(int64(waiting))
	return errors.Join(err1, err2)
}

// EndSessions ends all sessions and visits of strangers, and any that is opened later, with a reason
// that their users are shown. What they still have to keep is taken until
// [Service.Close].
func (s *Service) EndSessions(reason string) {
	s.hub.lobby.stop(reason)
	s.hub.stop(reason)
}

// Now is the time, by the clock that the service was given.
func (s *Service) Now() time.Time { return s.now() }

// Close ends all sessions with a reason that their users are shown, commits
// what was accepted and takes no more. It does not close the store. It returns
// when everything is on disk.
func (s *Service) Close(reason string) {
	s.pace.stop()
	s.EndSessions(reason)
	s.ledger.stop()
	s.writer.stop()
	s.doubts.Wait()
}

func (s *Service) ensureGeneral(ctx context.Context) error {
	_, err := s.store.ConversationByName(ctx, GeneralName)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		// Another process may have been first.
		if _, err := tx.ConversationByName(ctx, GeneralName); !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		uid, err := s.newID()
		if err != nil {
			return nil, fmt.Errorf("making an id: %w", err)
		}
		_, err = tx.InsertConversation(ctx, Conversation{
			UID: uid, Kind: KindGroup, Name: GeneralName, Public: true, OpenHistory: true, CreatedAt: s.now(),
		})
		return nil, err
	})
}

// UserByKey returns the account that a key opens, or an error that is
// [ErrNotFound]. The caller must have seen a signature by that key.
func (s *Service) UserByKey(ctx context.Context, fingerprint string) (User, error) {
	return s.store.UserByKey(ctx, fingerprint)
}

// Owners returns the server's owners, oldest first.
func (s *Service) Owners(ctx context.Context) ([]User, error) { return s.store.Owners(ctx) }
