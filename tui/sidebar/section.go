package sidebar

import (
	"slices"
	"strings"
	"time"

	"confab/app/chat"
)

// Section is a part of the list.
type Section uint8

// The sections, in the order of the list.
const (
	Unread Section = iota
	Pinned
	Groups
	People
	sectionCount
)

// sectionNames are the names of the sections in commands and in the preference.
var sectionNames = [sectionCount]string{"unread", "pinned", "groups", "people"}

// titles are the names of the sections on the screen.
var titles = [sectionCount]string{"Unread", "Pinned", "Groups", "People"}

// String returns the name of a section.
func (c Section) String() string { return sectionNames[c] }

// SectionNamed finds a section by its name.
func SectionNamed(name string) (Section, bool) {
	i := slices.Index(sectionNames[:], name)
	return Section(max(i, 0)), i >= 0
}

// home is the section of a conversation in which nothing is unread.
func home(l *chat.ConversationSummary) Section {
	switch {
	case l.Mine.Pinned:
		return Pinned
	case l.Kind == chat.KindGroup:
		return Groups
	default:
		return People
	}
}

// visit says in which section the open conversation was when it was opened. It stays there
// while it is open, because reading it should not move it.
type visit struct {
	id     chat.ConversationID
	unread bool
}

// sections has the sections that are folded, the place of the open conversation, the numbers
// of conversations, and the lines of the last frame.
type sections struct {
	folded  [sectionCount]bool
	visit   visit
	numbers [9]chat.ConversationID // by which Alt and a digit open them
	lines   []line                 // of the last frame
	first   int                    // the line in its first row
}

// of returns the section in which a conversation is listed.
func (s *sections) of(l *chat.ConversationSummary, open chat.ConversationID, now time.Time) Section {
	if l.ID == open && s.visit.id != open {
		s.visit = visit{open, calls(l, now)}
	}
	if l.ID == open && s.visit.unread || l.ID != open && calls(l, now) {
		return Unread
	}
	return home(l)
}

// number gives free numbers to the conversations that have none, in the order of the list.
// A conversation keeps its number until it is lost, or until the user pins or unpins one.
func (s *sections) number(list conversations) {
	for i, id := range s.numbers {
		if id != 0 && list.entry(id) == nil {
			s.numbers[i] = 0
		}
	}
	for i := range list {
		l := &list[i]
		if !l.Listed() || slices.Contains(s.numbers[:], l.ID) {
			continue
		}
		free := slices.Index(s.numbers[:], 0)
		if free < 0 {
			return
		}
		s.numbers[free] = l.ID
	}
}

// numberOf is the number of a conversation, 0 if it has none.
func (s *sections) numberOf(id chat.ConversationID) int { return slices.Index(s.numbers[:], id) + 1 }

// line is a row of the list: a conversation, or the title of a section.
type line struct {
	conversation *chat.ConversationSummary // nil for a title; valid until the list changes
	id           chat.ConversationID
	section      Section
	count        int // of a title: how many conversations the section has
}

// lines appends the rows of the list to those given: all sections with their titles, and
// their conversations as far as they are not folded. The open conversation is always there.
func lines(s *Sidebar, to []line) []line {
	open, now := s.open.Conversation(), s.o.Now()
	in := s.drawn.sections[:0]
	for i := range s.list {
		in = append(in, s.sections.of(&s.list[i], open, now))
	}
	s.drawn.sections = in
	for c := range sectionCount {
		title := len(to)
		for i, is := range in {
			l := &s.list[i]
			if is != c || l.ID != open && !l.Listed() {
				continue
			}
			if len(to) == title {
				to = append(to, line{section: c})
			}
			to[title].count++
			if !s.sections.folded[c] || l.ID == open {
				to = append(to, line{conversation: l, id: l.ID, section: c})
			}
		}
	}
	return to
}

// Fold folds a section or unfolds it. It returns the value that SetFolded takes.
func (s *sections) Fold(c Section) (folded string) {
	s.folded[c] = !s.folded[c]
	var names []string
	for c, is := range s.folded {
		if is {
			names = append(names, sectionNames[c])
		}
	}
	return strings.Join(names, " ")
}

// SetFolded folds these sections, given by their names, and unfolds the others.
func (s *sections) SetFolded(names string) {
	s.folded = [sectionCount]bool{}
	for name := range strings.FieldsSeq(names) {
		if c, ok := SectionNamed(name); ok {
			s.folded[c] = true
		}
	}
}

// OpenSection is the section that had the open conversation in the last frame.
func (s *sections) OpenSection() Section {
	for _, l := range s.lines {
		if l.id == s.visit.id && l.id != 0 {
			return l.section
		}
	}
	return Groups
}

// At returns the conversation at a row of the last frame. If the row is a title, the
// conversation is 0, and the section is to be folded or unfolded. At reports false for a
// blank row.
func (s *sections) At(row int) (chat.ConversationID, Section, bool) {
	at := s.first + row
	if row < 0 || at >= len(s.lines) {
		return 0, 0, false
	}
	return s.lines[at].id, s.lines[at].section, true
}
