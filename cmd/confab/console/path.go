package console

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Path is a path on the command line, in the environment or in the
// configuration. In all three, ~ stands for the home folder: a shell replaces it
// only at the beginning of a word without quotes. The path is absolute, or "" for
// no path, or - for a standard stream.
type Path string

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Path) UnmarshalText(text []byte) error {
	path := string(text)
	if path == "" || path == "-" { // filepath.Abs would turn "" into the working folder
		*p = Path(path)
		return nil
	}
	if first, rest, _ := strings.Cut(filepath.ToSlash(path), "/"); first == "~" {
		home, err := os.UserHomeDir()
		if err != nil {
			return fmt.Errorf("this user has no home folder for the ~ in %q (%w): write the path without it", path, err)
		}
		path = filepath.Join(home, filepath.FromSlash(rest))
	} else if strings.HasPrefix(first, "~") {
		return fmt.Errorf("%q begins with ~ and a name: write out that home folder, or write ./%s for a file whose name begins with ~", path, path)
	}
	path, err := filepath.Abs(path)
	*p = Path(path)
	return err
}
