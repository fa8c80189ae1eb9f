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

// Change is what is different in the source code of a server that is built to do something wrong.
// No flag of the server does that, so it cannot happen by mistake.
type Change struct {
	Package, File string
	Old, New      string // Old is in the file once
}

// ClockAhead is a change with which a server's clock is ahead: Go's package time adds to the time of
// day whenever the program asks for it.
func ClockAhead(ahead time.Duration) Change {
	const readsClock = "\tsec, nsec, mono := runtimeNow()\n" // in the function Now
	return Change{"time", "time.go", readsClock, fmt.Sprintf(readsClock+"\tsec += %d\n", ahead/time.Second)}
}

// BuildChanged is Build for a server with changes. It builds the server with the name in a folder.
func BuildChanged(ctx context.Context, dir, name string, changes ...Change) (string, error) {
	list, err := Overlay(ctx, dir, name, changes...)
	if err != nil {
		return "", err
	}
	return build(ctx, filepath.Join(dir, name+".exe"), "-overlay", list)
}

// Overlay writes a list of changed files, as go build takes it, into a folder, and the files
// themselves. It returns the path of the list.
func Overlay(ctx context.Context, dir, name string, changes ...Change) (string, error) {
	sources := map[string][]byte{}
	for _, c := range changes {
		said, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", c.Package).Output()
		if err != nil {
			return "", fmt.Errorf("looking for the source code of %s (%w); run this inside confab's source code", c.Package, err)
		}
		original := filepath.Join(strings.TrimSpace(string(said)), c.File)
		source, again := sources[original]
		if !again {
			if source, err = os.ReadFile(original); err != nil {
				return "", err
			}
		}
		if bytes.Count(source, []byte(c.Old)) != 1 {
			return "", fmt.Errorf("%s of %s is not as this tool expects: change the tool", c.File, c.Package)
		}
		sources[original] = bytes.Replace(source, []byte(c.Old), []byte(c.New), 1)
	}
	replace := map[string]string{}
	for original, source := range sources {
		copied := filepath.Join(dir, fmt.Sprintf("%s-%d.go", name, len(replace)))
		if err := os.WriteFile(copied, source, 0o600); err != nil {
			return "", err
		}
		replace[original] = copied
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	list := filepath.Join(dir, name+".json")
	return list, errors.Join(err, os.WriteFile(list, overlay, 0o600))
}
