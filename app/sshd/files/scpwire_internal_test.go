package files

import (
	"strings"
	"testing"
)

// Whatever the client sends, a name is one component of a path, and a size is not negative.
func FuzzParseRecord(f *testing.F) {
	for _, s := range []string{"C0644 12 name", "D0755 0 dir", "T1 0 2 0", "\x01scp: no", "C0644 12 ../x", "C0644 -1 x", "C 1 x", "E", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, err := parseRecord(line)
		if err != nil {
			return
		}
		if r.kind != recordFile {
			if r.name != "" || r.size != 0 {
				t.Errorf("%q is %+v", line, r)
			}
			return
		}
		if r.size < 0 || r.name == "" || r.name == ".." || r.name == "." || strings.ContainsAny(r.name, "/\x00") || !strings.HasSuffix(line, r.name) {
			t.Errorf("%q is %+v", line, r)
		}
	})
}

// Whatever the client sends, a command is either refused or has one direction. A path that
// is quoted for a shell is read unchanged.
func FuzzParseSCP(f *testing.F) {
	for _, s := range []string{"scp -t #ops", "scp -v -f -- '-x'", `scp -t "a\"b"`, "scp -pdt 'a'\\''b'", "scp -r -t x", "scp --", "scp -t \\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, command string) {
		if IsSCP(command) {
			if c, err := parseSCP(command); err != nil && err.Error() == "" {
				t.Errorf("%q is %+v, %v", command, c, err)
			}
		}
		quoted := "'" + strings.ReplaceAll(command, "'", `'\''`) + "'"
		if c, err := parseSCP("scp -f -- " + quoted); err != nil || c.path != command || c.sink {
			t.Errorf("%q becomes %+v, %v", quoted, c, err)
		}
	})
}
