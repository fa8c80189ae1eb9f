package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
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
	banned atomic.Pointer[networkBans]
	lobby  *lobby
	now    func() time.Time
	newID  func() (uuid.UUID, error)
	random io.Reader
	log    *slog.Logger
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
	l := newLedger(o.Log)
	h := newHub(o.Now, l)
	s := &Service{
		store: store, hub: h, now: o.Now, newID: o.NewID, log: o.Log, writer: newWriter(store, h, o.Now, o.Log), ledger: l,
		files: newFileKeeper(o.Files), pace: newPace(o.Limits, o.Now), limits: o.Limits,
		lobby: newLobby(), random: o.Random,
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	l.writer = s.writer
	_, err := s.ServerID(ctx)
	if err := errors.Join(err, s.ensureGeneral(ctx), s.readBans(ctx)); err != nil {
		s.writer.stop()
		return nil, err
	}
	waiting, err := store.CountRequests(ctx)
	if err != nil {
		s.writer.stop()
		return nil, err
	}
	s.lobby.told.Store(int64(waiting))
	return s, nil
}

// EndSessions ends all sessions and visits of strangers, and any that is opened later, with a reason
// that their users are shown. What they still have to keep is taken until
// [Service.Close].
func (s *Service) EndSessions(reason string) {
	s.lobby.stop(reason)
	s.hub.stop(reason)
}

// Close ends all sessions with a reason that their users are shown, commits
// what was accepted and takes no more. It does not close the store. It returns
// when everything is on disk.
func (s *Service) Close(reason string) {
	s.pace.stop()
	s.EndSessions(reason)
	s.ledger.stop()
	s.writer.stop()
}

func (s *Service) ensureGeneral(ctx context.Context) error {
	_, err := s.store.ConversationByName(ctx, GeneralName)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]effect, error) {
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
