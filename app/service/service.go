// Package service has the use cases of the chat: everything that people, programs and the
// host can do, by the rules of package chat. It keeps its data in a [chat.Store], the
// contents of files in [chat.Blobs], and tells open sessions of changes through a
// [chat.Live].
//
// [New] starts a [Service], which opens sessions. The use cases of a [Session] are grouped
// by subject, such as [Session.Messages] and [Session.Groups]. Those of the host are in
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
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"confab/app/away"
	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/roster"
	"confab/app/word"
	"confab/app/writer"
)

// Service opens sessions, and has the use cases of the host. Several goroutines may call
// its methods and those of its parts.
type Service struct{ *service }

// Accounts returns the use cases of the host for accounts and their keys.
func (s *Service) Accounts() Accounts { return Accounts{s.service} }

// Joining returns the use cases of the host for how new people join.
func (s *Service) Joining() Joining { return Joining{s.service} }

// service is what a [Service], its parts and its sessions share.
type service struct {
	store  chat.Store
	live   chat.Live
	writer *writer.Writer
	bus    chat.Bus    // nil without other servers
	roster chat.Roster // the same
	// outOfTouch is set back whenever the service has read what other servers do; nil without any.
	outOfTouch *time.Timer
	files      *fileKeeper
	pace       *pace
	keep       atomic.Int64 // see [Accounts.SetLimits]
	now        func() time.Time
	ids        func() (uuid.UUID, error)
	random     io.Reader
	log        *slog.Logger
	refusals   *refusal.Log
	away       *awayQueue
	expired    expired
	doubts     sync.WaitGroup // lookups of connections that are under way

	general chat.ConversationID // the conversation that everybody is in
	// accountCount is how many accounts there were when they were last listed. A list is
	// charged for that many before it is read, so that an account cannot read several at
	// once for little.
	accountCount atomic.Int64
	listing      chan struct{}                            // holds a token while a list of all accounts is read: one of thousands takes megabytes
	connections  atomic.Pointer[func() []chat.Connection] // returns the open connections; nil before EndsConnections
	elsewhere    atomic.Pointer[map[chat.UserID]int]      // how many connections accounts have to other servers; nil before that is known
	sooner       chan struct{}                            // holds one token while KeepTime must look for the next entry
	left         leaving                                  // who has left since that was noted
	web          atomic.Pointer[string]                   // see Programs.ServesWeb
	purged       chan struct{}                            // holds one token while files of a deleted account wait to be removed
}

// Options are what a [Service] needs. Now, NewID and Log are required.
type Options struct {
	Now      func() time.Time          // the clock, such as time.Now
	NewID    func() (uuid.UUID, error) // makes UUIDs of version 7, such as uuid.NewV7
	Random   io.Reader                 // for secrets; nil stands for crypto/rand
	Log      *slog.Logger              // gets the faults that no caller sees
	Refusals *refusal.Log              // gets what is refused for a limit; may be nil
	Files    FileOptions
	Away     *away.Runner // tells people of messages while they are away; may be nil
	Bus      chat.Bus     // to the other servers that use the store; nil if there are none
	Roster   chat.Roster  // of them; nil if there are none
	Locks    chat.Locks   // shared with them; nil if there are none

	Limits Limits
}

// New starts a service on a store. In a new store, it makes the server's id and the
// conversation #general. [Service.Close] ends the service.
func New(ctx context.Context, store chat.Store, live chat.Live, o Options) (*Service, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	var origin [8]byte
	if _, err := io.ReadFull(o.Random, origin[:]); err != nil {
		return nil, fmt.Errorf("making an id: %w", err)
	}
	s := &Service{&service{
		store: store, live: live, now: o.Now, ids: o.NewID, log: o.Log, refusals: o.Refusals, away: newAwayQueue(o.Away), purged: make(chan struct{}, 1), listing: make(chan struct{}, 1), sooner: make(chan struct{}, 1),
		files: newFileKeeper(o.Files, o.Locks), bus: o.Bus, roster: o.Roster, pace: newPace(o.Limits, o.Now), random: o.Random,
	}}
	seen, err := store.Clock(ctx)
	if err != nil {
		return nil, err
	}
	options := writer.Options{
		Store: store, Apply: live.Apply, Missed: s.renew, Log: o.Log, Now: o.Now,
		Origin: int64(binary.LittleEndian.Uint64(origin[:])), Seen: seen, Bus: o.Bus,
	}
	if o.Bus != nil {
		options.Heard = s.pace.note
	}
	s.writer = writer.New(options)
	if err := s.begin(ctx); err != nil {
		s.writer.Stop()
		return nil, err
	}
	return s, nil
}

