package app

import (
	"strconv"
	"strings"
	"time"
)

// ParseSpan reads a length of time as people write it: a whole number and m, h, d
// or w, such as 30m, 12h, 7d or 2w. An error is an [ErrInvalid].
func ParseSpan(s string) (time.Duration, error) {
	word := nameLower(strings.TrimSpace(s))
	if n := len(word); n >= 2 && n <= 5 {
		unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[word[n-1]]
		count, err := strconv.ParseUint(word[:n-1], 10, 32)
		if err == nil && unit != 0 && count > 0 {
			return time.Duration(count) * unit, nil
		}
	}
	return 0, Refuse(ErrInvalid, "A time is a number with m, h, d or w, such as 12h or 7d; %q is none.", CleanLine(s, 20))
}
