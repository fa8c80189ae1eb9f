package text

import (
	"errors"
	"fmt"
)

var (
	// ErrInvalid matches every error of this package.
	ErrInvalid = errors.New("invalid")
	// ErrName matches the errors about names. It is an [ErrInvalid] itself.
	ErrName = fmt.Errorf("name: %w", ErrInvalid)
)

// Error says in a sentence for the user why a text is refused, and what to do next.
type Error struct {
	kind     error
	sentence string
}

func refuse(kind error, format string, args ...any) *Error {
	return &Error{kind, fmt.Sprintf(format, args...)}
}

// Error returns the sentence for the user.
func (e *Error) Error() string { return e.sentence }

// UserText returns the sentence for the user.
func (e *Error) UserText() string { return e.sentence }

// Unwrap returns [ErrName] or [ErrInvalid].
func (e *Error) Unwrap() error { return e.kind }