// begin reads what the service keeps in memory. Later changes arrive through the record of changes.
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
	words, err := word.Read(ctx, s.store)
	if err != nil {
		return err
	}
	s.general = general.ID
	s.live.Start(chat.Backing{
		Now: s.now, Log: s.log, General: general.ID, Requests: waiting, Words: words, Posted: s.away.add,
		Members: s.store.Members, AdvanceMarkers: s.advanceMarkers, Purged: s.notePurged, Left: s.left.add, Doubt: s.doubt,
	})
	return s.readBans(ctx)
}

// notePurged makes [Service.TailChanges] delete the files of a deleted account. One sweep
// deletes those of several accounts.
func (s *Service) notePurged() {
	select {
	case s.purged <- struct{}{}:
	default:
	}
}

// EndSessions ends all sessions and all visits of strangers, and those that are opened
// later. Their users see the reason. Until [Service.Close], the sessions can still save
// their drafts and markers.
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

// Now returns the time of the service's clock.
func (s *Service) Now() time.Time { return s.now() }

// Close ends all sessions. Their users see the reason. It commits the changes that were
// accepted, refuses later ones with [chat.ErrClosed], and returns when everything is on
// disk. It does not close the store.
func (s *Service) Close(reason string) {
	s.pace.stop()
	s.EndSessions(reason)
	ctx, cancel := context.WithTimeout(context.Background(), lastSeenTime)
	s.noted(ctx, "noting when users were last seen", s.NoteSeen(ctx))
	cancel()
	s.live.Markers().Stop()
	s.writer.Stop()
	s.doubts.Wait()
}

// tailInterval is how often the service looks for changes of other processes. Users see
// them at once, and four lookups of one row a second cost next to nothing.
const tailInterval = 250 * time.Millisecond

const (
	// awayInterval is how often the service looks for users who have gone away.
	awayInterval = 10 * time.Second
	// pruneInterval is how often the service deletes what it keeps only for a time.
	pruneInterval = time.Hour
)

// TailChanges applies what other processes do in the database. When a command bans an account,
// for example, the account's sessions end here. It also does the regular
// work of the service, such as deleting old data. It returns when ctx ends. It logs faults
// of the store, and goes on.
func (s *Service) TailChanges(ctx context.Context) error {
	defer s.files.sweeps.Wait()
	ticker := time.NewTicker(tailInterval)
	defer ticker.Stop()
	checked, pruned := s.now(), time.Time{}
	var news <-chan chat.Clock // never receives without other servers
	wrong := 0                 // news that was none, since the last look
	failing := false           // the last look has failed
	if s.bus != nil {
		news = s.bus.News()
		// A timer also fires while the database keeps this loop waiting.
		s.outOfTouch = time.AfterFunc(outOfTouchAfter, func() { endOutOfTouch(s.service) })
		defer s.outOfTouch.Stop()
	}
	if s.roster != nil {
		var keeping sync.WaitGroup
		defer keeping.Wait()
		keeping.Go(func() {
			roster.Keep(ctx, roster.Options{
				Roster: s.roster, Bus: s.bus, Live: s.live.Elsewhere(), Store: s.store, Log: s.log,
				Connections: func() map[chat.UserID]int { return connectionsHere(s.service) },
				Elsewhere:   func(n map[chat.UserID]int) { s.elsewhere.Store(&n) },
			})
		})
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.purged:
			s.sweepFiles(ctx)
			continue
		case said := <-news:
			if wrong < wrongMost {
				nothing, err := s.writer.Hear(ctx, said)
				s.noted(ctx, "looking for what other servers have done", err)
				if nothing {
					wrong++
				}
			}
			continue
		case <-ticker.C:
			wrong = 0
		}
		if now := s.now(); now.Sub(checked) >= awayInterval {
			s.live.NoteAway()
			s.pace.forgetIdle()
			if checked = now; s.bus != nil {
				s.wakeLater() // another server may have ended with something to send
				s.noted(ctx, "pruning changes", s.writer.PruneChanges(ctx, now))
			}
		}
		if now := s.now(); now.Sub(pruned) >= pruneInterval {
			s.prune(ctx, now)
			pruned = now
		}
		s.noted(ctx, "noting when users were last seen", s.NoteSeen(ctx))
		err := s.catchUp(ctx)
		switch {
		case !failing: // only the first of several failures, which come four times a second
			s.noted(ctx, "looking for changes of other processes, retrying", err)
		case err == nil:
			s.log.Info("changes of other processes can be read again")
		}
		failing = err != nil
	}
}

