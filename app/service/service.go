// Package service has the use cases of the chat: what people, programs and the host can do
// with the nouns of package chat, by its rules. It keeps everything in a [chat.Store],
// the contents of files in [chat.Blobs], and tells open sessions through a [chat.Live].
//
// [New] starts a [Service], which opens sessions. The use cases of a [Session] are in
// parts, such as [Session.Messages] and [Session.Groups]. Those of the host are in
// [Service.Accounts], [Service.Joining] and [Service.Host].
//
// [Messages.Send] cleans and checks a message. The writer commits it, together with all
// other waiting changes, in one transaction. [chat.Live] then puts the event into the
// [chat.Mailbox] of every session of the conversation. Only then does Send return. So a
// message that a session shows as sent is on disk, and all sessions see a conversation
// in the same order.
package service

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/writer"
)

// Service has the use cases: sessions are opened on it, and it has what the host does.
// Its methods, and those of its parts, may be called from several goroutines.
type Service struct{ *service }

// Accounts are the accounts of the server and their keys, for its host.
func (s *Service) Accounts() Accounts { return Accounts{s.service} }

// Joining is how new people join the server, for its host and for themselves.
func (s *Service) Joining() Joining { return Joining{s.service} }

// service is what a [Service], its parts and its sessions share.
type service struct {
	store  chat.Store
	live   chat.Live
	writer *writer.Writer
	files  *fileKeeper
	pace   *pace
	limits Limits
	now    func() time.Time
	ids    func() (uuid.UUID, error)
	random io.Reader
	log    *slog.Logger
	doubts sync.WaitGroup // the looks at connections that go on

	general chat.ConversationID // that everybody is in
	// accountCount is how many accounts there were when they were last listed. Listing
	// them is charged beforehand, so that several lists do not run at once for the price
	// of none.
	accountCount atomic.Int64
	connections  atomic.Pointer[func() []chat.Connection] // those that are open; nil if nobody has said so
	sooner       chan struct{}                            // holds one token while KeepTime is to look for what is next
	purged       chan struct{}                            // holds one token while files of a deleted account wait to go
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
func New(ctx context.Context, store chat.Store, live chat.Live, o Options) (*Service, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	var origin [8]byte
	if _, err := io.ReadFull(o.Random, origin[:]); err != nil {
		return nil, fmt.Errorf("making an id: %w", err)
	}
	s := &Service{&service{
		store: store, live: live, now: o.Now, ids: o.NewID, log: o.Log, purged: make(chan struct{}, 1), sooner: make(chan struct{}, 1),
		files: newFileKeeper(o.Files), pace: newPace(o.Limits, o.Now), limits: o.Limits, random: o.Random,
	}}
	seen, err := store.LastChange(ctx)
	if err != nil {
		return nil, err
	}
	s.writer = writer.New(writer.Options{
		Store: store, Apply: live.Apply, Missed: s.renew, Log: o.Log, Now: o.Now,
		Origin: int64(binary.LittleEndian.Uint64(origin[:])), Seen: seen,
	})
	if err := s.begin(ctx); err != nil {
		s.writer.Stop()
		return nil, err
	}
	return s, nil
}

// begin reads what is kept in memory. What is changed afterwards is in the record.
func (s *Service) begin(ctx context.Context) error {
	_, err := s.ServerID(ctx)
	if err := errors.Join(err, s.ensureGeneral(ctx)); err != nil {
		return err
	}
	general, err1 := s.store.ConversationByName(ctx, chat.GeneralName)
	waiting, err2 := s.store.CountRequests(ctx)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	s.general = general.ID
	s.live.Start(chat.Backing{
		Now: s.now, Log: s.log, General: general.ID, Requests: waiting,
		Members: s.store.Members, AdvanceMarkers: s.advanceMarkers, Purged: s.notePurged, Doubt: s.doubt,
	})
	return s.readBans(ctx)
}

// advanceMarkers writes markers that moved, and returns when they are on disk.
func (s *Service) advanceMarkers(ctx context.Context, batch []chat.Advance) error {
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		for _, a := range batch {
			if err := tx.AdvanceMarkers(ctx, a); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// notePurged has [Service.TailChanges] delete the files of a deleted account. One look at all
// files finds those of several accounts.
func (s *Service) notePurged() {
	select {
	case s.purged <- struct{}{}:
	default:
	}
}

// EndSessions ends all sessions and visits of strangers, and any that is opened later, with a reason
// that their users are shown. What they still have to keep is taken until
// [Service.Close].
func (s *Service) EndSessions(reason string) {
	s.live.Stop(reason)
}

// newID makes an id.
func (s *service) newID() (uuid.UUID, error) {
	id, err := s.ids()
	if err != nil {
		return uuid.Nil, fmt.Errorf("making an id: %w", err)
	}
	return id, nil
}

// Now is the time, by the clock that the service was given.
func (s *Service) Now() time.Time { return s.now() }

// Close ends all sessions with a reason that their users are shown, commits
// what was accepted and takes no more. It does not close the store. It returns
// when everything is on disk.
func (s *Service) Close(reason string) {
	s.pace.stop()
	s.EndSessions(reason)
	s.live.Markers().Stop()
	s.writer.Stop()
	s.doubts.Wait()
}

func (s *Service) ensureGeneral(ctx context.Context) error {
	_, err := s.store.ConversationByName(ctx, chat.GeneralName)
	if !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		// Another process may have been first.
		if _, err := tx.ConversationByName(ctx, chat.GeneralName); !errors.Is(err, chat.ErrNotFound) {
			return nil, err
		}
		uid, err := s.newID()
		if err != nil {
			return nil, err
		}
		_, err = tx.InsertConversation(ctx, chat.Conversation{
			UID: uid, Kind: chat.KindGroup, Name: chat.GeneralName, Public: true, OpenHistory: true, CreatedAt: s.now(),
		})
		return nil, err
	})
}

// watchInterval is how often it is looked for changes of other processes: often enough
// for "at once", and four lookups of one row a second cost next to nothing.
const watchInterval = 250 * time.Millisecond

const (
	// sweepInterval is how often the service looks for users who have gone away.
	sweepInterval = 10 * time.Second
	// pruneInterval is how often [markerTimesKept] is enforced.
	pruneInterval = time.Hour
)

// TailChanges applies what other processes change in the database: the command line bans an
// account, and its sessions end here. It also does what is to be done now and then. It
// returns when ctx ends. A fault of the store is logged and the work goes on.
func (s *Service) TailChanges(ctx context.Context) error {
	defer s.files.sweeps.Wait()
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	swept, pruned := s.now(), time.Time{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.purged:
			s.sweepFiles(ctx)
			continue
		case <-ticker.C:
		}
		if now := s.now(); now.Sub(swept) >= sweepInterval {
			s.live.NoteAway()
			s.pace.forgetIdle()
			swept = now
		}
		if now := s.now(); now.Sub(pruned) >= pruneInterval {
			s.prune(ctx, now)
			pruned = now
		}
		s.noted(ctx, "looking for changes", s.catchUp(ctx))
	}
}

