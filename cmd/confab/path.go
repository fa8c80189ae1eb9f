package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// filePath is a path on the command line, in the environment or in the
// configuration, all of which take ~ for the home folder: a shell puts it in only
// where it stands at the beginning of a word without quotes. It is absolute, or ""
// for none, or - for a standard stream.
type filePath string

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *filePath) UnmarshalText(text []byte) error {
	path := string(text)
	if path == "" || path == "-" { // filepath.Abs would make the working folder of ""
		*p = filePath(path)
		return nil
	}
	if first, rest, _ := strings.Cut(filepath.ToSlash(path), "/"); first == "~" {
		home, err := os.UserHomeDir()
		if err != nil {
			return fmt.Errorf("there is no home folder here for the ~ in %q (%w): write the path without it", path, err)
		}
		path = filepath.Join(home, filepath.FromSlash(rest))
	} else if strings.HasPrefix(first, "~") {
		return fmt.Errorf("%q begins with ~ and a name: write that home folder out, or ./%s for a name that begins with ~", path, path)
	}
	path, err := filepath.Abs(path)
	*p = filePath(path)
	return err
}
