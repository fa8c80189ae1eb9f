package live

import (
	"net/netip"
	"testing"
	"time"

	"confab/app/chat"
)

// The hub knows the networks and the silences that the store has when the server starts.
func TestTheBansAtTheStart(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	bans := knownBans{now: func() time.Time { return now }}
	if err := bans.Replace([]chat.Ban{
		{Kind: chat.BanNetwork, Target: "192.0.2.0/24"}, {Kind: chat.BanAccount, User: 1},
		{Kind: chat.BanSilence, User: 2}, {Kind: chat.BanSilence, User: 3, EndsAt: now.Add(time.Hour)},
	}); err != nil {
		t.Fatal(err)
	}
	if _, banned := bans.Of(netip.MustParseAddr("192.0.2.7")); !banned {
		t.Error("the network is not banned")
	}
	silenced := func(user chat.UserID, want bool) {
		t.Helper()
		if got := bans.silences(user); got != want {
			t.Errorf("account %d is silenced: %t, want %t", user, got, want)
		}
	}
	silenced(1, false)
	silenced(2, true)
	silenced(3, true)
	now = now.Add(time.Hour)
	silenced(3, false)
	bans.remove(chat.Ban{Kind: chat.BanSilence, User: 2})
	silenced(2, false)
	if _, banned := bans.Of(netip.MustParseAddr("192.0.2.7")); !banned {
		t.Error("to end a silence has lifted the ban of a network")
	}
}
