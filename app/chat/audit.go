package chat

import (
	"context"
	"time"
)

// The actions that the audit log records. The comments beside them say what the target and
// the detail of an entry contain.
const (
	AuditUserAdd   = "user.add"
	AuditKeyAdd    = "key.add"
	AuditKeyRevoke = "key.revoke"
	// AuditKeyUnrevoke says that the server accepts certificates of a key again.
	AuditKeyUnrevoke = "key.unrevoke"

	AuditUserRole     = "user.role"
	AuditUserDisable  = "user.disable"
	AuditUserEnable   = "user.enable"
	AuditUserKick     = "user.kick"
	AuditBanAdd       = "ban.add"
	AuditBanRemove    = "ban.remove"
	AuditSilence      = "user.silence"
	AuditUnsilence    = "user.unsilence"
	AuditMemberRemove = "member.remove" // from a public group, by an admin of the server
	// AuditMessageDelete and AuditGroupChange are by an admin of the server, too, in public
	// groups where they have no such role: the author, and the group with what was changed.
	AuditMessageDelete = "message.delete" // by the host: the id, and then the author and the conversation
	AuditGroupChange   = "group.change"

	AuditUserDelete     = "user.delete"     // the handle, the number of the account, and whether its messages were deleted too
	AuditUserRename     = "user.rename"     // the new handle and the old one
	AuditJoinMode       = "join.mode"       // the new join mode and the former one
	AuditKeyReset       = "key.reset"       // a handle and the time when the code expires
	AuditKeyCode        = "key.code"        // a handle and the time when the code expires
	AuditInvite         = "invite.make"     // the role, and how often and until when it can be used
	AuditRequestApprove = "request.approve" // a fingerprint and the handle
	AuditRequestRefuse  = "request.refuse"
	AuditGroupRename    = "group.rename" // the new name and the old one; only for the host
	AuditGroupDelete    = "group.delete" // the name, and how many members and messages it had
	AuditCodeUse        = "code.use"     // by the code's maker: a handle, the number of the code, and the address
	AuditCodeRevoke     = "code.revoke"  // the number of the code, and what it was for
	AuditAnnounce       = "announce"     // nothing
	AuditImport         = "import"       // the kind of chat, and how much came from it
	AuditClaim          = "user.claim"   // the handle of an imported account
	AuditWord           = "word.set"     // which text of the host: rules, motd or maintenance; and whether it was set or removed
	AuditHookMake       = "hook.make"    // the bot, and then the number of the webhook and the group
	AuditHookRevoke     = "hook.revoke"  // the same
	// AuditMemberCertificate is a handle, and its role in a group, for which a certificate asked.
	AuditMemberCertificate = "member.certificate"
	AuditRequestName       = "request.name" // by the new account: a fingerprint and the handle that it had asked for
)

// AuditEntry is one line of the append-only audit log: who did what to whom. It is for
// people: programs learn what has happened from the record of changes (see [Change]).
type AuditEntry struct {
	ID     int64 // grows with each entry
	At     time.Time
	Actor  string // a handle, or "host" for the command line
	Action string // one of the Audit constants
	Target string // a handle or a fingerprint
	Detail string
}

// Text returns the action, its target and the detail, without the time and the actor.
func (e AuditEntry) Text() string {
	s := e.Action + " " + e.Target
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// AuditReader is the part of [Reader] about the audit log.
type AuditReader interface {
	// AuditNewest returns the newest entries, the newest first.
	AuditNewest(ctx context.Context, limit int) ([]AuditEntry, error)
}

// AuditTx is the part of [Tx] about the audit log.
type AuditTx interface {
	// AppendAudit adds an entry to the audit log. The store gives it an id.
	AppendAudit(ctx context.Context, e AuditEntry) error
}

// HostActor is the actor in the audit log for commands that are run on the server's own
// machine.
const HostActor = "host"
