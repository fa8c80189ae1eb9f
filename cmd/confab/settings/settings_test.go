package settings

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Whatever a settings file contains, its settings are read as YAML says, and an
// error names the file.
func FuzzSettings(f *testing.F) {
	for _, text := range []string{"", "# a", "keep: 90d", "listen: [a, b]", "a: b: c", "- a", "a: &x b\nc: *x", "{a: b, a: c}", "a:\n  - b\n  - {c: d}", "---\na: b\n---\n", "? [a]\n: b", "&0: a", "<<: {a: b}", "0: a", "\xff"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := parseSettings("FILE", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "FILE") {
				t.Errorf("the error is %q", err)
			}
			return
		}
		var plain map[string]any
		if yaml.Unmarshal(text, &plain) == nil && len(plain) != len(found) {
			t.Errorf("%d settings are read of %v", len(found), plain)
		}
		for _, s := range found {
			if s.line < 1 {
				t.Errorf("%q is in line %d", s.name, s.line)
			}
		}
	})
}
