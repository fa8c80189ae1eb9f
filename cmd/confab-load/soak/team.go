package soak

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"

	"confab/cmd/confab-load/report"
)

// said is a message that the server has taken.
type said struct {
	id, author, text string // text is "" for a deleted message
	seq              int64
	busy             bool // someone is changing it, or it is deleted
}

// team knows what everybody has written.
type team struct {
	mu   sync.Mutex
	said map[string]*said // by id
	last int64            // the newest number
	ids  []string         // in the order in which they were sent
}

// sent notes a message that the server has taken.
func (t *team) sent(author, id string, seq int64, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said[id] = &said{id: id, author: author, seq: seq, text: text}
	t.ids = append(t.ids, id)
	t.last = max(t.last, seq)
}

// recent is how many of the newest messages are changed.
const recent = 500

// own returns a message of an author, and nil if there is none to change.
func (t *team) own(author string, chance *rand.Rand) *said {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := t.ids[max(0, len(t.ids)-recent):]
	for range len(ids) {
		if m := t.said[ids[chance.IntN(len(ids))]]; m.author == author && !m.busy {
			return m
		}
	}
	return nil
}

// edited notes that a message has another text.
func (t *team) edited(m *said, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m.text, m.busy = text, text == ""
}

func (t *team) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.said)
}

func (t *team) newest() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

func (t *team) tell(f *report.Findings) {
	f.Tell("messages", "messages sent, all found at the end of each life", "%d", t.count())
}

// wrong compares the history that a member gets with what was written.
func (t *team) wrong(p *person) (wrong []string) {
	out, err := p.output("history --json --limit 0 " + group)
	if err != nil {
		return []string{err.Error()}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	found := map[string]bool{}
	before := int64(0)
	for line := range bytes.Lines(out) {
		var m printed
		if err := json.Unmarshal(line, &m); err != nil {
			return append(wrong, fmt.Sprintf("%v in %q", err, line))
		}
		if before != 0 && m.Seq != before+1 {
			wrong = append(wrong, fmt.Sprintf("message %d is followed by %d", before, m.Seq))
		}
		before = m.Seq
		s := t.said[m.ID]
		switch {
		case s == nil: // a file
		case found[m.ID]:
			wrong = append(wrong, fmt.Sprintf("%q is there twice", s.text))
		case s.text != m.Text || s.seq != m.Seq:
			wrong = append(wrong, fmt.Sprintf("message %d is %q, and not message %d, %q", m.Seq, m.Text, s.seq, s.text))
		}
		found[m.ID] = true
	}
	for id, s := range t.said {
		if !found[id] {
			wrong = append(wrong, fmt.Sprintf("message %d, %q, is lost", s.seq, s.text))
		}
	}
	return wrong
}
