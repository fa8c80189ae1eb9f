package command

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"confab/app/chat"
	"confab/app/command/shellwords"
)

func newParser(t testing.TB) *Parser {
	t.Helper()
	p, err := NewParser()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// allocated returns how many bytes f allocates. Nothing else may run at the same
// time.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Each of these lines would cost seconds and gigabytes if the flag parser saw all
// of it, because its work grows with the square of the words.
func TestNoCommandLineCostsMuch(t *testing.T) {
	p := newParser(t)
	repeated := func(begin, again string) string {
		return begin + strings.Repeat(again, (MaxLine-len(begin))/len(again))
	}
	for name, line := range map[string]string{
		"flags":              repeated("list", " --json"),
		"flags and a text":   repeated("send", " --json") + " #ops hi",
		"flags with a value": repeated("history #ops", " --limit=5"),
		"letters of a flag":  repeated("tail #ops -", "f"),
		"words with letters": repeated("tail #ops", " -ffffffff"),
		"names":              repeated("add #ops", " bob"),
		"empty names":        repeated("add #ops", " ''"),
		"targets":            repeated("tail", " #ops"),
		"words of a search":  repeated("search", " a"),
		"a long command":     repeated("w", "w"),
		"a long flag":        repeated("list --", "w"),
		"a long value":       repeated("list --", "=w"),
		"dashes":             repeated("list", " -- "),
		"help":               repeated("help", " send"),
		"text":               repeated("send #ops", " word"),
		"text of flags":      repeated("send #ops --", " --json"),
		"edited text":        repeated("edit 01987b0c-5d1e-7cc0-8000-0123456789ab", " word"),
		"backslashes":        repeated("send #ops ", `\a`),
		"quotes":             repeated("send #ops ", `''`),
	} {
		cost := allocated(func() {
			if words, err := shellwords.Split(line); err == nil {
				_, _ = p.parse(words)
			}
		})
		if cost > 8<<20 {
			t.Errorf("%s: a line of %d bytes allocates %d bytes", name, len(line), cost)
		}
	}
}

// All commands share one parser. Making one for each command used to take most of
// its time.
func TestACommandDoesNotMakeItsParser(t *testing.T) {
	p := newParser(t)
	words := []string{"send", "#ops", "hi"}
	parse := testing.AllocsPerRun(10, func() { _, _ = p.parse(words) })
	if both := testing.AllocsPerRun(10, func() { _, _ = newParser(t).parse(words) }); parse > both/2 {
		t.Errorf("parsing a command allocates %.0f times, and making the parser as well %.0f times", parse, both)
	}
}

func TestALongLineIsRefused(t *testing.T) {
	p := newParser(t)
	for name, words := range map[string][]string{
		"bytes": {"send", "#ops", strings.Repeat("a", MaxLine)},
		"words": slices.Concat([]string{"add", "#ops"}, slices.Repeat([]string{"bob"}, maxWords)),
		"flags": slices.Concat([]string{"list"}, slices.Repeat([]string{"--json"}, maxWords-1)),
	} {
		if got, err := p.parse(words); err == nil || got.runner != nil {
			t.Errorf("too many %s are taken", name)
		} else if strings.ContainsAny(chat.UserText(err), "\n") || len(err.Error()) > 300 {
			t.Errorf("too many %s are answered with %q", name, err)
		}
	}
}

// Free text stays unchanged, however long it is, and flags before it are flags.
func TestFreeTextIsNotParsed(t *testing.T) {
	p := newParser(t)
	many := slices.Repeat([]string{"-x", "--json", "word"}, 2000)
	id := "01987b0c-5d1e-7cc0-8000-0123456789ab"
	for _, c := range []struct {
		words []string
		text  []string
		reply string
		json  bool
	}{
		{words: []string{"send", "#ops"}},
		{words: []string{"send", "#ops", "hi"}, text: []string{"hi"}},
		{words: []string{"send", "#ops", "hi", "--json"}, text: []string{"hi", "--json"}},
		{words: []string{"send", "--json", "#ops", "hi"}, text: []string{"hi"}, json: true},
		{words: []string{"--json", "send", "#ops", "--reply", id, "hi"}, text: []string{"hi"}, reply: id, json: true},
		{words: []string{"send", "--reply=" + id, "#ops", "--json", "hi"}, text: []string{"hi"}, reply: id, json: true},
		{words: []string{"send", "#ops", "--", "--json"}, text: []string{"--", "--json"}},
		{words: []string{"send", "--", "#ops", "--json"}, text: []string{"--json"}},
		{words: []string{"send", "#ops", "-"}, text: []string{"-"}},
		{words: []string{"send", "#ops", "", "a"}, text: []string{"", "a"}},
		{words: slices.Concat([]string{"send", "#ops", "--json", "a"}, many), text: slices.Concat([]string{"a"}, many), json: true},
	} {
		short := c.words[:min(len(c.words), 8)]
		got, err := p.parse(c.words)
		if err != nil {
			t.Errorf("%q: %v", short, err)
			continue
		}
		s, ok := got.runner.(*sendCmd)
		if !ok || s.Target != "#ops" || !slices.Equal(s.Text, c.text) || s.Reply != c.reply || got.json != c.json {
			t.Errorf("%q is %+v, json %v", short, got.runner, got.json)
		}
	}
	if got, err := p.parse([]string{"send", "#ops", "--nonsense", "hi"}); err == nil {
		t.Errorf("an unknown flag before the text is taken: %+v", got.runner)
	}
}

// The flags of one command line do not affect the next. A running command is not
// changed by one that is parsed at the same time.
func TestCommandsDoNotShareWhatTheyWereGiven(t *testing.T) {
	p := newParser(t)
	first, err := p.parse([]string{"tail", "--json", "-n", "3", "-f", "#ops", "#dev"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.parse([]string{"tail", "@ann"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := first.runner.(*tailCmd), second.runner.(*tailCmd)
	if !a.Follow || a.Number != 3 || !slices.Equal(a.Target, []string{"#ops", "#dev"}) || !first.json {
		t.Errorf("the first is %+v", a)
	}
	if b.Follow || b.Number != 10 || !slices.Equal(b.Target, []string{"@ann"}) || second.json {
		t.Errorf("the second is %+v", b)
	}
}

// Sessions share the parser. The race detector sees any part of it that two of them
// use at once.
func TestSessionsParseAtTheSameTime(t *testing.T) {
	p := newParser(t)
	lines := [][]string{
		{"send", "#ops", "--json", "hi"},
		{"tail", "--json", "-n", "3", "-f", "#ops"},
		{"help", "send"},
		{"send", "--help"},
		{"who", "--nonsense"},
		{"history", "--limit", "5", "#ops"},
	}
	var all sync.WaitGroup
	for range 4 {
		for _, words := range lines {
			all.Go(func() { _, _ = p.parse(words) })
		}
	}
	all.Wait()
}
