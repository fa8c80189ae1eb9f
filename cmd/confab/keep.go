package main

import (
	"time"

	"confab/app/chat"
)

// keepFlag sets how long messages are kept.
type keepFlag struct {
	Keep keepTime `help:"Delete messages and files that are older than this, such as 90d or 12w; off keeps everything." default:"off" env:"CONFAB_KEEP" placeholder:"TIME"`
}

// keepTime is a time to keep messages, on the command line.
type keepTime time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *keepTime) UnmarshalText(text []byte) error {
	keep, err := chat.ParseKeep(string(text))
	*k = keepTime(keep)
	return err
}
