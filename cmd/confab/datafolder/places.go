package datafolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"confab/app/chat"
)

// Places are where confab looks for its data and settings when nobody names a folder.
type Places struct {
	User     string // the folder for the data of this user's programs
	System   string // the data folder of a packaged install, or "" on systems without packages
	Settings string // the settings file of a packaged install, or ""

	noUser error // why there is no folder for this user
}

// ThesePlaces returns the places of this machine and this user.
func ThesePlaces() Places {
	var p Places
	p.User, p.noUser = userData()
	switch runtime.GOOS {
	case "windows", "darwin", "ios", "plan9":
	default:
		p.System, p.Settings = "/var/lib/confab", "/etc/confab/confab.yaml"
	}
	return p
}

// userData returns the platform's folder for a program's user data. On Unix it
// follows the XDG base directory specification.
func userData() (string, error) {
	switch runtime.GOOS {
	case "windows", "darwin", "ios", "plan9":
		dir, err := os.UserConfigDir()
		return filepath.Join(dir, "confab"), err
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "confab"), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share", "confab"), err
}

// Data returns the data folder that is meant if nobody names one. It need not exist. If
// confab is installed from a package, it is the package's folder, unless this user has a
// confab too.
func (p Places) Data() (string, error) {
	if p.packaged() && (p.noUser != nil || !hasServer(p.User)) {
		return p.System, nil
	}
	if p.noUser != nil {
		return "", fmt.Errorf("this system has no folder for user data (%w): choose a folder with --data DIR", p.noUser)
	}
	return p.User, nil
}

// packaged reports whether a package has installed confab on this machine. The service
// creates the data folder on its first start, and the package has the settings file.
func (p Places) packaged() bool {
	return p.System != "" && (exists(p.System) || exists(p.Settings) || hidden(p.Settings))
}

// SettingsFile returns the settings file of a data folder, or "" if there is none. It is
// in the folder. That of a packaged install can also be in the folder for settings.
func (p Places) SettingsFile(dir string) string {
	file := filepath.Join(dir, ConfigFile)
	switch {
	case exists(file):
		return file
	case dir == p.System && exists(p.Settings):
		return p.Settings
	}
	return ""
}

// Option returns " --data DIR" for a command line that people are to run, or "" if
// commands find the folder by themselves.
func (p Places) Option(dir string) string {
	if found, err := p.Data(); err == nil && found == dir {
		return ""
	}
	return " --data " + ShellWord(dir)
}

// None says that a folder has no server.
func (p Places) None(dir string) error {
	return chat.Refuse(chat.ErrNotFound, "There is no confab in %s: start it with %s, or name the folder with --data.", dir, p.start(dir))
}

// start returns the command that starts the server on a folder.
func (p Places) start(dir string) string {
	if dir == p.System {
		return "systemctl enable --now confab.socket confab.service"
	}
	return "confab serve" + p.Option(dir)
}

// hasServer reports whether a folder has any part of a server.
func hasServer(dir string) bool {
	for _, name := range []string{DatabaseFile, HostKeyFile, folderMark} {
		if exists(filepath.Join(dir, name)) {
			return true
		}
	}
	return false
}

// exists reports whether there is something with this path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// hidden reports whether a path is in a folder that this user may not look into.
func hidden(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrPermission)
}

// ShellWord writes a path as one word of a shell's command line.
func ShellWord(path string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+,:@%", r)
	}
	if path != "" && strings.TrimLeftFunc(path, safe) == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
