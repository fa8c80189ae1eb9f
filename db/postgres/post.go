package postgres

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"confab/app/chat"
	"confab/db/rows"
	"confab/db/sqlite/query"
)

// Messages get their numbers at once, from their conversation, whose row stays locked until
// the commit. So numbers have no gaps: a transaction that is rolled back gives its numbers
// back. The rows are written later and together: before a query that may look at messages, or
// at the end. Only then does the transaction lock the clock and take positions from it. So
// the order of the positions is that of the commits.

// These statements are not for sqlc, which has no arrays without another driver.
const (
	lockConversation = `SELECT last_seq FROM conversations WHERE id = $1 FOR UPDATE`
	messageExists    = `SELECT EXISTS (SELECT 1 FROM messages WHERE id = $1)`
	// postMessages takes positions, adds messages, and numbers the newest of each conversation. It
	// is one statement, because all servers wait for the end of the transaction.
	postMessages = `
WITH clock AS (
    UPDATE commit_clock SET messages = messages + cardinality($1::bytea[]) RETURNING messages - cardinality($1::bytea[]) AS before
), posted AS (
    INSERT INTO messages (row_id, id, conversation_id, seq, author_id, change, body, sent_at, reply_to, group_mention, thread, aside)
    SELECT clock.before + m.place, m.id, m.conversation_id, m.seq, m.author_id, m.change, m.body, m.sent_at, m.reply_to, m.group_mention, m.thread, m.aside
    FROM clock, unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::bytea[], $9::text[], $10::bigint[], $11::bigint[])
        WITH ORDINALITY AS m (id, conversation_id, seq, author_id, change, body, sent_at, reply_to, group_mention, thread, aside, place)
), newest AS (
    UPDATE conversations SET last_seq = n.seq, last_at = n.at
    FROM unnest($12::bigint[], $13::bigint[], $14::bigint[]) AS n (id, seq, at) WHERE conversations.id = n.id
)
SELECT before FROM clock`
)

// messageIDs is the constraint that each id is there once.
const messageIDs = "messages_id_key"

// tx is chat.Tx: a transaction in progress.
type tx struct {
	rows.Tx
	post *post
}

var _ chat.Tx = tx{}

func newTx(t *sql.Tx, known texts, careful bool) tx {
	p := &post{t: t, careful: careful, last: make(map[chat.ConversationID]newest), ids: make(map[uuid.UUID]bool)}
	p.q = query.New(&connection{t, known, p.before})
	return tx{rows.NewTx(p.q, index{t}), p}
}

// InsertMessage implements chat.MessageTx.
func (t tx) InsertMessage(ctx context.Context, m *chat.Message) (bool, error) {
	fresh, err := t.post.add(ctx, m)
	return fresh, rows.Failed("adding a message", err)
}

// AppendChange implements chat.ChangeTx. Messages that wait come before it too.
func (t tx) AppendChange(ctx context.Context, c chat.RecordedChange, ahead int) (int64, error) {
	return t.Tx.AppendChange(ctx, c, ahead-len(t.post.waiting))
}

// newest is the newest message of a conversation.
type newest struct {
	seq, at int64 // at is 0 if the transaction has only read the number
}

// posted is a message with its columns author_id and change.
type posted struct {
	*chat.Message
	author int64
	change string
}

// post is the part of a transaction that posts messages.
type post struct {
	t       *sql.Tx
	q       *query.Queries
	careful bool                           // each message is looked for before it is added
	last    map[chat.ConversationID]newest // conversations that are locked
	ids     map[uuid.UUID]bool             // of the messages that wait
	waiting []posted                       // messages that are not written yet
	broken  error                          // a query did not run because these could not be written
}

// errPosted says that a message was there already. The transaction must be done again, with
// care: few messages are sent twice, and to look for each would be half the work of posting it.
var errPosted = errors.New("postgres: a message has been posted before")

