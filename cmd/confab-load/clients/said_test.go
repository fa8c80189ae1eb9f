package clients

import "testing"

func TestSaid(t *testing.T) {
	s := Said{"load0003", 12, 7}
	for row, want := range map[string]bool{
		"│11:02 load0003      " + s.String() + "      delivered 3/5 ✓✓": true,
		"│                    " + s.String() + "   ✔✔ ABC":              true,
		"│                    " + s.String() + "   …":                   false,
		"│                    " + s.String() + "   !":                   false,
	} {
		got, rest, ok := ReadSaid(row)
		if !ok || got != s || IsSent(rest) != want {
			t.Errorf("%q: %v, %q, %t", row, got, rest, ok)
		}
	}
	if s, _, ok := ReadSaid("11:02 load0003 added bob"); ok {
		t.Errorf("found %v", s)
	}
}
