package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// A table is written between these marks, which name its kind. It replaces the text
// between them.
const (
	beginMark = "<!-- %s: begin -->"
	endMark   = "<!-- %s: end -->"
)

// run is a run of confab-load that the table needs.
type run struct{ name, args string }

// runs are all of them.
var runs = []run{
	{"idle", "--profile idle"}, {"chat", "--profile chat"}, {"thousand", "--profile chat --sessions 1000 --rate 10000"}, {"step", "--profile step"},
	{"burst", "--profile burst"}, {"stuck", "--profile stuck"}, {"hour", "--profile hour"}, {"start", "--profile start"},
	{"history", "--profile history"}, {"search", "--profile search"},
	{"crowd", "--profile crowd"}, {"herd", "--profile herd"}, {"join", "--profile join"}, {"wal", "--profile wal"}, {"servers", "--profile servers"},
}

type tableCmd struct {
	Document string `arg:"" help:"The document." type:"existingfile"`
}

// Run measures everything and rewrites the document.
func (c *tableCmd) Run(b *bench) error {
	document, err := os.ReadFile(c.Document)
	if err != nil {
		return err
	}
	if _, err := replace(document, "bench", nil); err != nil { // check the marks first, because measuring takes minutes
		return fmt.Errorf("%s: %w", c.Document, err)
	}
	m := thisMachine(b.ctx)
	f := figures{}
	began := time.Now()
	for _, r := range runs {
		if err := b.profile(f, r.name, strings.Fields(r.args)...); err != nil {
			return err
		}
	}
	if err := b.benchmark(f, "confab/app/service", benchmarkSend, "2s"); err != nil {
		return err
	}
	text := table(m, began, f)
	fmt.Print(text)
	document, err = replace(document, "bench", []byte(text))
	if err != nil {
		return err
	}
	return os.WriteFile(c.Document, document, 0o644)
}

// table returns the text of the table.
func table(m machine, at time.Time, f figures) string {
	var s strings.Builder
	fmt.Fprintf(&s, "By `make bench` on %s, commit %s, %s.\n\n", at.UTC().Format("2 January 2006"), m.commit, m)
	s.WriteString("| | goal | measured | | command |\n|---|---|---|---|---|\n")
	for _, r := range rows() {
		fmt.Fprintf(&s, "| %s |\n", strings.Join(r.cells(f), " | "))
	}
	for _, r := range runs {
		if f[r.name+".good"] == 0 {
			fmt.Fprintf(&s, "\n`confab-load %s` reported a failure.\n", r.args)
		}
	}
	return s.String()
}

// replace puts a text between the marks.
func replace(document []byte, what string, text []byte) ([]byte, error) {
	begin, end := fmt.Sprintf(beginMark, what), fmt.Sprintf(endMark, what)
	before, rest, ok := bytes.Cut(document, []byte(begin))
	_, after, also := bytes.Cut(rest, []byte(end))
	if !ok || !also {
		return nil, errors.New("the document lacks the marks " + begin + " and " + end)
	}
	return bytes.Join([][]byte{before, []byte(begin + "\n"), text, []byte(end), after}, nil), nil
}
