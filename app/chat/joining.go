package chat

import (
	"context"
	"errors"
	"strings"

	"confab/app/text"
)

// Joining has the use cases of joining a server, for its host and for new people. See
// [Service.Joining].
type Joining struct{ *service }

// Admission has the use cases of letting people in, for owners and admins. See
// [Session.Admission].
type Admission struct{ *session }

// JoinMode says how people whose key opens no account can join.
type JoinMode string

// The ways to join. In each of them the host may add keys, and codes that add a key to
// an account work.
const (
	// JoinClosed: only the host lets people in.
	JoinClosed JoinMode = "closed"
	// JoinByRequest: people ask, and wait for the decision of an owner or admin.
	JoinByRequest JoinMode = "request"
	// JoinByInvite: people need a code from the host, an owner or an admin.
	JoinByInvite JoinMode = "invite"
	// JoinOpen: everyone can choose a name and join.
	JoinOpen JoinMode = "open"
)

// settingJoin is the setting with the way to join, settingJoinBy the one with who set it
// last. settingJoinFlag has the value in the server's settings when they were last
// applied.
const (
	settingJoin     = "join"
	settingJoinBy   = "join-by"
	settingJoinFlag = "join-flag"
	joinBySetting   = "(setting)" // no handle
)

// JoinModes returns all modes, for help and errors.
func JoinModes() []JoinMode { return []JoinMode{JoinClosed, JoinByRequest, JoinByInvite, JoinOpen} }

// ParseJoinMode reads the name of a mode as a user types it. Errors are
// [text.ErrInvalid].
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

// Does explains the mode in a sentence.
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

// Hint says how owners and admins let people in while this is the way to join.
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

// Mode returns the way to join this server, [JoinByRequest] by default.
func (s Joining) Mode(ctx context.Context) (JoinMode, error) { return joinMode(ctx, s.store) }

// SetMode changes the way to join, for the host. Strangers at the join screen see it.
func (s Joining) SetMode(ctx context.Context, mode JoinMode) error {
	return s.writer.do(ctx, func(ctx context.Context, tx Tx) ([]Change, error) {
		return s.setJoinMode(ctx, tx, hostActor, mode)
	})
}

// ApplyMode takes the way to join from the server's settings, which are read at each
// start. It does so only if they have changed since the last start, so that a mode that
// was set with a command stays. If a command has closed the server, only a command opens
// it again. ApplyMode returns the present mode.
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

// JoinMode returns the way to join this server.
func (s Admission) JoinMode(ctx context.Context) (JoinMode, error) {
	return joinMode(ctx, s.service.store)
}

// SetJoinMode changes the way to join.
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

// SettingReader is the part of [Reader] about the settings of the whole server.
type SettingReader interface {
	// Setting returns a setting of the whole server, or "" if it is not set.
	Setting(ctx context.Context, name string) (string, error)
}

// SettingTx is the part of [Tx] about the same.
type SettingTx interface {
	// SetSetting changes a setting of the whole server.
	SetSetting(ctx context.Context, name, value string) error
}
