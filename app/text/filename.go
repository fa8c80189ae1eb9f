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
	// MaxFileName is how long a file's name may be, in bytes: with an id after it
	// still a name that file systems take, of which most stop at 255.
	MaxFileName = 200
	// maxFileExtension is what of its end stays when a name is cut.
	maxFileExtension = 20
	// fileIDMark begins a file's id.
	fileIDMark = "~"
)

// CleanFileName makes of what a client calls a file a name that is harmless on
// any file system and any terminal. It is one component of a path: slashes of
// either kind, and what Windows keeps for itself, become dashes. It holds no
// controls (see [Clean]), is in Unicode's normal form C, begins with neither
// a dot nor a dash, is at most 200 bytes long, of which the extension stays when
// it is cut, and never ends as an id does. Cleaning twice is cleaning once. A
// name of which nothing remains is refused with [ErrInvalid].
func CleanFileName(raw string) (string, error) {
	name := raw
	// Each step may make work for the one before, but only by making it shorter
	// or simpler.
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
	// Fields of a line: no white space at the ends, single spaces between.
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

// FileID is by what a file is known in its conversation whatever its name: the
// number of its message, such as ~17.
func FileID(seq int64) string { return fileIDMark + strconv.FormatInt(seq, 10) }

// CutFileID splits a name of a file from the id after it. The number is 0 if
// there is no id.
func CutFileID(name string) (base string, seq int64) {
	i := strings.LastIndex(name, fileIDMark)
	if i < 0 || !utf8.ValidString(name) {
		return name, 0
	}
	digits := name[i+len(fileIDMark):]
	// ParseInt also takes a sign, and zeros in front would be other names of the
	// same file.
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || digits != strconv.FormatInt(n, 10) {
		return name, 0
	}
	return name[:i], n
}
