package service_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"confab/app/chat"
)

// All sessions agree with the model after any actions in any order, and after restarts and crashes.
func TestMarkersKeepToTheModel(t *testing.T) {
	prepared, prints := template(t)
	data, err := os.ReadFile(prepared)
	if err != nil {
		t.Fatal(err)
	}
	made := t.TempDir()
	fewer(t, "20")
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(made, "")
		if err != nil {
			r.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := &machine{
			model: newModel(), t: r, path: filepath.Join(dir, "confab.db"), keys: prints,
			floor: map[string]position{}, names: map[chat.UserID]string{}, left: map[string]bool{},
		}
		m.ok(os.WriteFile(m.path, data, 0o600))
		m.start()
		defer func() { m.stop() }()
		m.found()
		r.Repeat(m.actions())
	})
}

// fewer makes rapid.Check run less often for properties that need a database each time,
// unless a flag says how often.
func fewer(t *testing.T, checks string) {
	f := flag.Lookup("rapid.checks")
	if before := f.Value.String(); before == f.DefValue {
		t.Cleanup(func() { _ = f.Value.Set(before) })
		_ = f.Value.Set(checks)
	}
}

// found founds the group.
func (m *machine) found() {
	c := m.connect("ann")
	list, err := c.Groups().Conversations(m.ctx())
	m.ok(err)
	m.general = list[0].ID
	m.group, err = c.Groups().NewGroup(m.ctx(), "ops", true, nil)
	m.ok(err)
	users, err := c.Contacts().Users(m.ctx())
	m.ok(err)
	for _, u := range users {
		m.names[u.ID] = u.Name
	}
	m.come("ann", "ann", chat.RoleOwner)
}

func (m *machine) actions() map[string]func(*rapid.T) {
	acts := map[string]func(){
		"": m.eachKeepsToTheModel, "connect": m.doConnect, "disconnect": m.doDisconnect,
		"visit": m.doVisit, "visit another": m.doVisit, "look away": m.doLookAway,
		"send": m.doSend, "send more": m.doSend, "read": m.doRead, "read more": m.doRead,
		"read all": m.doReadAll, "unread": m.doUnread, "share": m.doShare, "share again": m.doShare,
		"join": m.doJoin, "leave": m.doLeave, "add": m.doAdd, "remove": m.doRemove, "role": m.doRole,
		"edit": m.doEdit, "delete": m.doDelete,
		"look at the disk": m.doFlush, "restart": m.doRestart,
	}
	with := make(map[string]func(*rapid.T), len(acts))
	for name, do := range acts {
		with[name] = func(t *rapid.T) { m.t = t; do() }
	}
	return with
}

func everyone(*client) bool { return true }

func (m *machine) doConnect() {
	if len(m.sessions) > 6 {
		m.t.Skip("enough")
	}
	m.connect(m.someone())
}

func (m *machine) doDisconnect() {
	c := m.any(everyone)
	c.Close()
	m.here[c.name]--
	for i, o := range m.sessions {
		if o == c {
			m.sessions = append(m.sessions[:i:i], m.sessions[i+1:]...)
		}
	}
}

func (m *machine) doVisit() {
	c := m.any(everyone)
	_, err := c.Receipts().Visit(m.ctx(), m.group)
	c.viewing = m.did(err, m.member(c))
}

func (m *machine) doLookAway() {
	c := m.any(m.viewer)
	_, err := c.Receipts().Visit(m.ctx(), m.general)
	m.ok(err)
	c.viewing = false
}

func (m *machine) doSend() {
	c := m.any(everyone)
	read := rapid.Bool().Draw(m.t, "from the screen")
	id, err := c.NewID()
	m.ok(err)
	_, err = c.Messages().Send(m.ctx(), chat.NewMessage{ID: id, Conversation: m.group, Body: "hello", Read: read})
	if !m.did(err, m.member(c)) {
		if !errors.Is(err, chat.ErrNotAllowed) {
			m.t.Fatalf("refused with %v", err)
		}
		return
	}
	m.post(c.name, false)
	if read {
		m.reads(c.name, m.last())
	}
}

// doEdit and doDelete move no marker. A deletion lowers the unread counts.
func (m *machine) doEdit() {
	c := m.any(everyone)
	seq := m.seq()
	l := m.line(c, seq)
	text := rapid.StringMatching("[a-c]").Draw(m.t, "text")
	_, err := c.Messages().Edit(m.ctx(), m.group, seq, text)
	m.did(err, l != nil && !l.system && !l.gone && l.author == c.name)
}

