package chat

import (
	"context"
	"errors"
	"time"

	"confab/app/text"
)

// Moderation has the use cases of looking after the server, for its host at the command
// line, and for its owners and admins on their screens. At each action, [DecideServer]
// decides whether the actor may do it. Each action is in the audit log,
// takes effect on open connections at once, also those of a server in another
// process (see [Service.TailChanges]), and outlasts a restart.
type Moderation struct {
	service *service
	actor   UserID // 0 for the host
	name    string
}

// Host is the moderation at the command line on the server's own machine, where
// everything is allowed.
func (s *Service) Host() Moderation { return Moderation{service: s.service, name: hostActor} }

func (s *session) moderation() Moderation {
	return Moderation{service: s.service, actor: s.user.ID, name: s.handle()}
}

// maxReason is how long a reason may be, in characters.
const maxReason = 200

// allowed decides whether the actor may do something, now.
func (m Moderation) allowed(ctx context.Context, r Reader, action ServerAction, target *User) error {
	if m.actor == 0 {
		return nil
	}
	_, err := decided(ctx, r, m.actor, action, target)
	return err
}

// decided returns an account as it is now, if it may do this to the server, or to
// another account.
func decided(ctx context.Context, r Reader, actor UserID, action ServerAction, target *User) (User, error) {
	user, err := r.UserByID(ctx, actor)
	if err != nil {
		return user, err
	}
	return user, DecideServer(user, action, target)
}

// auditedAction is what was done: to whom and how, for the audit log, and what that changes.
type auditedAction struct {
	target, detail string
	changes        []Change
}

// audited carries something out and writes it down.
func (m Moderation) audited(ctx context.Context, action string, do func(ctx context.Context, tx Tx) (auditedAction, error)) error {
	written := func(ctx context.Context, tx Tx) ([]Change, error) {
		d, err := do(ctx, tx)
		if err != nil {
			return nil, err
		}
		return d.changes, m.service.audit(ctx, tx, m.name, action, d.target, d.detail)
	}
	return m.service.writer.carryOut(ctx, &job{do: written, of: do, host: m.actor == 0})
}

// Kick ends the open sessions of an account, which may connect again.
func (m Moderation) Kick(ctx context.Context, name, reason string) error {
	return m.audited(ctx, AuditUserKick, func(ctx context.Context, tx Tx) (auditedAction, error) {
		user, err := userNamed(ctx, tx, name)
		if err != nil {
			return auditedAction{}, err
		}
		reason := text.CleanLine(reason, maxReason)
		kicked := UserKicked{User: user.ID, By: m.name, Reason: reason, At: m.service.timestamp()}
		return auditedAction{user.Name, reason, []Change{kicked}}, m.allowed(ctx, tx, ServerModerate, &user)
	})
}

// Ban keeps an account ("@name"), a key ("SHA256:…"), an address or a network
// out, for a time or, if that is 0, until it is taken back. To ban again replaces
// the ban.
func (m Moderation) Ban(ctx context.Context, target string, span time.Duration, reason string) (Ban, error) {
	var ban Ban
	err := m.audited(ctx, AuditBanAdd, func(ctx context.Context, tx Tx) (auditedAction, error) {
		b, user, err := m.service.ban(ctx, tx, target)
		if err != nil {
			return auditedAction{}, err
		}
		if err := m.allowed(ctx, tx, ServerModerate, user); err != nil {
			return auditedAction{}, err
		}
		b.MadeAt, b.MadeBy, b.Reason = m.service.timestamp(), m.name, text.CleanLine(reason, maxReason)
		detail := "until it is taken back"
		if span > 0 {
			b.EndsAt = b.MadeAt.Add(span)
			detail = "until " + b.EndsAt.UTC().Format(time.RFC3339)
		}
		if b.Reason != "" {
			detail += ": " + b.Reason
		}
		ban = b
		spared, err := sparedBy(ctx, tx, b)
		return auditedAction{b.Title(), detail, []Change{BanAdded{b, spared}}}, errors.Join(err, tx.InsertBan(ctx, b))
	})
	return ban, err
}

