package writer

import (
	"context"
	"testing"
	"time"

	"confab/app/chat"
)

// recordTx is a transaction that has only a record of changes.
type recordTx struct {
	chat.Tx
	rows []chat.RecordedChange
}

func (x *recordTx) AppendChange(_ context.Context, c chat.RecordedChange, _ int) (int64, error) {
	c.Position = int64(len(x.rows) + 1)
	x.rows = append(x.rows, c)
	return c.Position, nil
}

// Sending a message records nothing, and does not read what others have recorded.
func TestAPostedMessageIsNotRecorded(t *testing.T) {
	r := record{origin: 1, at: time.Now(), seen: chat.Clock{Changes: 7}}
	tx := &recordTx{} // all its other methods panic
	if err := r.add(t.Context(), tx, []chat.Change{chat.MessagePosted{Message: &chat.Message{Seq: 1}}}); err != nil || len(tx.rows) > 0 {
		t.Errorf("%d rows, %v", len(tx.rows), err)
	}
	if found, err := r.earlier(t.Context(), tx); err != nil || found.at.Changes != 7 {
		t.Errorf("%+v, %v", found, err)
	}
}
