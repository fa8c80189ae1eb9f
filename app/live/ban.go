package live

import (
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"confab/app/chat"
)

// knownBans are the banned networks and the silences. They are in memory because each
// connection is checked against the networks, and each user who types against the silences.
// The list is replaced and never changed. Only the writer changes it, except that the service
// fills it before it serves anyone.
type knownBans struct {
	now  func() time.Time
	list atomic.Pointer[[]knownBan]
}

type knownBan struct {
	chat.Ban
	network netip.Prefix // contains no address if the ban is a silence
}

// same reports whether a ban has the target of another one of its kind.
func (b knownBan) same(o chat.Ban) bool {
	return b.Kind == o.Kind && b.User == o.User && b.Target == o.Target
}

// Of returns the ban of an address.
func (n *knownBans) Of(a netip.Addr) (chat.Ban, bool) {
	now := n.now()
	for _, b := range n.all() {
		if b.network.Contains(a) && b.Active(now) {
			return b.Ban, true
		}
	}
	return chat.Ban{}, false
}

func (n *knownBans) all() []knownBan {
	if p := n.list.Load(); p != nil {
		return *p
	}
	return nil
}

// silences reports whether an account may only read now.
func (n *knownBans) silences(user chat.UserID) bool {
	now := n.now()
	return slices.ContainsFunc(n.all(), func(b knownBan) bool {
		return b.Kind == chat.BanSilence && b.User == user && b.Active(now)
	})
}

// newKnownBan parses the network of a ban.
func newKnownBan(b chat.Ban) (knownBan, error) {
	if b.Kind == chat.BanSilence {
		return knownBan{Ban: b}, nil
	}
	network, err := netip.ParsePrefix(b.Target)
	if err != nil {
		return knownBan{}, fmt.Errorf("a ban: %w", err)
	}
	return knownBan{b, network}, nil
}

// add applies a ban, in place of one with the same target.
func (n *knownBans) add(b chat.Ban, now time.Time) (netip.Prefix, error) {
	banned, err := newKnownBan(b)
	if err != nil {
		return netip.Prefix{}, err
	}
	list := slices.DeleteFunc(slices.Clone(n.all()), func(o knownBan) bool { return o.same(b) || !o.Active(now) })
	list = append(list, banned)
	n.list.Store(&list)
	return banned.network, nil
}

// remove lifts a ban. Without a ban of this target, nothing changes.
func (n *knownBans) remove(b chat.Ban) {
	list := slices.DeleteFunc(slices.Clone(n.all()), func(o knownBan) bool { return o.same(b) })
	n.list.Store(&list)
}

// Replace applies the bans of networks and the silences in a list. The previous bans apply until all
// are parsed.
func (n *knownBans) Replace(bans []chat.Ban) error {
	now := n.now()
	var list []knownBan
	for _, b := range bans {
		if b.Kind != chat.BanNetwork && b.Kind != chat.BanSilence || !b.Active(now) {
			continue
		}
		banned, err := newKnownBan(b)
		if err != nil {
			return err
		}
		list = append(list, banned)
	}
	n.list.Store(&list)
	return nil
}
