package cluster

import (
	"maps"
	"slices"

	"confab/cmd/confab-load/testbed"
)

// MangleSkip is the name of a change with which a run must fail. With the others it must not,
// because the log is in the database, and the bus only wakes the nodes.
const MangleSkip = "skip"

// noThird is the bus that does not bring every third message.
var noThird = mangledBus(`
	n := 0
	return func(text []byte) {
		if n++; n%3 != 0 {
			hear(text)
		}
	}`)

// mangles are changes of all nodes, by their names.
var mangles = map[string][]testbed.Change{
	"third": {noThird},
	"twice": {mangledBus(`
	return func(text []byte) {
		hear(text)
		hear(text)
	}`)},
	"reversed": {mangledBus(`
	var waiting [][]byte
	return func(text []byte) {
		if waiting = append(waiting, append([]byte(nil), text...)); len(waiting) < 4 {
			return
		}
		for i := range waiting {
			hear(waiting[len(waiting)-1-i])
		}
		waiting = nil
	}`)},
	// Of what is new in the log, the nodes read only the newest message.
	MangleSkip: {noThird, {
		Package: "confab/app/writer", File: "record.go",
		Old: "\tfor h.messages && h.after.Messages < position {\n",
		New: "\th.after.Messages = max(h.after.Messages, position-1)\n\tfor h.messages && h.after.Messages < position {\n",
	}},
}

// mangledBus makes a node hear something else than the bus brings. The function's variables are
// those of one connection.
func mangledBus(body string) testbed.Change {
	return testbed.Change{
		Package: "confab/app/bus", File: "bus.go",
		Old: "\t}, b.hear)\n}\n",
		New: "\t}, mangled(b.hear))\n}\n\nfunc mangled(hear func(text []byte)) func(text []byte) {" + body + "\n}\n",
	}
}

// Mangles returns the names of the changes that nodes can have.
func Mangles() []string { return slices.Sorted(maps.Keys(mangles)) }
