package client

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/wire/datagram"
)

func TestAnOKForAnotherNicknameShowsNothing(t *testing.T) {
	var r repeats
	r.ask("ann")
	r.ask("bob")
	r.allow() // ann, late
	r.allow() // bob
	if r.known {
		t.Error("L came once for each nickname, and the server is taken to bear repeats")
	}
}

// TestAnLIsARepeatOnlyWhileInside enters twice. Between that something has ended the session, so that
// the second L is as much a first one to the server as the first, and Q must go out once.
func TestAnLIsARepeatOnlyWhileInside(t *testing.T) {
	newFragile := func(t *testing.T, address string) *room {
		r := newRoom(t, address)
		r.setHook(func(from netip.AddrPort, l string) bool {
			if strings.HasPrefix(l, "L ") {
				r.send(from, datagram.OK)
			}
			return true
		})
		return r
	}
	say := func(r *room, c *Conn, line string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.send(c.link.socket.LocalAddr().(*net.UDPAddr).AddrPort(), line)
	}
	for name, ends := range map[string]func(t *testing.T, r *room, c *Conn) *room{
		"it left": func(t *testing.T, r *room, c *Conn) *room {
			_ = c.Leave(t.Context())
			return r
		},
		"the server does not know it": func(t *testing.T, r *room, c *Conn) *room {
			say(r, c, chat.NotInside.Sentence())
			expect(t, c, Event{Outside, chat.NotInside.Sentence()})
			return r
		},
		"it was removed": func(t *testing.T, r *room, c *Conn) *room {
			say(r, c, datagram.Removed)
			expect(t, c, Event{Removed, datagram.Removed})
			return r
		},
		"the server came back": func(t *testing.T, r *room, c *Conn) *room {
			r.stop()
			for range 2 {
				if err := c.Say(t.Context(), "anybody?"); err != nil {
					t.Fatal(err)
				}
			}
			expect(t, c, Event{Kind: Unreachable})
			return newFragile(t, r.address())
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newFragile(t, "127.0.0.1:0")
			timings := quick
			timings.Repeat, timings.Leave = []time.Duration{time.Minute}, 300*time.Millisecond
			c := dial(t, r.address(), Options{Timings: timings})
			if err := c.Enter(t.Context(), "ann"); err != nil {
				t.Fatal(err)
			}
			r = ends(t, r, c)
			r.mu.Lock()
			r.got = nil
			r.mu.Unlock()
			if err := c.Enter(t.Context(), "ann"); err != nil {
				t.Fatal(err)
			}
			_ = c.Leave(t.Context())
			c.Close()
			r.heard("Q ann")
			r.stop()
			if got := strings.Join(r.got, ", "); got != "L ann, Q ann" {
				t.Errorf("the server heard %q", got)
			}
		})
	}
}
