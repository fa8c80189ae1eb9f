// Package refusal tells the host whom the server refuses, and why. It counts every refusal
// for the metrics. The log has one line for each cause at once, and then summaries, so that
// nobody can fill the log by being refused again and again.
package refusal

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Reason is the kind of a refusal. It is the label of a metric and the field "reason" of
// the log.
type Reason string

// The reasons.
const (
	// Login: a connection ended before its client had logged in.
	Login Reason = "login"
	// Algorithms: a client has no algorithm in common with the server.
	Algorithms Reason = "algorithms"
	// Key: a key opens no account, because it is unsafe, revoked or of an unknown type.
	Key Reason = "key"
	// Certificate: a certificate was not accepted.
	Certificate Reason = "certificate"
	// Ban: the account, the key or the address is banned.
	Ban Reason = "ban"
	// Disabled: the account is disabled.
	Disabled Reason = "disabled"
	// Hook: a request to a webhook was not accepted, for example because its address is
	// wrong or was revoked.
	Hook Reason = "hook"

	// The others are limits, each named after its setting where it has one.

	MaxConnections     Reason = "max_connections"
	MaxPerAddress      Reason = "max_per_address"
	MaxPerNetwork      Reason = "max_per_network"
	MaxPerAccount      Reason = "max_per_account"
	MaxUnauthenticated Reason = "max_unauthenticated"
	MaxFailures        Reason = "max_failures"
	MaxChannels        Reason = "max_channels"
	MaxTransfers       Reason = "max_transfers"
	MaxMessages        Reason = "max_messages"
	MaxRequests        Reason = "max_requests"
	MaxConversations   Reason = "max_conversations"
	MaxMembers         Reason = "max_members"
	MaxFiles           Reason = "max_files"
	Codes              Reason = "codes"
	Joins              Reason = "joins"
	HookPace           Reason = "hook_pace"
)

// Reasons returns all reasons.
func Reasons() []Reason {
	return []Reason{
		Login, Algorithms, Key, Certificate, Ban, Disabled, Hook, MaxConnections, MaxPerAddress, MaxPerNetwork, MaxPerAccount,
		MaxUnauthenticated, MaxFailures, MaxChannels, MaxTransfers, MaxMessages, MaxRequests, MaxConversations, MaxMembers,
		MaxFiles, Codes, Joins, HookPace,
	}
}

const (
	// quiet is how long a cause is only counted after a line about it. Then a summary
	// follows if there was more.
	quiet = time.Minute
	// maxCauses bounds how many causes are known at the same time. Refusals for other
	// causes are counted together, in one summary for each reason.
	maxCauses = 1000
)

// Refusal is one refusal. Nothing in it may be the text of a message or a code.
type Refusal struct {
	Reason Reason
	// Who holds the address, account or key that was refused. Refusals with the same
	// Reason, Who and Why have the same cause.
	Who string
	Why string // in a few words
	// Do says what the host can do. The mark {data} stands for the --data that a command of
	// the host's needs.
	Do string
	// About has more fields of the log line, such as the address and the fingerprint.
	About []any
}

// cause identifies refusals that are logged together.
type cause struct {
	reason   Reason
	who, why string
}

// repeats are the refusals of a cause since its last line.
type repeats struct {
	first Refusal
	told  time.Time // when the log had its last line
	times int       // since then
}

// Log counts and logs refusals. Several goroutines may use it. A nil Log does nothing.
type Log struct {
	log    *slog.Logger
	now    func() time.Time
	option string
	counts map[Reason]*atomic.Int64 // never changes

	mu     sync.Mutex
	causes map[cause]*repeats
}

// New returns a log of refusals that writes to another log. The option is what a command
// line of the host's needs after the command to work on this server, such as " --data DIR".
func New(log *slog.Logger, now func() time.Time, option string) *Log {
	l := &Log{log: log, now: now, option: option, counts: make(map[Reason]*atomic.Int64), causes: make(map[cause]*repeats)}
	for _, r := range Reasons() {
		l.counts[r] = new(atomic.Int64)
	}
	return l
}

// Count returns how many refusals there were for a reason.
func (l *Log) Count(r Reason) int64 {
	if l == nil {
		return 0
	}
	return l.counts[r].Load()
}

// Note counts a refusal, and logs it if it is the first of its cause.
func (l *Log) Note(r Refusal) {
	if l == nil {
		return
	}
	l.counts[r.Reason].Add(1)
	if l.isNew(r) {
		l.write(r, 1, "refused")
	}
}

// isNew notes a refusal, and reports whether its cause is new.
func (l *Log) isNew(r Refusal) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := cause{r.Reason, r.Who, r.Why}
	if have := l.causes[c]; have != nil {
		have.times++
		return false
	}
	if len(l.causes) < maxCauses {
		l.causes[c] = &repeats{first: r, told: l.now()}
		return true
	}
	// The key of such a summary cannot be that of a cause, because it names nobody.
	c = cause{reason: r.Reason}
	if l.causes[c] == nil {
		l.causes[c] = &repeats{first: Refusal{Reason: r.Reason, Why: "many different causes", Do: r.Do}, told: l.now()}
	}
	l.causes[c].times++
	return false
}

// Summarize writes the summaries that are due, and forgets causes that have not come up again.
// Call it every few seconds.
func (l *Log) Summarize() {
	if l == nil {
		return
	}
	now := l.now()
	var due []repeats
	l.mu.Lock()
	for c, r := range l.causes {
		switch {
		case now.Sub(r.told) < quiet:
		case r.times == 0:
			delete(l.causes, c)
		default:
			due = append(due, *r)
			r.told, r.times = now, 0
		}
	}
	l.mu.Unlock()
	for _, r := range due {
		l.write(r.first, r.times, "refused again")
	}
}

// write writes a line.
func (l *Log) write(r Refusal, times int, what string) {
	about := []any{"reason", string(r.Reason)}
	about = append(about, r.About...)
	about = append(about, "why", r.Why, "times", times)
	if r.Do != "" {
		about = append(about, "do", strings.ReplaceAll(r.Do, "{data}", l.option))
	}
	l.log.Warn(what, about...)
}
