package text

import (
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"golang.org/x/text/unicode/norm"
)

const (
	// MaxFileName is the longest name of a file, in bytes. Most file systems stop
	// at 255, so a name with an id after it still fits.
	MaxFileName = 200
	// maxFileExtension is how much of the end stays when a name is cut.
	maxFileExtension = 20
	// fileIDMark begins a file's id.
	fileIDMark = "~"
)

// CleanFileName turns a client's name for a file into one that is harmless on any
// file system and any terminal. It is one component of a path: slashes of either
// kind, and characters that Windows reserves, become dashes. It contains no
// controls (see [Clean]), is in Unicode's normal form C, begins with neither a dot
// nor a dash, and never ends like an id. It has at most 200 bytes; the extension
// stays when it is cut. Cleaning twice gives the same result as cleaning once. If
// nothing of a name remains, the error is [ErrInvalid].
func CleanFileName(raw string) (string, error) {
	name := raw
	// Each step may make work for the one before, but only by making the name
	// shorter or simpler.
	for range 8 {
		next := cleanFileNameOnce(name)
		if next == name {
			break
		}
		name = next
	}
	if name == "" || cleanFileNameOnce(name) != name {
		return "", refuse(ErrInvalid, "This cannot be a file's name: give it one with letters or digits.")
	}
	return name, nil
}

func cleanFileNameOnce(name string) string {
	// This leaves no white space at the ends, and single spaces between.
	name = norm.NFC.String(CleanLine(name, len(name)+1))
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
	name = cutFileName(strings.TrimLeft(name, ".-~ "))
	if base, seq := CutFileID(name); seq > 0 {
		name = base + "-" + name[len(base)+len(fileIDMark):]
	}
	return strings.TrimRight(name, " ")
}

// cutFileName shortens a name that is too long, in its middle.
func cutFileName(name string) string {
	if len(name) <= MaxFileName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > maxFileExtension {
		ext = ""
	}
	end := 0
	for clusters := graphemes.FromString(name); clusters.Next() && clusters.End() <= MaxFileName-len(ext); {
		end = clusters.End()
	}
	return strings.TrimRight(name[:end], " ") + ext
}

// FileID returns the id of a file in its conversation, which does not depend on its
// name: the number of its message, such as ~17.
func FileID(seq int64) string { return fileIDMark + strconv.FormatInt(seq, 10) }

// CutFileID splits a name of a file from the id after it. The number is 0 if
// there is no id.
func CutFileID(name string) (base string, seq int64) {
	i := strings.LastIndex(name, fileIDMark)
	if i < 0 || !utf8.ValidString(name) {
		return name, 0
	}
	digits := name[i+len(fileIDMark):]
	// ParseInt also accepts a sign. Zeros in front would be other names of the same
	// file.
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || digits != strconv.FormatInt(n, 10) {
		return name, 0
	}
	return name[:i], n
}
