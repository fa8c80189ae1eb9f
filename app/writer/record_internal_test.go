package writer

import (
	"context"
	"testing"
	"time"

	"confab/app/chat"
)

// recordTx keeps what is recorded.
type recordTx struct {
	chat.Tx
	rows []chat.RecordedChange
}

func (x *recordTx) AppendChange(_ context.Context, c chat.RecordedChange) (int64, error) {
	c.Position = int64(len(x.rows) + 1)
	x.rows = append(x.rows, c)
	return c.Position, nil
}

// A send records nothing, and asks for nothing that others have recorded.
func TestAPostedMessageIsNotRecorded(t *testing.T) {
	r := record{origin: 1, at: time.Now(), seen: 7}
	tx := &recordTx{} // anything else that it is asked panics
	if err := r.add(t.Context(), tx, []chat.Change{chat.MessagePosted{Message: &chat.Message{Seq: 1}}}); err != nil || len(tx.rows) > 0 {
		t.Errorf("%d rows, %v", len(tx.rows), err)
	}
	if found, err := r.earlier(t.Context(), tx); err != nil || found.at != 7 {
		t.Errorf("%+v, %v", found, err)
	}
}
