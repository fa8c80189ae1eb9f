package live

import (
	"slices"
	"testing"
)

// A message goes to the sessions that were there when it was posted, while others come and
// go. Their lists share an array, so no list may change one that is in use.
func TestTheSessionsOfAMessageDoNotChange(t *testing.T) {
	t.Parallel()
	c := newConversation(New(), 1)
	type taken struct{ list, want []*session }
	var all []taken
	var here []*session
	for i := range 200 {
		if i%3 == 2 {
			c.leaveLocked(here[i%len(here)])
			here = slices.Delete(slices.Clone(here), i%len(here), i%len(here)+1)
		} else {
			s := &session{}
			c.enterLocked(s)
			here = append(slices.Clone(here), s)
		}
		all = append(all, taken{c.present(), here})
	}
	for i, at := range all {
		if !slices.Equal(at.list, at.want) {
			t.Fatalf("after step %d there were %d sessions, and the list now has other ones", i, len(at.want))
		}
	}
}
