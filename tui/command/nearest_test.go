package command

import "testing"

func TestNearest(t *testing.T) {
	for typed, want := range map[string]string{
		"hlep": "help", "halp": "help", "mem": "members", "membres": "members", "exot": "exit", "quti": "quit", "mesg": "msg", "invte": "invite",
		"nonsense": "", "x": "", "xy": "", "zz": "", "": "", "漢字": "",
	} {
		if got := Nearest(typed); got != want {
			t.Errorf("/%s may be /%s, want /%s", typed, got, want)
		}
	}
}

// Each other name of a command leads to it, and to no other command.
func TestOtherNames(t *testing.T) {
	for _, c := range All() {
		for _, name := range c.Also {
			if found, ok := Named(name); !ok || found.Name != c.Name {
				t.Errorf("/%s is /%s, want /%s", name, found.Name, c.Name)
			}
		}
	}
	for name, want := range map[string]string{"msg": "dm", "query": "dm", "part": "leave", "exit": "quit", "q": "quit"} {
		if c, ok := Named(name); !ok || c.Name != want {
			t.Errorf("/%s is /%s, want /%s", name, c.Name, want)
		}
	}
}
