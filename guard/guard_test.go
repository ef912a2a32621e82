package guard

import (
	"net/netip"
	"testing"
	"time"
)

// clock is a clock that stands still until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestOnlyPrivateNetworksAreServedUnlessAllowed(t *testing.T) {
	allowed := Networks{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8:7::/48")}
	for addr, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "10.1.2.3": true, "172.16.0.1": true, "192.168.1.1": true,
		"169.254.1.1": true, "fe80::1": true, "fd00::1": true, "203.0.113.7": true, "2001:db8:7::1": true,
		"203.0.114.7": false, "8.8.8.8": false, "172.32.0.1": false, "2001:db8::1": false, "100.64.0.1": false,
		"224.0.0.1": false, "255.255.255.255": false, "0.0.0.0": false,
	} {
		if got := allowed.Serves(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: served %v, want %v", addr, got, want)
		}
	}
	if (Networks{}).Serves(netip.Addr{}) {
		t.Error("no address at all is served")
	}
}

func TestANetworkIsWhatOneHouseholdHas(t *testing.T) {
	for addr, want := range map[string]string{
		"203.0.113.7": "203.0.113.7/32", "2001:db8::1": "2001:db8::/64", "2001:db8::ffff:1": "2001:db8::/64",
		"fe80::1%eth0": "fe80::/64",
	} {
		if got := NetworkOf(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s is of %s, want %s", addr, got, want)
		}
	}
	if got := NetworkOf(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("no address is of %s", got)
	}
}

func TestRatesAreANetworksAndComeBack(t *testing.T) {
	c := &clock{time.Unix(1_000_000, 0)}
	r := NewRates(2, c.now)
	addr, same := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::ffff")
	if first, second, third := r.Allow(addr), r.Allow(same), r.Allow(addr); !first || !second || third {
		t.Error("a /64 does not share its two")
	}
	if !r.Allow(netip.MustParseAddr("2001:db8:0:1::1")) {
		t.Error("another network has no rate of its own")
	}
	c.at = c.at.Add(500 * time.Millisecond)
	if first, second := r.Allow(addr), r.Allow(addr); !first || second {
		t.Error("half a second of two a second is not one")
	}
	if all := NewRates(0, c.now); !all.Allow(addr) || len(all.networks) != 0 {
		t.Error("without a limit somebody is held or remembered")
	}
}

func TestRatesForgetAndAreBounded(t *testing.T) {
	c := &clock{time.Unix(1_000_000, 0)}
	r := NewRates(2, c.now)
	r.Allow(netip.MustParseAddr("2001:db8::1"))
	c.at = c.at.Add(Memory)
	r.Allow(netip.MustParseAddr("2001:db8:1::1"))
	if r.Forget(); len(r.networks) != 2 {
		t.Error("a network is forgotten too early")
	}
	c.at = c.at.Add(time.Second)
	if r.Forget(); len(r.networks) != 1 {
		t.Errorf("%d networks are remembered, want the one that came lately", len(r.networks))
	}
	c.at = c.at.Add(2 * Memory)
	r.Forget()
	for i := range remembered + 10 {
		r.Allow(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if len(r.networks) != remembered+1 {
		t.Errorf("%d networks are remembered, want at most %d and one for the others", len(r.networks), remembered)
	}
	if r.Allow(netip.MustParseAddr("10.250.0.1")) {
		t.Error("those who do not fit have more than one rate")
	}
}
