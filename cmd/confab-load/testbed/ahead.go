package testbed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// These are in the function Now of Go's package time, which reads the clock there.
const (
	readsClock = "\tsec, nsec, mono := runtimeNow()\n"
	addsTime   = readsClock + "\tsec += %d\n"
)

// BuildAhead is Build with a clock that is ahead: a copy of Go's package time adds to the time of
// day whenever the program asks for it. No flag of the server does that, so it cannot happen by
// mistake.
func BuildAhead(ctx context.Context, dir string, ahead time.Duration) (string, error) {
	said, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("looking for Go: %w", err)
	}
	original := filepath.Join(strings.TrimSpace(string(said)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	if bytes.Count(source, []byte(readsClock)) != 1 {
		return "", errors.New("this version of Go reads the clock in another way: change testbed.BuildAhead")
	}
	copied := filepath.Join(dir, "time.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: copied}})
	if err != nil {
		return "", err
	}
	source = bytes.Replace(source, []byte(readsClock), fmt.Appendf(nil, addsTime, ahead/time.Second), 1)
	list := filepath.Join(dir, "overlay.json")
	if err := errors.Join(os.WriteFile(copied, source, 0o600), os.WriteFile(list, overlay, 0o600)); err != nil {
		return "", err
	}
	return build(ctx, filepath.Join(dir, "confab-ahead.exe"), "-overlay", list)
}