// catchUp applies what other processes have changed, if they have.
func (s *Service) catchUp(ctx context.Context) error {
	last, err := s.store.LastChange(ctx)
	if err != nil || last == s.writer.LastSeen() {
		return err
	}
	return s.writer.CatchUp(ctx)
}

// sweepFiles deletes the contents that no file has. It does not move them to the trash,
// because the host wants them gone. It does not wait for the end of the sweep.
func (s *Service) sweepFiles(ctx context.Context) {
	if s.files.blobs == nil {
		return
	}
	s.files.sweeps.Go(func() {
		// After a fault, the next start deletes the rest.
		s.noted(ctx, "deleting what was in files", s.sweep(ctx, s.files.blobs.Remove))
	})
}

// prune forgets what is too old to be needed.
func (s *Service) prune(ctx context.Context, now time.Time) {
	s.noted(ctx, "pruning the times of markers", s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		return nil, tx.PruneMarkerTimes(ctx, now.Add(-markerTimesKept))
	}))
	s.noted(ctx, "pruning requests and codes", s.pruneJoining(ctx, now))
	s.noted(ctx, "emptying the trash of files", s.emptyTrash(ctx, now))
	s.noted(ctx, "pruning changes", s.writer.PruneChanges(ctx, now))
}

// noted logs what has failed, unless that is because the work ends.
func (s *Service) noted(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil && !errors.Is(err, chat.ErrClosed) {
		s.log.Error(doing, "err", err)
	}
}

// ServerID returns the id of this server, which it gets the first time.
func (s *Service) ServerID(ctx context.Context) (id string, err error) {
	if id, err = s.store.Setting(ctx, chat.SettingServerID); err != nil || id != "" {
		return id, err
	}
	err = s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		// Another process may have been first.
		if id, err = tx.Setting(ctx, chat.SettingServerID); err != nil || id != "" {
			return nil, err
		}
		uid, err := s.newID()
		if err != nil {
			return nil, err
		}
		id = uid.String()
		return nil, tx.SetSetting(ctx, chat.SettingServerID, id)
	})
	return id, err
}

// SetHostKey keeps the fingerprint of the host key that clients are shown from
// now on; "" forgets the one that there was.
func (s *Service) SetHostKey(ctx context.Context, fingerprint string) error {
	if have, err := s.store.Setting(ctx, chat.SettingHostKey); err != nil || have == fingerprint {
		return err
	}
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		return nil, tx.SetSetting(ctx, chat.SettingHostKey, fingerprint)
	})
}

// renew reads the state of all open sessions from the store again, and has the sessions
// do the same. The writer calls it, between two transactions, when the record no longer
// has all changes that it missed.
func (s *service) renew(ctx context.Context) {
	err := s.renewSessions(ctx)
	s.doubt(func(chat.Login, chat.UserID) bool { return true })
	if err == nil {
		return
	}
	s.log.Error("reading everything again after missed changes", "err", err)
	for _, o := range s.live.Sessions() {
		o.End("This server could not follow its database: connect again.")
	}
}

func (s *service) renewSessions(ctx context.Context) error {
	requests, err := s.requestsWaiting(ctx, s.store)
	if err := errors.Join(err, s.readBans(ctx)); err != nil {
		return err
	}
	for _, o := range s.live.Sessions() {
		err := s.maySessionStay(ctx, s.store, o)
		if chat.IsRefusal(err) {
			o.End(chat.UserText(err))
			continue
		}
		if err != nil {
			return err
		}
		if err := learnBlocks(ctx, s.store, o); err != nil {
			return err
		}
		all, direct, err := s.store.ConversationIDs(ctx, o.User())
		if err != nil {
			return err
		}
		o.Renew(all, direct)
	}
	if err := s.live.Renew(ctx); err != nil {
		return err
	}
	return s.live.Apply(requests)
}

// Stats looks at all mailboxes, so it is for every few seconds.
func (s *Service) Stats() chat.Stats {
	st := s.live.Stats()
	st.Writing = s.writer.Waiting()
	return st
}