func (m *machine) doDelete() {
	c := m.any(everyone)
	seq := m.seq()
	l := m.line(c, seq)
	_, err := c.Messages().Delete(m.ctx(), m.group, seq)
	if m.did(err, l != nil && !l.system && !l.gone && (l.author == c.name || m.manages(c.name))) {
		l.gone = true
	}
}

// line draws a message that a session may see, or returns nil.
func (m *machine) line(c *client, seq chat.Seq) *line {
	if !m.member(c) || seq <= m.members[c.name].joined || seq > m.last() {
		return nil
	}
	return &m.lines[seq-1]
}

func (m *machine) doRead() {
	c := m.any(m.viewer)
	to := m.seq()
	c.Receipts().MarkRead(m.group, to)
	m.reads(c.name, to)
}

func (m *machine) doReadAll() {
	c := m.any(everyone)
	m.ok(c.Receipts().ReadAll(m.ctx()))
	if m.member(c) && m.members[c.name].seen < m.last() {
		m.reads(c.name, m.last())
	}
	m.flushed()
}

func (m *machine) doUnread() {
	c := m.any(everyone)
	from := m.seq()
	if !m.did(c.Receipts().MarkUnread(m.ctx(), m.group, from), m.member(c)) {
		return
	}
	m.unread(c.name, from)
	m.flushed()
}

func (m *machine) doShare() {
	c := m.any(everyone)
	account, on := rapid.Bool().Draw(m.t, "account"), rapid.Bool().Draw(m.t, "on")
	in := m.group
	if account {
		in = 0
	}
	if !m.did(c.Receipts().ShareReceipts(m.ctx(), in, on), account || m.member(c)) {
		return
	}
	before := m.shares(c.name)
	m.share(c.name, account, on)
	if p := m.members[c.name]; p != nil && (before != m.shares(c.name) || p.read == 0) {
		low := m.floor[c.name]
		low.read = 0
		m.floor[c.name] = low
	}
}

func (m *machine) doJoin() {
	c := m.any(everyone)
	_, err := c.Groups().Join(m.ctx(), "ops")
	if m.did(err, true) && !m.member(c) {
		delete(m.left, c.name)
		m.come(c.name, c.name, chat.RoleMember)
	}
}

func (m *machine) doLeave() {
	c := m.any(m.member)
	if len(m.members) == 1 {
		return // the group would close
	}
	if m.did(c.Groups().Leave(m.ctx(), m.group), !m.lastOwner(c.name)) {
		m.part(c.name)
		m.left[c.name] = true
		m.post(c.name, true)
	}
}

func (m *machine) doAdd() {
	c, name := m.any(everyone), m.someone()
	if m.left[name] {
		return // the other would get an invitation
	}
	if m.did(c.Groups().AddMembers(m.ctx(), m.group, []string{name}), m.manages(c.name) && m.members[name] == nil) {
		m.come(name, c.name, chat.RoleMember)
	}
}

func (m *machine) doRemove() {
	c, name := m.any(everyone), m.someone()
	allowed := m.members[c.name] != nil && m.members[name] != nil && name != c.name
	if m.manages(c.name) {
		allowed = allowed && (m.members[c.name].role == chat.RoleOwner || m.members[name].role == chat.RoleMember)
	} else { // ann owns the server, so she moderates its public groups
		allowed = allowed && c.name == "ann"
	}
	if m.did(c.Groups().RemoveMember(m.ctx(), m.group, name), allowed) {
		m.part(name)
		m.post(c.name, true)
	}
}

func (m *machine) doRole() {
	c, name := m.any(everyone), m.someone()
	role := rapid.SampledFrom([]chat.Role{chat.RoleOwner, chat.RoleAdmin, chat.RoleMember}).Draw(m.t, "role")
	p := m.members[name]
	allowed := m.member(c) && m.members[c.name].role == chat.RoleOwner && p != nil && p.role != role && !m.lastOwner(name)
	if m.did(c.Groups().SetRole(m.ctx(), m.group, name, role), allowed) {
		p.role = role
		m.post(c.name, true)
	}
}

// doFlush writes all markers, as every read of the store does, and compares the store with
// the model.
func (m *machine) doFlush() {
	c := m.any(m.member)
	n, err := c.Receipts().Unread(m.ctx(), m.group)
	m.ok(err)
	if n != m.count(c.name) {
		m.t.Fatalf("%d are unread for %s, want %d", n, c.name, m.count(c.name))
	}
	m.stored(false)
}

func (m *machine) doRestart() {
	crash := rapid.Bool().Draw(m.t, "crash")
	m.store.dead.Store(crash)
	m.stop()
	m.start()
	m.stored(crash)
}
