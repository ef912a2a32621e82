package client

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
)

// newTwofold returns a room that both addresses of localhost reach, with bob inside.
func newTwofold(t *testing.T) (r *room, bob *Conn, address string) {
	t.Helper()
	r = newRoom(t, "[::]:0")
	bob = enter(t, fmt.Sprintf("127.0.0.1:%d", r.port()), "bob")
	return r, bob, fmt.Sprintf("localhost:%d", r.port())
}

// has waits until a datagram has come.
func (r *room) has(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !slices.Contains(r.got, line) {
		r.came.Wait()
	}
}

func TestQIsSentOnlyToTheAddressesThatAreNotUsed(t *testing.T) {
	const silence = 3
	first := newRoom(t, "127.0.0.1:0")
	first.setHook(mute)
	second := newRoom(t, fmt.Sprintf("[::1]:%d", first.port()))
	asked := 0
	second.setHook(func(netip.AddrPort, string) bool { asked++; return asked <= silence })
	enter(t, fmt.Sprintf("localhost:%d", first.port()), "ann").Close()
	for name, r := range map[string]*room{"first": first, "second": second} {
		if got := r.heard("Q ann"); slices.Index(got, "Q ann") < silence {
			t.Errorf("the %s address heard %q", name, got)
		}
	}
}

func TestAStalledServerTellsTheRoomOnce(t *testing.T) {
	r, bob, address := newTwofold(t)
	type request struct {
		from netip.AddrPort
		line string
	}
	var waiting []request
	r.setHook(func(from netip.AddrPort, line string) bool {
		waiting = append(waiting, request{from, line})
		if len(waiting) < 5 {
			return true
		}
		for _, w := range waiting {
			r.answer(w.from, w.line)
		}
		r.hook = nil
		return true
	})
	ann := enter(t, address, "ann")
	r.has("Q ann")
	r.tell("fence")
	expect(t, ann, line("fence")) // that ann asked for ann's nickname is not told
	expect(t, bob, line("ann enters the chat room"), line("fence"))
}

func TestARefusalDueToAnotherOwnAddressIsNotBelieved(t *testing.T) {
	r, bob, address := newTwofold(t)
	asked := 0
	r.setHook(func(from netip.AddrPort, line string) bool {
		if asked++; asked == 1 {
			r.names[from] = "ann" // OK is lost
		} else {
			r.send(from, "the nickname is occupied")
			r.hook = nil
		}
		return true
	})
	ann := enter(t, address, "ann")
	r.tell("fence")
	expect(t, ann, line("fence"))
	expect(t, bob, line("ann quits the chat room"), line("ann enters the chat room"), line("fence"))
}

func TestAnOccupiedNicknameIsRefusedBesideASilentAddress(t *testing.T) {
	silent := newRoom(t, "127.0.0.1:0")
	silent.setHook(mute)
	r := newRoom(t, fmt.Sprintf("[::1]:%d", silent.port()))
	enter(t, r.address(), "ann")
	c := dial(t, fmt.Sprintf("localhost:%d", r.port()), Options{})
	if err := c.Enter(t.Context(), "ann"); err == nil || err.Error() != "the nickname is occupied" {
		t.Error(err)
	}
}
