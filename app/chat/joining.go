package chat

import (
	"context"
	"errors"
	"strings"

	"confab/app/text"
)

// Joining is how new people join a server, for its host and for themselves. See
// [Service.Joining].
type Joining struct{ *service }

// Admission is how new people join the server, for those who look after it. See
// [Session.Admission].
type Admission struct{ *session }

// JoinMode is how someone gets in whose key opens no account.
type JoinMode string

// The ways to join. Whatever it is, the host may add keys, and codes for a lost
// key work.
const (
	// JoinClosed: only the host lets people in.
	JoinClosed JoinMode = "closed"
	// JoinByRequest: whoever asks waits until somebody of the staff decides.
	JoinByRequest JoinMode = "request"
	// JoinByInvite: with a code that the host or the staff made.
	JoinByInvite JoinMode = "invite"
	// JoinOpen: everyone who chooses a name.
	JoinOpen JoinMode = "open"
)

// settingJoin is where the way to join is kept, settingJoinBy who set it last, and
// settingJoinFlag what the server's settings said when they were applied last.
const (
	settingJoin     = "join"
	settingJoinBy   = "join-by"
	settingJoinFlag = "join-flag"
	joinBySetting   = "(setting)" // no handle
)

// JoinModes are all there are, for help and errors.
func JoinModes() []JoinMode { return []JoinMode{JoinClosed, JoinByRequest, JoinByInvite, JoinOpen} }

// ParseJoinMode reads the name of one as a user types it. An error is an
// [ErrInvalid].
func ParseJoinMode(s string) (JoinMode, error) {
	word := JoinMode(text.Lower(strings.TrimSpace(s)))
	names := make([]string, 0, len(JoinModes()))
	for _, m := range JoinModes() {
		if m == word {
			return m, nil
		}
		names = append(names, string(m))
	}
	return "", Refuse(text.ErrInvalid, "Unknown mode %q. Choose %s or %s.", text.CleanLine(s, 20), strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}

// Does says what it means, in a sentence.
func (m JoinMode) Does() string {
	switch m {
	case JoinClosed:
		return "Only the host can add people."
	case JoinByInvite:
		return "People with a code can join."
	case JoinOpen:
		return "Anyone who connects can choose a name and join."
	default:
		return "People who connect can ask to be let in."
	}
}

// Hint says what those who let people in can do while this is the way to join.
func (m JoinMode) Hint() Hint {
	switch m {
	case JoinClosed:
		return HintAddPeople
	case JoinByInvite:
		return HintInvite
	case JoinOpen:
		return NoHint
	default:
		return HintRequests
	}
}

func joinMode(ctx context.Context, r Reader) (JoinMode, error) {
	set, err := r.Setting(ctx, settingJoin)
	if err != nil || set == "" {
		return JoinByRequest, err
	}
	return JoinMode(set), nil
}

// Mode returns how one joins this server: [JoinByRequest] unless it was set.
func (s Joining) Mode(ctx context.Context) (JoinMode, error) { return joinMode(ctx, s.store) }

// SetMode changes how one joins, for the host. Those who are waiting see it.
func (s Joining) SetMode(ctx context.Context, mode JoinMode) error {
	return s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		return s.setJoinMode(ctx, tx, hostActor, mode)
	})
}

// ApplyMode takes the way to join from the server's settings, which say the same
// at each start: they count when they have changed since they were applied last, so
// that what was set with a command since stays. A server that was closed with a
// command is opened with one only. It returns the mode that holds now.
func (s Joining) ApplyMode(ctx context.Context, mode JoinMode) (JoinMode, error) {
	now := mode
	err := s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		have, err1 := joinMode(ctx, tx)
		set, err2 := tx.Setting(ctx, settingJoin)
		by, err3 := tx.Setting(ctx, settingJoinBy)
		applied, err4 := tx.Setting(ctx, settingJoinFlag)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return nil, err
		}
		now = have
		if applied == string(mode) {
			return nil, nil
		}
		if err := tx.SetSetting(ctx, settingJoinFlag, string(mode)); err != nil {
			return nil, err
		}
		if set == string(JoinClosed) && by != joinBySetting {
			return nil, nil
		}
		now = mode
		then, err := s.setJoinMode(ctx, tx, hostActor, mode)
		return then, errors.Join(err, tx.SetSetting(ctx, settingJoinBy, joinBySetting))
	})
	return now, err
}

func (s *service) setJoinMode(ctx context.Context, tx Tx, actor string, mode JoinMode) ([]Change, error) {
	have, err := joinMode(ctx, tx)
	if err != nil {
		return nil, err
	}
	err = errors.Join(tx.SetSetting(ctx, settingJoin, string(mode)), tx.SetSetting(ctx, settingJoinBy, actor))
	if err != nil || have == mode {
		return nil, err
	}
	return []Change{JoinModeChanged{}}, s.audit(ctx, tx, actor, AuditJoinMode, string(mode), string(have))
}

// JoinMode returns how one joins this server.
func (s Admission) JoinMode(ctx context.Context) (JoinMode, error) {
	return joinMode(ctx, s.service.store)
}

// SetJoinMode changes how one joins.
func (s Admission) SetJoinMode(ctx context.Context, mode JoinMode) error {
	return s.write(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		self, err := s.manages(ctx, tx, ServerAdmit)
		if err != nil {
			return nil, err
		}
		return s.service.setJoinMode(ctx, tx, self.Name, mode)
	})
}

// manages returns the session's account as it is now, if it may do this to the
// server.
func (s *session) manages(ctx context.Context, r Reader, action ServerAction) (User, error) {
	return decided(ctx, r, s.user.ID, action, nil)
}

// SettingReader is the part of [Reader] about what is set for the whole server.
type SettingReader interface {
	// Setting returns what is set for the whole server, "" if nothing is.
	Setting(ctx context.Context, name string) (string, error)
}

// SettingTx is the part of [Tx] about the same.
type SettingTx interface {
	// SetSetting sets something for the whole server.
	SetSetting(ctx context.Context, name, value string) error
}
