package live

import (
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"confab/app/chat"
)

// networkBans are the banned networks. They are in memory because each connection is
// checked against them. The list is replaced and never changed. Only the writer changes it,
// except that the service fills it before it serves anyone.
type networkBans struct {
	now  func() time.Time
	list atomic.Pointer[[]networkBan]
}

type networkBan struct {
	chat.Ban
	network netip.Prefix
}

// Of returns the ban of an address.
func (n *networkBans) Of(a netip.Addr) (chat.Ban, bool) {
	now := n.now()
	for _, b := range n.all() {
		if b.network.Contains(a) && b.Active(now) {
			return b.Ban, true
		}
	}
	return chat.Ban{}, false
}

func (n *networkBans) all() []networkBan {
	if p := n.list.Load(); p != nil {
		return *p
	}
	return nil
}

// newNetworkBan parses the network of a ban.
func newNetworkBan(b chat.Ban) (networkBan, error) {
	network, err := netip.ParsePrefix(b.Target)
	if err != nil {
		return networkBan{}, fmt.Errorf("a ban: %w", err)
	}
	return networkBan{b, network}, nil
}

// add applies a ban, in place of one of the same network.
func (n *networkBans) add(b chat.Ban, now time.Time) (netip.Prefix, error) {
	banned, err := newNetworkBan(b)
	if err != nil {
		return netip.Prefix{}, err
	}
	list := slices.DeleteFunc(slices.Clone(n.all()), func(o networkBan) bool { return o.Target == b.Target || !o.Active(now) })
	list = append(list, banned)
	n.list.Store(&list)
	return banned.network, nil
}

// remove lifts a ban. If there is none, nothing changes.
func (n *networkBans) remove(b chat.Ban) {
	list := slices.DeleteFunc(slices.Clone(n.all()), func(o networkBan) bool { return o.Kind == b.Kind && o.Target == b.Target })
	n.list.Store(&list)
}

// Replace applies the bans of networks in a list. The previous bans apply until all
// are parsed.
func (n *networkBans) Replace(bans []chat.Ban) error {
	now := n.now()
	var list []networkBan
	for _, b := range bans {
		if b.Kind != chat.BanNetwork || !b.Active(now) {
			continue
		}
		banned, err := newNetworkBan(b)
		if err != nil {
			return err
		}
		list = append(list, banned)
	}
	n.list.Store(&list)
	return nil
}