// Unban takes a ban back.
func (m Moderation) Unban(ctx context.Context, target string) error {
	return m.audited(ctx, AuditBanRemove, func(ctx context.Context, tx Tx) (auditedAction, error) {
		b, user, err := m.service.ban(ctx, tx, target)
		if err != nil {
			return auditedAction{}, err
		}
		if err := m.allowed(ctx, tx, ServerModerate, user); err != nil {
			return auditedAction{}, err
		}
		was, err := tx.DeleteBan(ctx, b)
		if err == nil && !was {
			err = Refuse(ErrNotFound, "%s is not banned.", b.Title()).With(HintBans)
		}
		return auditedAction{b.Title(), "", []Change{BanRemoved{b}}}, err
	})
}

// Bans returns the bans that hold, oldest first.
func (m Moderation) Bans(ctx context.Context) ([]Ban, error) {
	if err := m.allowed(ctx, m.service.store, ServerModerate, nil); err != nil {
		return nil, err
	}
	all, err := m.service.store.Bans(ctx)
	var active []Ban
	for _, b := range all {
		if b.Active(m.service.now()) {
			active = append(active, b)
		}
	}
	return active, err
}

// Audit returns the newest entries of the audit log, the newest first.
func (m Moderation) Audit(ctx context.Context, limit int) ([]AuditEntry, error) {
	if err := m.allowed(ctx, m.service.store, ServerModerate, nil); err != nil {
		return nil, err
	}
	return m.service.store.AuditNewest(ctx, limit)
}

// Users returns all accounts, by handle.
func (m Moderation) Users(ctx context.Context) ([]User, error) {
	return m.service.store.Users(ctx)
}

// SetRole changes what an account may do on the server, of which there is
// always an owner.
func (m Moderation) SetRole(ctx context.Context, name string, role Role) error {
	if _, err := ParseRole(string(role)); err != nil {
		return err
	}
	return m.audited(ctx, AuditUserRole, func(ctx context.Context, tx Tx) (auditedAction, error) {
		user, err := userNamed(ctx, tx, name)
		if err != nil {
			return auditedAction{}, err
		}
		if err := m.allowed(ctx, tx, ServerSetRole, &user); err != nil {
			return auditedAction{}, err
		}
		if user.Role == role {
			return auditedAction{}, Refuse(ErrConflict, "%s is %s of this server already.", user.Name, roleText(role))
		}
		if err := anotherOwner(ctx, tx, user); err != nil {
			return auditedAction{}, err
		}
		// In #general everybody has the role that they have on the server.
		changes := []Change{MemberRoleChanged{m.service.general, user.ID, role}}
		return auditedAction{user.Name, string(role), changes}, tx.SetUserRole(ctx, user.ID, role)
	})
}

// SetDisabled keeps an account out or lets it in again. It stays what it was
// otherwise.
func (m Moderation) SetDisabled(ctx context.Context, name string, disabled bool, reason string) error {
	action := AuditUserEnable
	if disabled {
		action = AuditUserDisable
	}
	return m.audited(ctx, action, func(ctx context.Context, tx Tx) (auditedAction, error) {
		user, err := userNamed(ctx, tx, name)
		if err != nil {
			return auditedAction{}, err
		}
		if err := m.allowed(ctx, tx, ServerModerate, &user); err != nil {
			return auditedAction{}, err
		}
		if user.Disabled == disabled {
			state := "enabled"
			if disabled {
				state = "disabled"
			}
			return auditedAction{}, Refuse(ErrConflict, "The account %s is %s already.", user.Name, state)
		}
		if disabled {
			if err := anotherOwner(ctx, tx, user); err != nil {
				return auditedAction{}, err
			}
		}
		changes := []Change{UserDisabled{user.ID, disabled}}
		return auditedAction{user.Name, text.CleanLine(reason, maxReason), changes}, tx.SetUserDisabled(ctx, user.ID, disabled)
	})
}

// anotherOwner refuses if there would be no owner without this account.
func anotherOwner(ctx context.Context, r Reader, user User) error {
	if user.Role != RoleOwner {
		return nil
	}
	owners, err := r.Owners(ctx)
	if err != nil {
		return err
	}
	for _, o := range owners {
		if o.ID != user.ID && !o.Disabled {
			return nil
		}
	}
	return Refuse(ErrNotAllowed, "%s is the last owner of this server: make somebody else one first.", user.Name)
}
