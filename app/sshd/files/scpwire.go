package files

import (
	"strconv"
	"strings"

	"confab/app/chat"
	"confab/app/text"
)

// scpMaxLine bounds a line of the protocol: a name of 255 bytes, with room.
const scpMaxLine = 4096

// scpCommand is the command line with which a client starts the remote side of scp.
type scpCommand struct {
	sink   bool // -t: the server receives files; else -f: it sends one
	folder bool // -d: the path must be a folder
	times  bool // -p: send the times too
	path   string
}

// IsSCP reports whether a command is the remote side of scp.
func IsSCP(command string) bool {
	program, _, _ := strings.Cut(strings.TrimSpace(command), " ")
	return program == "scp"
}

func refuseFolders() error {
	return chat.Refuse(text.ErrInvalid, "Folders cannot be copied or made here. Copy the files alone, without -r.")
}

// parseSCP reads a command line for which [IsSCP] is true and that has one path. It removes
// quotes and backslashes from the path as a shell would. Everything else in the path stands
// for itself, even spaces.
func parseSCP(command string) (scpCommand, error) {
	var c scpCommand
	usage := chat.Refuse(text.ErrInvalid, "This server does not know these options of scp. Use -t or -f, and one path.")
	rest := strings.TrimSpace(command)[len("scp"):]
	source := false
options:
	for {
		rest = strings.TrimLeft(rest, " ")
		if !strings.HasPrefix(rest, "-") {
			break
		}
		var option string
		option, rest, _ = strings.Cut(rest, " ")
		if option == "--" {
			rest = strings.TrimLeft(rest, " ")
			break options
		}
		for _, o := range option[1:] {
			switch o {
			case 't':
				c.sink = true
			case 'f':
				source = true
			case 'd':
				c.folder = true
			case 'p':
				c.times = true
			case 'r':
				return c, refuseFolders()
			case 'v', 'q':
			default:
				return c, usage
			}
		}
	}
	var ok bool
	if c.path, ok = unquote(rest); !ok || c.sink == source {
		return c, usage
	}
	return c, nil
}

// unquote removes the quotes of a POSIX shell. It reports false if a quote is not closed.
func unquote(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\'':
			end := strings.IndexByte(s[i+1:], '\'')
			if end < 0 {
				return "", false
			}
			b.WriteString(s[i+1 : i+1+end])
			i += 1 + end
		case '"':
			for i++; ; i++ {
				if i >= len(s) {
					return "", false
				}
				if s[i] == '"' {
					break
				}
				if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\\\"$`", s[i+1]) >= 0 {
					i++
				}
				b.WriteByte(s[i])
			}
		case '\\':
			if i++; i >= len(s) {
				return "", false
			}
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), true
}

// recordKind is what a line of the protocol announces.
type recordKind int

const (
	recordFile   recordKind = iota // C: a file
	recordFolder                   // D: a folder
	recordTimes                    // T: the times of the next file
	recordError                    // an error on the client's side
)

// scpRecord is a line of the protocol.
type scpRecord struct {
	kind recordKind
	size int64  // of a file
	name string // of a file: one component of a path
}

// parseRecord reads a line of the protocol, without its end. It accepts only lines that
// clients send, and no name that is a path, because such names made other programs write
// elsewhere (CVE-2026-41589).
func parseRecord(line string) (scpRecord, error) {
	unknown := chat.Refuse(text.ErrInvalid, "Your client sent something that is not in the scp protocol.")
	if line == "" {
		return scpRecord{}, unknown
	}
	kind, rest := line[0], line[1:]
	switch kind {
	case '\x01':
		return scpRecord{kind: recordError}, nil
	case 'T':
		numbers := strings.Split(rest, " ")
		for _, n := range numbers {
			if _, ok := digits(n); !ok {
				return scpRecord{}, unknown
			}
		}
		if len(numbers) != 4 {
			return scpRecord{}, unknown
		}
		return scpRecord{kind: recordTimes}, nil
	case 'C', 'D':
	default:
		return scpRecord{}, unknown
	}
	mode, rest, _ := strings.Cut(rest, " ")
	length, name, _ := strings.Cut(rest, " ")
	size, ok := digits(length)
	if !ok || !octal(mode) {
		return scpRecord{}, unknown
	}
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return scpRecord{}, chat.Refuse(text.ErrInvalid, "Your client sent a file name that is not valid. Rename the file and copy it again.")
	}
	if kind == 'D' {
		return scpRecord{kind: recordFolder}, nil
	}
	return scpRecord{kind: recordFile, size: size, name: name}, nil
}

// digits reads a number without a sign.
func digits(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// octal reports whether s is a file's mode, such as 0644.
func octal(s string) bool {
	return len(s) >= 3 && len(s) <= 5 && strings.Trim(s, "01234567") == ""
}
