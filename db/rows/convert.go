package rows

import "time"

// Millis converts a time. Times are stored as Unix milliseconds. RFC 9562 ids are no finer, and
// nobody sees the microseconds of a message.
func Millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms) }

// Where a time is optional, 0 stands for the zero time.

func zeroMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return Millis(t)
}

func fromZeroMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMillis(ms)
}

// Integer converts a truth value.
func Integer(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// all converts rows into the values that they stand for.
func all[Row, T any](rows []Row, one func(Row) (T, error)) ([]T, error) {
	ts := make([]T, len(rows))
	for i, row := range rows {
		t, err := one(row)
		if err != nil {
			return nil, err
		}
		ts[i] = t
	}
	return ts, nil
}
