package guard

import (
	"net/netip"
	"testing"
)

func TestANetworkOfNoneIsForgotten(t *testing.T) {
	c := Counts{}
	one, two := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	c.Add(one, 1)
	c.Add(two, 1)
	if n := c.Of(one); n != 2 {
		t.Errorf("%d are counted of a network, want 2", n)
	}
	if n := c.Of(netip.MustParseAddr("2001:db8:0:1::1")); n != 0 {
		t.Errorf("%d are counted of another network", n)
	}
	c.Add(one, -1)
	c.Add(two, -1)
	if len(c) != 0 {
		t.Errorf("%v are remembered", c)
	}
}
