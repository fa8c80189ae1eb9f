// Package ask is how the screens ask the chat for something that may take a
// while: in a Bubble Tea command, and never for longer than [Timeout].
package ask

import (
	"context"
	"time"
)

// Timeout bounds how long a screen waits for the chat. A busy store answers in
// well under a second, so by then something is broken.
const Timeout = 20 * time.Second

// For asks for a value.
func For[T any](what func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	return what(ctx)
}

// To asks for something to be done.
func To(do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	return do(ctx)
}
