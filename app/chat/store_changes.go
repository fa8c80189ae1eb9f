package chat

import (
	"context"
	"time"
)

// RecordedChange is a [Change] as the store keeps it for other processes.
type RecordedChange struct {
	Position int64 // 1, 2, 3… in the order of the commits, given by the store
	At       time.Time
	Origin   int64 // of the service that made it, see [Service]
	Kind     string
	Body     []byte // JSON
}

// changesReader is the part of [Reader] about the record of changes.
type changesReader interface {
	// LastChange returns the position of the newest recorded change, 0 if there is
	// none.
	LastChange(ctx context.Context) (int64, error)
	// ChangesAfter returns at most limit recorded changes after a position, in order.
	ChangesAfter(ctx context.Context, position int64, limit int) ([]RecordedChange, error)
}

// changesTx is the part of [Tx] about the record of changes.
type changesTx interface {
	// AppendChange adds a change to the record and returns its position.
	AppendChange(ctx context.Context, c RecordedChange) (int64, error)
	// PruneChanges removes changes from before a time, up to a position, but never
	// the newest of all: positions only ever grow.
	PruneChanges(ctx context.Context, before time.Time, upTo int64) error
}
