package service_test

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"confab/app/chat"
)

// model is the simplest implementation of a group and its receipts. It has no caches,
// batches or events, and counts everything anew.
type model struct {
	lines   []line // the message n is lines[n-1]
	members map[string]*position
	off     map[string]bool // accounts that do not share what they read
	here    map[string]int  // how many sessions each member has
}

type line struct {
	author string
	system bool
	gone   bool // deleted
}

// position is the role of a member and the positions of its markers.
type position struct {
	role                                    chat.Role
	joined, delivered, read, readFrom, seen chat.Seq
	off                                     bool // does not share here
}

func newModel() *model {
	return &model{members: map[string]*position{}, off: map[string]bool{}, here: map[string]int{}}
}

func (m *model) last() chat.Seq { return chat.Seq(len(m.lines)) }

func (m *model) post(author string, system bool) {
	m.lines = append(m.lines, line{author: author, system: system})
	m.deliver()
}

// deliver delivers all messages to the members who are connected.
func (m *model) deliver() {
	for name, p := range m.members {
		if m.here[name] > 0 {
			p.delivered = m.last()
		}
	}
}

func (m *model) admit(name string, role chat.Role) {
	s := m.last()
	m.members[name] = &position{role: role, joined: s, delivered: s, read: s, readFrom: s, seen: s}
}

func (m *model) shares(name string) bool {
	p := m.members[name]
	return p != nil && !p.off && !m.off[name]
}

func (m *model) reads(name string, to chat.Seq) {
	p := m.members[name]
	to = min(to, m.last())
	p.seen = max(p.seen, to)
	if m.shares(name) && to > p.readFrom {
		p.read = max(p.read, to)
	}
}

func (m *model) unread(name string, from chat.Seq) {
	p := m.members[name]
	p.seen = min(p.seen, max(from-1, p.joined))
}

// share turns receipts on or off, for the account or for the one conversation.
func (m *model) share(name string, account, on bool) {
	p := m.members[name]
	if account {
		if m.off[name] == !on {
			return
		}
		m.off[name] = !on
	} else {
		if p.off == !on {
			return
		}
		p.off = !on
	}
	if p != nil {
		p.read, p.readFrom = 0, max(p.readFrom, p.seen)
	}
}

func (m *model) owners() int {
	n := 0
	for _, p := range m.members {
		if p.role == chat.RoleOwner {
			n++
		}
	}
	return n
}

// lastOwner reports whether a member is the last owner, who may not leave or lose that role.
func (m *model) lastOwner(name string) bool {
	return m.members[name].role == chat.RoleOwner && m.owners() == 1 && len(m.members) > 1
}

func (m *model) manages(name string) bool {
	p := m.members[name]
	return p != nil && p.role != chat.RoleMember
}

// count returns the number of unread messages of a member, counted one by one.
func (m *model) count(name string) int {
	n := 0
	for i, l := range m.lines {
		if chat.Seq(i+1) > m.members[name].seen && l.author != name && !l.system && !l.gone {
			n++
		}
	}
	return min(n, 100)
}

// receipts returns the receipts that a member may see.
func (m *model) receipts(viewer string) []chat.MemberReceipt {
	var all []chat.MemberReceipt
	for _, name := range slices.Sorted(maps.Keys(m.members)) {
		p := m.members[name]
		r := chat.MemberReceipt{Name: name, Joined: p.joined, Delivered: p.delivered, Here: m.here[name] > 0}
		if m.shares(viewer) && m.shares(name) {
			r.Shares, r.Read, r.ReadFrom = true, p.read, p.readFrom
		}
		all = append(all, r)
	}
	return all
}

// comparableReceipts returns receipts without the parts that the model does not have.
func comparableReceipts(r *chat.Receipts) []chat.MemberReceipt {
	all := slices.Clone(r.Members)
	for i := range all {
		all[i].User = 0
		all[i].ReadAt = time.Time{}
	}
	slices.SortFunc(all, func(a, b chat.MemberReceipt) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// tally counts the receipts of a message by the definition. It looks at the members who
// were there when the message was sent and still are, without its author.
func (m *model) tally(viewer string, s chat.Seq) chat.Tally {
	var t chat.Tally
	for name, p := range m.members {
		if name == m.lines[s-1].author || p.joined >= s {
			continue
		}
		t.DeliveredOf++
		if p.delivered >= s || m.shares(viewer) && m.shares(name) && p.read >= s {
			t.Delivered++
		}
		if m.shares(viewer) && m.shares(name) && p.readFrom < s {
			t.ReadOf++
			if p.read >= s {
				t.Read++
			}
		}
	}
	return t
}
