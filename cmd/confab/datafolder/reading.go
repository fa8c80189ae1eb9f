package datafolder

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/app/text"
	"confab/cmd/confab/console"
	"confab/db/sqlite/upkeep"
	"confab/keys"
)

// contentName matches the name of a posted file's content in a backup.
var contentName = regexp.MustCompile(`^files/([0-9a-f]{2})/([0-9a-f]{62})$`)

// part is a part of a backup that is being read.
type part struct {
	name string
	want string // the hash of the content in hex, or "" if a backup of an earlier version lacks it
	from io.Reader
	hash hash.Hash
}

// newPart returns the part with a header.
func newPart(h *tar.Header, from io.Reader) *part {
	p := &part{name: h.Name, from: from, hash: sha256.New()}
	p.want, _ = strings.CutPrefix(h.PAXRecords[sumRecord], sumPrefix)
	if content := contentName.FindStringSubmatch(h.Name); content != nil {
		p.want = content[1] + content[2]
	}
	return p
}

// Read implements io.Reader. Its errors are [brokenError].
func (p *part) Read(into []byte) (int, error) {
	n, err := p.from.Read(into)
	p.hash.Write(into[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		err = &brokenError{fmt.Errorf("unpacking %s: %w", p.name, err)}
	}
	return n, err
}

// sum returns the hash of what was read.
func (p *part) sum() chat.Sum { return chat.Sum(p.hash.Sum(nil)) }

// changed reports whether what was read is different from what was backed up.
func (p *part) changed() bool {
	sum := p.sum()
	return p.want != "" && p.want != hex.EncodeToString(sum[:])
}

// brokenError says why a backup cannot be read to its end.
type brokenError struct{ why error }

func (e *brokenError) Error() string { return e.why.Error() }
func (e *brokenError) Unwrap() error { return e.why }

// openBackup opens a backup, or the standard input for "-".
func openBackup(file console.Path, in io.Reader) (io.ReadCloser, error) {
	if file == "-" {
		return io.NopCloser(in), nil
	}
	f, err := os.Open(string(file))
	if err != nil {
		return nil, fmt.Errorf("reading the backup: %w", err)
	}
	return f, nil
}

// eachInBackup calls do for each part of a backup, and refuses anything else. The
// error is a [brokenError] if the backup cannot be read to its end.
func eachInBackup(ctx context.Context, f io.Reader, file string, do func(*part) error) error {
	buffered := bufio.NewReader(f)
	var r io.Reader = buffered
	if magic, err := buffered.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return fmt.Errorf("%s is not a backup: %w", file, err)
		}
		r = z
	}
	archive := tar.NewReader(r)
	for ctx.Err() == nil {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			// Reading on to the end also checks gzip's checksum.
			if _, err := io.Copy(io.Discard, r); err != nil {
				return &brokenError{err}
			}
			return nil
		}
		if err != nil {
			return &brokenError{fmt.Errorf("%s is not a backup, or only a part of one: %w", file, err)}
		}
		known := contentName.MatchString(h.Name) || h.Name == DatabaseFile || h.Name == HostKeyFile || h.Name == ConfigFile
		if !known || h.Typeflag != tar.TypeReg {
			return fmt.Errorf("%s is not a backup: no backup contains %q", file, text.CleanLine(h.Name, 80))
		}
		if err := do(newPart(h, archive)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// damagedFile is the name of a database that is damaged, so that the host can try to
// save a part of it with other programs.
const damagedFile = DatabaseFile + ".damaged"

// reading reads a backup and notes which of its parts are whole.
type reading struct {
	to       string // the folder for the parts
	contents bool   // the contents of files are unpacked too, and not only checked

	whole  map[string]bool // by the names of the parts
	counts int             // of the whole contents
	lost   int             // contents that the database names and the backup lacks
	damage []string        // a sentence each
}

// read reads a whole backup. Its error says that it is no backup, or that the parts
// could not be written. Damage is noted.
func (r *reading) read(ctx context.Context, f io.Reader, file string) error {
	r.whole = map[string]bool{}
	err := eachInBackup(ctx, f, file, r.unpack)
	if broken, ok := errors.AsType[*brokenError](err); ok {
		if len(r.whole) == 0 && len(r.damage) == 0 {
			return err
		}
		r.damage = append(r.damage, fmt.Sprintf("the rest of the backup cannot be read: %s", broken))
	} else if err != nil {
		return err
	}
	if err := r.checkKey(); err != nil {
		return err
	}
	return r.checkDatabase(ctx)
}

// unpack writes a part to the folder and to disk. It accepts only the names that a
// backup has, so nothing can be written elsewhere.
func (r *reading) unpack(p *part) error {
	content := contentName.MatchString(p.name)
	if content && !r.contents {
		if _, err := io.Copy(io.Discard, p); err != nil {
			return err
		}
	} else if err := unpackFile(p, r.path(p.name)); err != nil {
		if _, broken := errors.AsType[*brokenError](err); broken {
			return errors.Join(err, r.drop(p.name))
		}
		return fmt.Errorf("unpacking %s: %w", p.name, err)
	}
	if p.changed() {
		r.damage = append(r.damage, fmt.Sprintf("%s in the backup is damaged: it does not match its hash", p.name))
		return r.drop(p.name)
	}
	r.whole[p.name] = true
	if content {
		r.counts++
	}
	return nil
}

func (r *reading) path(name string) string {
	return filepath.Join(r.to, filepath.FromSlash(name))
}

// drop removes a damaged part. A damaged database gets another name.
func (r *reading) drop(name string) error {
	delete(r.whole, name)
	var err error
	if name == DatabaseFile {
		err = os.Rename(r.path(name), r.path(damagedFile))
	} else {
		err = os.Remove(r.path(name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// checkKey checks that a server can use the host key. A server that was never started
// has none.
func (r *reading) checkKey() error {
	if !r.whole[HostKeyFile] {
		return nil
	}
	if _, err := keys.LoadHostKey(r.path(HostKeyFile)); err != nil {
		r.damage = append(r.damage, err.Error())
		return r.drop(HostKeyFile)
	}
	return nil
}

// checkDatabase checks the database, and that each content that it names is there.
func (r *reading) checkDatabase(ctx context.Context) error {
	database := r.path(DatabaseFile)
	if !r.whole[DatabaseFile] {
		if _, err := os.Stat(r.path(damagedFile)); errors.Is(err, fs.ErrNotExist) {
			r.damage = append(r.damage, "the backup has no database")
		}
		return nil
	}
	if err := upkeep.Check(ctx, database); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.damage = append(r.damage, err.Error())
		return r.drop(DatabaseFile)
	}
	for c, err := range upkeep.Contents(ctx, database) {
		if err != nil {
			return err
		}
		if !r.whole[contentInBackup(c.Sum)] {
			r.lost++
		}
	}
	return nil
}

// unpackFile writes a part to a new file and to disk.
func unpackFile(from io.Reader, to string) (err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, from); err != nil {
		return err
	}
	return f.Sync()
}

// verifyCmd is "confab backup verify".
type verifyCmd struct {
	File console.Path `arg:"" help:"The backup; - reads the standard input."`
}

// Run checks a backup without a data folder. Only its database and host key are
// unpacked, to a temporary folder.
func (c *verifyCmd) Run(ctx context.Context, out console.Streams) (err error) {
	f, err := openBackup(c.File, out.In)
	if err != nil {
		return err
	}
	defer f.Close()
	temp, err := os.MkdirTemp("", ".confab-verify-")
	if err != nil {
		return fmt.Errorf("creating a folder for the database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	r := reading{to: temp}
	if err := r.read(ctx, f, string(c.File)); err != nil {
		return err
	}
	if r.lost > 0 {
		r.damage = append(r.damage, lostText(r.lost))
	}
	for _, d := range r.damage {
		fmt.Fprintf(out.Err, "confab: %s\n", d)
	}
	if len(r.damage) > 0 {
		return fmt.Errorf("%w: confab restore --partial brings back the rest", ErrPartly)
	}
	key := "the host key"
	if !r.whole[HostKeyFile] {
		key = "no host key"
	}
	fmt.Fprintf(out.Out, "%s is whole: the database, %s and %s\n", c.File, key, text.Plural(r.counts, "file"))
	return nil
}

// lostText says how many files a backup has without their contents.
func lostText(n int) string {
	if n == 1 {
		return "1 file has no content in the backup"
	}
	return strconv.Itoa(n) + " files have no content in the backup"
}
