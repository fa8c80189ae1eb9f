package importing

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"confab/app/importing"
	"confab/app/text"
	"confab/cmd/confab/console"
)

// reportObject is a report for programs.
type reportObject struct {
	console.Head

	From          string         `json:"from"`
	DryRun        bool           `json:"dry_run"`
	Complete      bool           `json:"complete"`
	Accounts      int            `json:"accounts"`
	Conversations int            `json:"conversations"`
	Messages      int            `json:"messages"`
	Replies       int            `json:"replies"`
	Edits         int            `json:"edits"`
	Files         int            `json:"files"`
	Split         int            `json:"split"`
	Reactions     int            `json:"reactions"`
	Already       int            `json:"already"`
	Restored      map[string]int `json:"restored"`
	NewAccounts   []newObject    `json:"new_accounts"`
	NewRooms      []newObject    `json:"new_conversations"`
	Left          []leftObject   `json:"left_out"`
}

type newObject struct {
	Name  string `json:"name"`
	There string `json:"there"`
}

func newObjects(all []importing.New) []newObject {
	objects := []newObject{}
	for _, n := range all {
		objects = append(objects, newObject{n.Name, text.CleanLine(n.There, maxThere)})
	}
	return objects
}

// maxThere is how much of a name in the other chat is shown, in characters.
const maxThere = 80

type leftObject struct {
	Reason string   `json:"reason"`
	Count  int      `json:"count"`
	Places []string `json:"places"`
}

// print writes a report for people or for programs. stopped says that the import did not come
// to its end.
func (o *options) print(w io.Writer, source importing.Source, what string, r importing.Report, stopped bool) error {
	if !o.JSON {
		printed(w, what, r)
		return nil
	}
	object := reportObject{
		Head: console.NewHead("import"), From: source.Name(), DryRun: o.DryRun, Complete: !stopped,
		Accounts: r.Accounts, Conversations: r.Conversations, Messages: r.Messages, Replies: r.Replies, Edits: r.Edits, Files: r.Files, Split: r.Split,
		Reactions: r.Reactions, Already: r.Already,
		Restored: map[string]int{}, NewAccounts: newObjects(r.NewAccounts), NewRooms: newObjects(r.NewConversations), Left: []leftObject{},
	}
	if r.Restoring {
		object.Restored = r.Restored
	}
	for _, l := range r.Left() {
		places := []string{}
		for _, p := range l.Places {
			places = append(places, text.CleanLine(p, 200))
		}
		object.Left = append(object.Left, leftObject{l.Reason, l.Count, places})
	}
	return json.NewEncoder(w).Encode(object)
}

// printed writes a report for people.
func printed(w io.Writer, what string, r importing.Report) {
	fmt.Fprintf(w, "%s: %s, %s, %s, %s\n", what, text.Plural(r.Messages, "message"), text.Plural(r.Conversations, "conversation"), text.Plural(r.Accounts, "account"), text.Plural(r.Reactions, "reaction"))
	if r.Messages > 0 {
		fmt.Fprintf(w, "of the messages: %d in threads, %d edited, %s; %d were too long and came in parts\n", r.Replies, r.Edits, text.Plural(r.Files, "file"), r.Split)
	}
	printedNew(w, "new accounts", r.Accounts, r.NewAccounts)
	printedNew(w, "new conversations", r.Conversations, r.NewConversations)
	if r.Restoring {
		fmt.Fprintln(w, "The server has no accounts, so it is restored as a whole:")
		for _, kind := range slices.Sorted(maps.Keys(r.Restored)) {
			fmt.Fprintf(w, "%7d  %s\n", r.Restored[kind], kind)
		}
	}
	if r.Already > 0 {
		fmt.Fprintf(w, "here already: %s\n", text.Plural(r.Already, "message"))
	}
	left := r.Left()
	total := 0
	for _, l := range left {
		total += l.Count
	}
	if total == 0 {
		return
	}
	fmt.Fprintf(w, "left out or changed: %d\n", total)
	for _, l := range left {
		fmt.Fprintf(w, "%7d  %s\n", l.Count, l.Reason)
		for _, p := range l.Places {
			fmt.Fprintf(w, "         %s\n", text.CleanLine(p, 200))
		}
		if l.Count > len(l.Places) && len(l.Places) > 0 {
			fmt.Fprintln(w, "         …")
		}
	}
}

// printedNew lists the first new accounts or conversations, with their names there if these are
// other ones. A conversation gets its name at its end, so an import that was stopped may have
// counted one without a name, and the next import names it.
func printedNew(w io.Writer, what string, count int, first []importing.New) {
	count = max(count, len(first))
	if count == 0 {
		return
	}
	fmt.Fprintf(w, "%s: %d\n", what, count)
	var names []string
	for _, n := range first {
		there := text.CleanLine(n.There, maxThere)
		if there != "" && strings.TrimLeft(n.Name, "@#") != strings.TrimLeft(there, "@#") {
			names = append(names, fmt.Sprintf("%s (there: %s)", n.Name, there))
		} else {
			names = append(names, n.Name)
		}
	}
	if more := count - len(first); more > 0 && len(first) > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	line := ""
	for i, name := range names {
		if i < len(names)-1 {
			name += ","
		}
		if line != "" && ansi.StringWidth(line+" "+name) > lineWidth {
			fmt.Fprintf(w, "        %s\n", line)
			line = ""
		}
		line += " " + name
	}
	if line != "" {
		fmt.Fprintf(w, "        %s\n", line)
	}
}

// lineWidth is the width of a line with names, in columns, without its indentation.
const lineWidth = 90