// add numbers a message, which waits to be written. It reports false if there is a message
// with its id already, or writing it fails with errPosted.
func (p *post) add(ctx context.Context, m *chat.Message) (bool, error) {
	last, locked := p.last[m.Conversation]
	if !locked {
		if err := p.t.QueryRowContext(ctx, lockConversation, int64(m.Conversation)).Scan(&last.seq); err != nil {
			return false, err
		}
		p.last[m.Conversation] = last
	}
	exists := p.ids[m.ID]
	if !exists && p.careful {
		if err := p.t.QueryRowContext(ctx, messageExists, m.ID[:]).Scan(&exists); err != nil {
			return false, err
		}
	}
	if exists {
		return false, nil
	}
	author, change, err := rows.AuthorAndChange(ctx, p.q, m)
	if err != nil {
		return false, err
	}
	m.Seq = chat.Seq(last.seq + 1)
	p.last[m.Conversation] = newest{int64(m.Seq), rows.Millis(m.SentAt)}
	p.ids[m.ID] = true
	p.waiting = append(p.waiting, posted{m, author, change})
	return true, nil
}

// apart has the queries that look at no messages, and at no number of a conversation. Those
// that go with posting a message are enough.
var apart = map[string]bool{
	"Membership": true, "Owners": true, "Standing": true, "UserByID": true, "UserByKey": true, "BansOf": true, "HasBlocked": true, "InsertMention": true, "InsertMentions": true,
	"DeleteDraft": true, "DropDraft": true, "SetDraft": true, "LastSlowPost": true, "NoteSlowPost": true,
	"AdvanceMarkers": true, "InsertDelivery": true, "InsertRead": true, "JoinThread": true, "ThreadGrew": true, "AppendChange": true,
}

// before writes the messages that wait, unless a query cannot tell the difference.
func (p *post) before(ctx context.Context, name string, args []any) error {
	if len(p.waiting) == 0 || apart[name] {
		return nil
	}
	if name == "Conversation" {
		if id, ok := args[0].(int64); ok && p.last[chat.ConversationID(id)].at == 0 {
			return nil
		}
	}
	if err := p.flush(ctx); err != nil {
		p.broken = errors.Join(p.broken, err)
		return err
	}
	return nil
}

// flush writes the messages that wait.
func (p *post) flush(ctx context.Context) error {
	all := p.waiting
	if len(all) == 0 {
		return nil
	}
	p.waiting = nil
	clear(p.ids)
	conversations, seqs, times := p.newest()
	var before int64
	err := p.t.QueryRowContext(ctx, postMessages,
		column(all, func(m posted) []byte { return m.ID[:] }),
		column(all, func(m posted) int64 { return int64(m.Conversation) }),
		column(all, func(m posted) int64 { return int64(m.Seq) }),
		column(all, func(m posted) int64 { return m.author }),
		column(all, func(m posted) string { return m.change }),
		column(all, func(m posted) string { return m.Body }),
		column(all, func(m posted) int64 { return rows.Millis(m.SentAt) }),
		column(all, func(m posted) []byte {
			if m.ReplyTo == nil {
				return nil
			}
			return m.ReplyTo.ID[:]
		}),
		column(all, func(m posted) string { return string(m.GroupMention) }),
		column(all, func(m posted) int64 { return int64(m.Thread) }),
		column(all, func(m posted) int64 { return rows.Integer(m.ThreadOnly) }),
		conversations, seqs, times,
	).Scan(&before)
	if said, is := errors.AsType[*pgconn.PgError](err); is && said.ConstraintName == messageIDs {
		return errPosted
	}
	if err != nil {
		return rows.Failed("adding messages", err)
	}
	for i, m := range all {
		m.Position = before + int64(i) + 1
	}
	for _, m := range all {
		if m.Thread == 0 {
			continue
		}
		if err := p.q.GrowThread(ctx, query.GrowThreadParams{SentAt: rows.Millis(m.SentAt), ConversationID: int64(m.Conversation), Root: int64(m.Thread)}); err != nil {
			return rows.Failed("counting replies", err)
		}
	}
	return index{p.t}.add(ctx, all)
}

// newest returns the conversations with new messages, and the numbers and times of the newest.
func (p *post) newest() (ids, seqs, times []int64) {
	for id, last := range p.last {
		if last.at != 0 {
			ids, seqs, times = append(ids, int64(id)), append(seqs, last.seq), append(times, last.at)
			p.last[id] = newest{last.seq, 0}
		}
	}
	return ids, seqs, times
}

// column returns the values of one column of messages.
func column[T any](of []posted, value func(posted) T) []T {
	values := make([]T, len(of))
	for i, m := range of {
		values[i] = value(m)
	}
	return values
}
