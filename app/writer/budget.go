package writer

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"time"

	"confab/app/chat"
)

// Changes run one after the other, so a slow one delays all others.
const (
	// jobBudget is the highest cost of one change. A unit is about one statement, one
	// written row, or a KiB of text. The most expensive change that users need is to add a
	// hundred people to a group. It costs about 600.
	jobBudget = 5000
	// slowJob is how long a change may take before it is logged.
	slowJob = 50 * time.Millisecond
)

// errBudget refuses a change that costs more than its budget.
var errBudget = chat.Refuse(chat.ErrTooLarge, "That is too much for one step: do it in smaller parts.")

// metered is a transaction that counts what a change costs. Its methods are those of the
// store that cost something. Once the budget is used up, they fail, and the writer undoes
// the change.
type metered struct {
	chat.Tx
	left   int
	posted int64 // messages
}

// spent takes n units from the budget, and reports whether that was too much.
func (m *metered) spent(n int) bool {
	m.left -= n
	return m.left < 0
}

// textUnits returns the cost of a text.
func textUnits(text string) int { return 1 + len(text)>>10 }

func (m *metered) UserByName(ctx context.Context, name string) (chat.User, error) {
	if m.spent(textUnits(name)) {
		return chat.User{}, errBudget
	}
	return m.Tx.UserByName(ctx, name)
}

func (m *metered) UserByID(ctx context.Context, id chat.UserID) (chat.User, error) {
	if m.spent(1) {
		return chat.User{}, errBudget
	}
	return m.Tx.UserByID(ctx, id)
}

func (m *metered) Users(ctx context.Context) ([]chat.User, error) {
	users, err := m.Tx.Users(ctx)
	if m.spent(1 + len(users)/10) {
		return nil, errBudget
	}
	return users, err
}

func (m *metered) Key(ctx context.Context, fingerprint string) (chat.AuthorizedKey, error) {
	if m.spent(1) {
		return chat.AuthorizedKey{}, errBudget
	}
	return m.Tx.Key(ctx, fingerprint)
}

func (m *metered) Membership(ctx context.Context, conversation chat.ConversationID, user chat.UserID) (chat.Membership, error) {
	if m.spent(1) {
		return chat.Membership{}, errBudget
	}
	return m.Tx.Membership(ctx, conversation, user)
}

func (m *metered) Members(ctx context.Context, conversation chat.ConversationID) ([]chat.Member, error) {
	members, err := m.Tx.Members(ctx, conversation)
	if m.spent(1 + len(members)/10) {
		return nil, errBudget
	}
	return members, err
}

func (m *metered) ConversationIDs(ctx context.Context, user chat.UserID) (all, direct []chat.ConversationID, err error) {
	all, direct, err = m.Tx.ConversationIDs(ctx, user)
	if m.spent(1 + len(all)/100) {
		return nil, nil, errBudget
	}
	return all, direct, err
}

func (m *metered) InsertKey(ctx context.Context, k chat.AuthorizedKey) error {
	if m.spent(textUnits(k.Line)) {
		return errBudget
	}
	return m.Tx.InsertKey(ctx, k)
}

func (m *metered) InsertMembership(ctx context.Context, in chat.Membership) error {
	if m.spent(1) {
		return errBudget
	}
	return m.Tx.InsertMembership(ctx, in)
}

func (m *metered) DeleteMembership(ctx context.Context, conversation chat.ConversationID, user chat.UserID) error {
	if m.spent(1) {
		return errBudget
	}
	return m.Tx.DeleteMembership(ctx, conversation, user)
}

func (m *metered) InsertMessage(ctx context.Context, in *chat.Message) (bool, error) {
	if m.spent(textUnits(in.Body)) {
		return false, errBudget
	}
	fresh, err := m.Tx.InsertMessage(ctx, in)
	if fresh {
		m.posted++
	}
	return fresh, err
}

func (m *metered) DeleteMessage(ctx context.Context, in *chat.Message) error {
	if m.spent(1) {
		return errBudget
	}
	return m.Tx.DeleteMessage(ctx, in)
}

func (m *metered) InsertMention(ctx context.Context, conversation chat.ConversationID, user chat.UserID, seq chat.Seq) error {
	if m.spent(1) {
		return errBudget
	}
	return m.Tx.InsertMention(ctx, conversation, user, seq)
}

func (m *metered) InsertMentions(ctx context.Context, of *chat.Message) error {
	if m.spent(chat.MaxGroupMention / 10) {
		return errBudget
	}
	return m.Tx.InsertMentions(ctx, of)
}

func (m *metered) AdvanceMarkers(ctx context.Context, batch ...chat.Advance) error {
	if m.spent(len(batch)) {
		return errBudget
	}
	return m.Tx.AdvanceMarkers(ctx, batch...)
}

func (m *metered) SetDraft(ctx context.Context, conversation chat.ConversationID, user chat.UserID, body string) error {
	if m.spent(textUnits(body)) {
		return errBudget
	}
	return m.Tx.SetDraft(ctx, conversation, user, body)
}

func (m *metered) DropDraft(ctx context.Context, conversation chat.ConversationID, user chat.UserID, body string) error {
	if m.spent(textUnits(body)) {
		return errBudget
	}
	return m.Tx.DropDraft(ctx, conversation, user, body)
}

func (m *metered) AppendAudit(ctx context.Context, e chat.AuditEntry) error {
	if m.spent(textUnits(e.Detail)) {
		return errBudget
	}
	return m.Tx.AppendAudit(ctx, e)
}

// note logs a change that took long, with the name of its use case. If a session made the
// change, the line goes to the session's log, which names the user. The line never has the
// text of a message.
func (j *Job) note(took time.Duration, log *slog.Logger) {
	if took < slowJob {
		return
	}
	if j.Log != nil {
		log = j.Log
	}
	log.Warn("a change took long", "change", useCase(j.Of), "took", took.Round(time.Millisecond).String())
}

// useCase returns the name of the method in which a function was written, such as AddMembers.
func useCase(fn any) string {
	f := runtime.FuncForPC(reflect.ValueOf(fn).Pointer())
	if f == nil {
		return fmt.Sprintf("%T", fn)
	}
	name := f.Name() // such as confab/app/service.Groups.AddMembers.func1
	name, _, _ = strings.Cut(name[strings.LastIndexByte(name, '/')+1:], ".func")
	return name[strings.LastIndexByte(name, '.')+1:]
}