// catchUp applies what other processes have done, if there is something new.
func (s *Service) catchUp(ctx context.Context) error {
	err := s.writer.Look(ctx)
	if err == nil && s.outOfTouch != nil {
		s.outOfTouch.Reset(outOfTouchAfter)
	}
	return err
}

// wrongMost is how often the service looks in vain for news that was said, until it looks by
// itself again. Others than the servers may be able to say something.
const wrongMost = 16

// prune deletes data that is too old to be needed.
func (s *Service) prune(ctx context.Context, now time.Time) {
	if !leads(ctx, s) {
		return
	}
	s.noted(ctx, "pruning the times of markers", s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		return nil, tx.PruneMarkerTimes(ctx, now.Add(-markerTimesKept))
	}))
	s.noted(ctx, "pruning requests and codes", s.pruneJoining(ctx, now))
	s.noted(ctx, "emptying the trash of files", s.emptyTrash(ctx, now))
	s.noted(ctx, "pruning changes", s.writer.PruneChanges(ctx, now))
}

// noted logs an error, unless it comes from the end of the service.
func (s *Service) noted(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil && !errors.Is(err, chat.ErrClosed) {
		s.log.Error(doing, "err", err)
	}
}

// ServerID returns the id of this server. The first call on a new store makes it.
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

// ErrHostKey says that clients have seen another host key than the server has.
var ErrHostKey = errors.New("the host key is not the one that clients have seen")

// HostKeys are the fingerprints of the host keys that clients see.
type HostKeys struct {
	First    string   // "" allows any key at the next start
	Others   []string // clients are told about them
	Accepted bool     // the host has decided that they replace what clients have seen
}

// SetHostKeys notes which host keys clients see from now on. It returns [ErrHostKey] if the first
// is not accepted and clients have been told about others only, such as by another machine that
// was first.
func (s *Service) SetHostKeys(ctx context.Context, keys HostKeys) error {
	told := strings.Join(keys.Others, "\n")
	var before string // what clients have been told
	same := func(store chat.SettingReader) (bool, error) {
		have, err1 := store.Setting(ctx, chat.SettingHostKey)
		var err2 error
		before, err2 = store.Setting(ctx, chat.SettingOtherHostKeys)
		err := errors.Join(err1, err2)
		if err == nil && !keys.Accepted && have != "" && have != keys.First && !slices.Contains(strings.Split(before, "\n"), keys.First) {
			err = fmt.Errorf("%w (%s)", ErrHostKey, have)
		}
		return have == keys.First && before == told, err
	}
	if done, err := same(s.store); err != nil || done {
		return err
	}
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		// Another machine may have been first.
		if done, err := same(tx); err != nil || done {
			return nil, err
		}
		err := tx.SetSetting(ctx, chat.SettingHostKey, keys.First)
		if before != told {
			err = errors.Join(err, tx.SetSetting(ctx, chat.SettingOtherHostKeys, told))
		}
		return nil, err
	})
}

// Stats counts what the service is doing. It looks at all mailboxes, so call it every few
// seconds at most.
func (s *Service) Stats() chat.Stats {
	st := s.live.Stats()
	st.Writing = s.writer.Waiting()
	if s.bus != nil {
		st.Bus = s.bus.Stats()
	}
	st.ExpiryRuns, st.ExpiredMessages, st.ExpiredFiles = s.expired.runs.Load(), s.expired.messages.Load(), s.expired.files.Load()
	return st
}

// Refusals returns the log of what the server refuses. It may be nil.
func (s *Service) Refusals() *refusal.Log { return s.refusals }

// CanWrite writes something to the store, and returns an error if that fails.
func (s *Service) CanWrite(ctx context.Context) error {
	return s.writer.Do(ctx, func(ctx context.Context, tx chat.Tx) ([]chat.Change, error) {
		// The store would not write a value that it has already.
		return nil, tx.SetSetting(ctx, chat.SettingProbe, s.now().Format(time.RFC3339Nano))
	})
}
