package importing

import (
	"cmp"
	"slices"
)

// placesKept is how many places a report names for each reason.
const placesKept = 5

// Report says what an import has brought and what it has left out.
type Report struct {
	Accounts      int
	Conversations int
	Messages      int // including system lines, files, and the parts of long messages
	Replies       int // of these, in threads
	Edits         int // of these, edited
	Files         int // of these, with a file
	Split         int // long messages that came in parts
	Reactions     int
	Already       int // messages that were here before
	// The first of the new accounts and conversations.
	NewAccounts, NewConversations []New
	// Restoring says that the import is a restore, and Restored counts its [Extra] items by
	// their kinds.
	Restoring bool
	Restored  map[string]int
	left      map[string]*Left
}

// New is an account or a conversation that an import makes.
type New struct {
	Name  string // here, as people write it; for a direct conversation, who is in it
	There string // in the other chat, "" for a direct conversation
}

// newKept is how many new accounts, and how many new conversations, a report names.
const newKept = 50

// Left is what an import has left out for one reason.
type Left struct {
	Reason string
	Count  int
	Places []string // of the first ones
}

// leave counts something that does not come.
func (r *Report) leave(place, reason string) {
	if r.left == nil {
		r.left = map[string]*Left{}
	}
	l := r.left[reason]
	if l == nil {
		l = &Left{Reason: reason}
		r.left[reason] = l
	}
	l.Count++
	if len(l.Places) < placesKept && place != "" {
		l.Places = append(l.Places, place)
	}
}

// add adds the counts of another report.
func (r *Report) add(o *Report) {
	r.Accounts += o.Accounts
	r.Conversations += o.Conversations
	r.Messages += o.Messages
	r.Replies += o.Replies
	r.Edits += o.Edits
	r.Files += o.Files
	r.Split += o.Split
	r.Reactions += o.Reactions
	r.Already += o.Already
	r.NewAccounts = firstNew(r.NewAccounts, o.NewAccounts)
	r.NewConversations = firstNew(r.NewConversations, o.NewConversations)
	for kind, n := range o.Restored {
		if r.Restored == nil {
			r.Restored = map[string]int{}
		}
		r.Restored[kind] += n
	}
	for _, l := range o.left {
		for i := range l.Count {
			place := ""
			if i < len(l.Places) {
				place = l.Places[i]
			}
			r.leave(place, l.Reason)
		}
	}
}

// firstNew adds to a list of what is new, up to its bound.
func firstNew(have, more []New) []New {
	return append(have, more[:min(len(more), newKept-len(have))]...)
}

// Left returns what was left out, the commonest reason first.
func (r *Report) Left() []Left {
	var all []Left
	for _, l := range r.left {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(a, b Left) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Reason, b.Reason))
	})
	return all
}
