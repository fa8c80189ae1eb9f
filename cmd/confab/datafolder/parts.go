package datafolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/text"

	"confab/db/sqlite/upkeep"
	"confab/keys"
)

// The first start gives the parts of a data folder a common id. The id is in the
// database, and in a file each in the folder, in the folder of files and beside the
// host key. So confab notices when a part is missing, empty or from another server,
// before it creates anything in its place.
const (
	folderMark  = "server-id"
	filesMark   = FilesFolder + "/server-id"
	hostKeyMark = HostKeyFile + ".id"
)

// marks are the files with the id, in the order of the checks. Each vouches for a
// part of the data folder.
var marks = [...]struct{ file, part string }{
	{folderMark, ""}, {filesMark, FilesFolder}, {hostKeyMark, HostKeyFile},
}

// maxMark is how many bytes of a file with the id are read.
const maxMark = 100

// parts describes which parts a data folder has.
type parts struct {
	dir      string
	database upkeep.Facts
	hasLog   bool              // a write-ahead log that is not empty
	contents bool              // the folder of files is not empty
	marks    map[string]string // the ids, by the names of their files
	hostKey  string            // its fingerprint, or "" if there is no host key
	hasKey   bool              // there is a file for the host key, whatever its content
	moved    bool              // the database and the files were moved to PostgreSQL

	elsewhere bool // the database is not in the folder, and other machines may use it too
}

// lookAtParts inspects a data folder and changes nothing. A server that is running
// can post its first file, or create its host key, after one part was inspected and
// before the next is. So parts that do not belong together are inspected again, and
// count as damage only if they are wrong each time.
func lookAtParts(ctx context.Context, dir string) (parts, error) {
	const times = 3
	for try := 1; ; try++ {
		p, err := lookOnce(ctx, dir)
		if err != nil || p.wrong() == nil || try == times {
			return p, err
		}
	}
}

// lookOnce inspects each part of a data folder once.
func lookOnce(ctx context.Context, dir string) (p parts, err error) {
	p = parts{dir: dir, marks: map[string]string{}}
	// The database is checked last, because another command that has just started
	// creates it first.
	for _, m := range marks {
		text, err := readMark(filepath.Join(dir, filepath.FromSlash(m.file)))
		if err != nil {
			return p, fmt.Errorf("reading the data folder: %w", err)
		}
		if text != "" {
			p.marks[m.file] = text
		}
	}
	_, err = os.Lstat(filepath.Join(dir, HostKeyFile))
	if p.hasKey = err == nil; err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("reading the data folder: %w", err)
	}
	// A host key that cannot be used is refused with its own reason when it is
	// loaded.
	if key, err := keys.LoadHostKey(filepath.Join(dir, HostKeyFile)); err == nil {
		p.hostKey = gossh.FingerprintSHA256(key.PublicKey())
	}
	if p.contents, err = hasContents(filepath.Join(dir, FilesFolder)); err != nil {
		return p, fmt.Errorf("reading the data folder: %w", err)
	}
	info, err := os.Stat(filepath.Join(dir, DatabaseFile+"-wal"))
	p.hasLog = err == nil && info.Size() > 0
	p.database, err = upkeep.ReadFacts(ctx, filepath.Join(dir, DatabaseFile))
	p.moved = p.database.Empty && exists(filepath.Join(dir, movedFolder))
	return p, err
}

// readMark returns the id in a file, or "" if there is none.
func readMark(path string) (string, error) {
	words, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return text.CleanLine(strings.TrimSpace(string(words)), maxMark), err
}

// hasContents reports whether a folder of files holds any content.
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
	with := ""
	if p.elsewhere { // its address may have a password, so it is not shown
		with = " with the same --database"
	}
	return fmt.Sprintf("to %s, run%s: confab accept --data %s", otherwise, with, ShellWord(p.dir))
}

// remains names the parts of a server that has lost its database. It returns "" if
// there are none.
func (p parts) remains() string {
	var found []string
	if p.contents {
		found = append(found, "files")
	}
	if p.hasKey {
		found = append(found, "a host key")
	}
	if p.hasLog {
		found = append(found, "a write-ahead log ("+DatabaseFile+"-wal)")
	}
	if len(found) == 0 && len(p.marks) > 0 {
		found = append(found, "the id of a server")
	}
	return strings.Join(found, " and ")
}

