package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/text"
	"confab/db/sqlite"
	"confab/keys"
)

// The first start gives the parts of a data folder an id in common: it is in the
// database, and in a file each in the folder, in the folder of files and beside
// the host key. So a part that is missing, empty or of another server is
// noticed before anything is made in its place.
const (
	folderMark  = "server-id"
	filesMark   = filesFolder + "/server-id"
	hostKeyMark = hostKeyFile + ".id"
)

// marks are the files with the id, in the order in which they are looked at, each with
// the part of the data folder that it vouches for.
var marks = [...]struct{ file, part string }{
	{folderMark, ""}, {filesMark, filesFolder}, {hostKeyMark, hostKeyFile},
}

// maxMark bounds what is read of the file with the id, in bytes.
const maxMark = 100

// parts are what a data folder has.
type parts struct {
	dir      string
	database sqlite.Facts
	hasLog   bool              // a write-ahead log with something in it
	contents bool              // something in the folder of files
	marks    map[string]string // the ids, by the names of their files
	hostKey  string            // its fingerprint; "" if there is none
	hasKey   bool              // there is a file for the host key, whatever is in it
}

// lookAtParts looks at a data folder and changes nothing.
func lookAtParts(ctx context.Context, dir string) (p parts, err error) {
	p = parts{dir: dir, marks: map[string]string{}}
	// The database comes last: another command that has just begun makes it first.
	for _, m := range marks {
		text, err := readMark(filepath.Join(dir, filepath.FromSlash(m.file)))
		if err != nil {
			return p, fmt.Errorf("looking into the data folder: %w", err)
		}
		if text != "" {
			p.marks[m.file] = text
		}
	}
	_, err = os.Lstat(filepath.Join(dir, hostKeyFile))
	if p.hasKey = err == nil; err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("looking into the data folder: %w", err)
	}
	// One that cannot be used is refused with its own reason when it is loaded.
	if key, err := keys.LoadHostKey(filepath.Join(dir, hostKeyFile)); err == nil {
		p.hostKey = gossh.FingerprintSHA256(key.PublicKey())
	}
	if p.contents, err = hasContents(filepath.Join(dir, filesFolder)); err != nil {
		return p, fmt.Errorf("looking into the data folder: %w", err)
	}
	info, err := os.Stat(filepath.Join(dir, databaseFile+"-wal"))
	p.hasLog = err == nil && info.Size() > 0
	p.database, err = sqlite.ReadFacts(ctx, filepath.Join(dir, databaseFile))
	return p, err
}

// readMark returns the id in a file, "" if there is none.
func readMark(path string) (string, error) {
	words, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return text.CleanLine(strings.TrimSpace(string(words)), maxMark), err
}

// hasContents reports whether a folder of files has the content of any.
func hasContents(dir string) (bool, error) {
	folders, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	for _, f := range folders {
		if !f.IsDir() || len(f.Name()) != 2 {
			continue
		}
		if in, err := os.ReadDir(filepath.Join(dir, f.Name())); err != nil || len(in) > 0 {
			return true, err
		}
	}
	return false, nil
}

// goOn ends each sentence about parts that do not belong together.
func (p parts) goOn(otherwise string) string {
	return fmt.Sprintf("to %s, run: confab accept --data %s", otherwise, p.dir)
}

// remains names the parts that are there of a server without its database, ""
// if there are none.
func (p parts) remains() string {
	var found []string
	if p.contents {
		found = append(found, "files")
	}
	if p.hasKey {
		found = append(found, "a host key")
	}
	if p.hasLog {
		found = append(found, "a write-ahead log ("+databaseFile+"-wal)")
	}
	if len(found) == 0 && len(p.marks) > 0 {
		found = append(found, "the id of a server")
	}
	return strings.Join(found, " and ")
}

// wrong is what is missing of a folder, or does not belong to the rest: one
// sentence that says how to go on, and nil if all is well. A folder in which
// there was no server yet is well, and so is one that an earlier version made,
// which gave no ids.
func (p parts) wrong() error {
	d, id := p.database, p.database.ID
	if d.Empty {
		left := p.remains()
		if left == "" {
			return nil
		}
		state := "has no database"
		if _, err := os.Lstat(filepath.Join(p.dir, databaseFile)); err == nil {
			state = "has an empty database (" + databaseFile + ")"
		}
		return fmt.Errorf("%s %s beside %s, so the database was lost: restore a backup to another folder with confab restore, or, %s",
			p.dir, state, left, p.goOn("begin a new server here without the old messages and accounts"))
	}
	for _, m := range marks {
		name, mark := m.file, p.marks[m.file]
		switch {
		case mark == "" || mark == id || name == hostKeyMark && !p.hasKey:
		case id == "":
			return fmt.Errorf("%s in %s has no id and %s has the id %s, so it is not the database of this folder: put the right one back, or, %s",
				databaseFile, p.dir, name, mark, p.goOn("use it with what else is here"))
		default:
			return fmt.Errorf("%s in %s is of the server %s and %s of the server %s: put back the one that belongs here, or, %s",
				databaseFile, p.dir, id, name, mark, p.goOn("use them together"))
		}
	}
	switch {
	case p.contents && !d.Accounts && id == "":
		return fmt.Errorf("%s has files, and %s has no accounts, so it is not the database that they belong to: restore a backup to another folder with confab restore, or, %s",
			p.dir, databaseFile, p.goOn("begin a new server here without the old messages and accounts"))
	case d.Files && !p.contents && p.marks[filesMark] == "":
		return fmt.Errorf("people have posted files, and %s has none of them: put the folder %s of this server, or of a backup, back, or, %s",
			p.dir, filesFolder, p.goOn("go on without what was in them"))
	case !p.hasKey && (d.HostKey != "" || id == "" && d.Used):
		return fmt.Errorf("the host key %s is missing, which clients know this server by: put it back from a backup, or, %s",
			filepath.Join(p.dir, hostKeyFile), p.goOn("have a new one made, at which every client will warn"))
	case p.hostKey != "" && d.HostKey != "" && p.hostKey != d.HostKey:
		return fmt.Errorf("the host key %s is not the one that clients know this server by (%s): put that one back from a backup, or, %s",
			filepath.Join(p.dir, hostKeyFile), d.HostKey, p.goOn("use this one, at which every client will warn"))
	}
	return nil
}

// arePartsWhole returns the sentence of [parts.wrong] about a folder.
func arePartsWhole(ctx context.Context, dir string) error {
	p, err := lookAtParts(ctx, dir)
	if err != nil {
		return err
	}
	return p.wrong()
}

// mark writes the id of a server beside its parts, those that are there.
func mark(dir, id string) error {
	for _, m := range marks {
		if _, err := os.Stat(filepath.Join(dir, m.part)); err != nil {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(m.file))
		if have, err := readMark(path); err == nil && have == id {
			continue
		}
		if err := writeMark(path, id); err != nil {
			return fmt.Errorf("writing the id of the server: %w", err)
		}
	}
	return nil
}

// writeMark writes an id to a file, whole or not at all.
func writeMark(path, id string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".id-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // does nothing once it is renamed
	_, err = f.WriteString(id + "\n")
	if err == nil {
		// It is no secret, and the server must read it whoever wrote it.
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
