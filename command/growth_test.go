package command

import (
	"net/netip"
	"testing"
	"time"

	"parley/chat"
)

// TestNewRoomsAreBounded: public ones by network, or on this machine by session, and direct ones by
// session and by network.
func TestNewRoomsAreBounded(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	caller := func(session uint64, addr string) *Caller {
		a, _ := netip.ParseAddr(addr)
		return &Caller{Session: chat.SessionID{N: session}, Addr: a}
	}
	for what, c := range map[string]struct {
		direct  bool
		callers []*Caller
		want    int // rooms before the first refusal, with limits of 3 and 2
	}{
		"one member": {false, []*Caller{caller(1, "10.0.0.1")}, 3},
		"one member that comes again": {
			false,
			[]*Caller{caller(1, "10.0.0.1"), caller(2, "10.0.0.1")},
			3,
		},
		"two networks": {false, []*Caller{caller(1, "10.0.0.1"), caller(2, "10.0.0.2")}, 6},
		"one household": {
			false,
			[]*Caller{caller(1, "2001:db8::1"), caller(2, "2001:db8::2")},
			3,
		},
		"two members on this machine": {
			false,
			[]*Caller{caller(1, "127.0.0.1"), caller(2, "127.0.0.1")},
			6,
		},
		"two unknown addresses":      {false, []*Caller{caller(1, ""), caller(2, "")}, 6},
		"direct rooms of one member": {true, []*Caller{caller(1, "10.0.0.1")}, 2},
		"direct rooms of many members in one network": {true, []*Caller{
			caller(1, "10.0.0.1"), caller(2, "10.0.0.1"), caller(3, "10.0.0.1"),
			caller(4, "10.0.0.1"), caller(5, "10.0.0.1"), caller(6, "10.0.0.1"),
		}, 2 * directShare},
	} {
		t.Run(what, func(t *testing.T) {
			g := NewGrowth(3, 2, func() time.Time { return now })
			code := map[bool]chat.Code{false: chat.NewRooms, true: chat.NewDirects}[c.direct]
			for i := range c.want {
				giveBack, refusal := g.take(c.callers[i%len(c.callers)], c.direct)
				if refusal != nil {
					t.Fatalf("number %d: %v", i, refusal)
				}
				giveBack()
				if _, refusal := g.take(c.callers[i%len(c.callers)], c.direct); refusal != nil {
					t.Fatalf("number %d after it was given back: %v", i, refusal)
				}
			}
			for _, by := range c.callers {
				if _, refusal := g.take(by, c.direct); refusal == nil || refusal.Code != code {
					t.Errorf("%s is refused with %v", by.Session, refusal)
				}
			}
			now = now.Add(time.Hour)
			if _, refusal := g.take(c.callers[0], c.direct); refusal != nil {
				t.Errorf("an hour later: %v", refusal)
			}
		})
	}
}

func TestWithoutBoundsNothingIsRefused(t *testing.T) {
	isKnown := func() bool { return false }
	for _, g := range []*Growth{nil, NewGrowth(0, 0, time.Now)} {
		for range 1000 {
			for _, room := range []chat.RoomID{"dev", "@ann+bob"} {
				created, refusal := g.begin(&Caller{Session: chat.SessionID{N: 1}}, room, isKnown)
				if refusal != nil {
					t.Fatal(refusal)
				}
				created(true)
			}
		}
	}
}

// TestARoomThatManyCreateAtOnceIsCountedOnce: and not at all if all their commands are refused.
func TestARoomThatManyCreateAtOnceIsCountedOnce(t *testing.T) {
	var (
		g     = NewGrowth(1, 1, time.Now)
		known = false
		begin = func(addr string) func(bool) {
			t.Helper()
			created, refusal := g.begin(
				&Caller{Addr: netip.MustParseAddr(addr)}, "dev", func() bool { return known })
			if refusal != nil {
				t.Fatal(refusal)
			}
			return created
		}
	)
	first, second, other := begin("10.0.0.1"), begin("10.0.0.1"), begin("10.0.0.2")
	first(false)
	other(false)
	second(false)
	first, second = begin("10.0.0.1"), begin("10.0.0.1")
	first(false)
	second(true)
	known = true
	if begin("10.0.0.1") != nil {
		t.Error("a room that exists is created")
	}
	known = false
	_, refusal := g.begin(&Caller{Addr: netip.MustParseAddr("10.0.0.1")}, "dev",
		func() bool { return false })
	if refusal == nil || len(g.creating) > 0 {
		t.Errorf("%v, with %d rooms left", refusal, len(g.creating))
	}
}