// wrong returns an error if a part of the folder is missing or does not belong to
// the others: one sentence that says what to do. It returns nil for a folder that
// has had no server yet, and for one of an earlier version, which gave no ids.
func (p parts) wrong() error {
	d, id := p.database, p.database.ID
	if d.Empty {
		if p.moved {
			return fmt.Errorf("the server in %s was moved to PostgreSQL: name its database with --database, or move it back with confab migrate", p.dir)
		}
		left := p.remains()
		if left == "" {
			return nil
		}
		state := "has no database"
		if _, err := os.Lstat(filepath.Join(p.dir, DatabaseFile)); err == nil {
			state = "has an empty database (" + DatabaseFile + ")"
		}
		// Every server with a database in its folder has a folder of files, too.
		if !p.contents && !p.hasLog && !exists(filepath.Join(p.dir, FilesFolder)) {
			return fmt.Errorf("%s %s beside %s: if the database is in PostgreSQL, name it with --database; if it was lost, restore a backup to another folder with confab restore, or, %s",
				p.dir, state, left, p.goOn("start a new server here without the old messages and accounts"))
		}
		return fmt.Errorf("%s %s beside %s, so the database was lost: restore a backup to another folder with confab restore, or, %s",
			p.dir, state, left, p.goOn("start a new server here without the old messages and accounts"))
	}
	for _, m := range marks {
		name, mark := m.file, p.marks[m.file]
		switch {
		case mark == "" || mark == id || name == hostKeyMark && !p.hasKey:
		case id == "":
			return fmt.Errorf("%s in %s has no id, but %s has the id %s, so it is not the database of this folder: put the right one back, or, %s",
				DatabaseFile, p.dir, name, mark, p.goOn("use it with the other parts here"))
		default:
			return fmt.Errorf("%s in %s is from the server %s, but %s is from the server %s: put back the part that belongs here, or, %s",
				DatabaseFile, p.dir, id, name, mark, p.goOn("use them together"))
		}
	}
	switch {
	case p.contents && !d.Accounts && id == "":
		return fmt.Errorf("%s has files, but %s has no accounts, so it is not their database: restore a backup to another folder with confab restore, or, %s",
			p.dir, DatabaseFile, p.goOn("start a new server here without the old messages and accounts"))
	case d.Files && !p.contents && p.marks[filesMark] == "":
		return fmt.Errorf("people have posted files, but %s has none of them: put back the folder %s of this server or of a backup, or, %s",
			p.dir, FilesFolder, p.goOn("go on without their contents"))
	}
	return p.wrongKey()
}

// wrongKey returns an error if the host key in the folder is not one that clients have seen.
func (p parts) wrongKey() error {
	d, path, from := p.database, filepath.Join(p.dir, HostKeyFile), "put %s back from a backup"
	if p.elsewhere {
		from = "copy %s from the data folder of another machine of this server, or from a backup"
	}
	switch {
	case !p.hasKey && (d.HostKey != "" || d.ID == "" && d.Used):
		return fmt.Errorf("the host key %s, which identifies this server to its clients, is missing: "+from+", or, %s",
			path, "it", p.goOn("create a new one, which makes every client warn its user"))
	case p.hostKey != "" && d.HostKey != "" && p.hostKey != d.HostKey && !slices.Contains(strings.Split(d.Others, "\n"), p.hostKey):
		return fmt.Errorf("the host key %s is not the one that clients have seen (%s): "+from+", or, %s",
			path, d.HostKey, "that one", p.goOn("use this one, which makes every client warn its user"))
	}
	return nil
}

// ArePartsWhole returns the error of parts.wrong for a folder.
func ArePartsWhole(ctx context.Context, dir string) error {
	p, err := lookAtParts(ctx, dir)
	if err != nil {
		return err
	}
	return p.wrong()
}

// Mark writes the id of a server beside those of its parts that exist.
func Mark(dir, id string) error {
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

// writeMark writes an id to a file, completely or not at all.
func writeMark(path, id string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".id-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // does nothing after the rename
	_, err = f.WriteString(id + "\n")
	if err == nil {
		// The id is not secret, and the server must be able to read it even if
		// another user wrote it.
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
