package test

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/wire/datagram"
)

// nat passes datagrams between one client and a server, and can forget the mapping: then the
// client has another address, and what is sent to the old one is lost.
type nat struct {
	t      *testing.T
	inside *net.UDPConn // where the client sends
	server netip.AddrPort
	done   sync.WaitGroup

	mu       sync.Mutex
	client   netip.AddrPort
	outside  *net.UDPConn   // what the server sees; nil: no mapping
	mappings []*net.UDPConn // all that there were
}

func newNAT(t *testing.T, server netip.AddrPort) *nat {
	t.Helper()
	inside, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	n := &nat{t: t, inside: inside, server: server}
	n.done.Go(n.out)
	t.Cleanup(n.close)
	return n
}

func (n *nat) address() string { return n.inside.LocalAddr().String() }

// out passes on what the client sends.
func (n *nat) out() {
	for buffer := make([]byte, 2048); ; {
		size, from, err := n.inside.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		n.mapping(from).Write(buffer[:size])
	}
}

func (n *nat) mapping(client netip.AddrPort) *net.UDPConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.client = client
	if n.outside == nil {
		outside, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(n.server))
		if err != nil {
			n.t.Error(err)
		}
		n.outside = outside
		n.mappings = append(n.mappings, outside)
		n.done.Go(func() { n.in(outside) })
	}
	return n.outside
}

// in passes on what the server sends to a mapping, as long as there is that mapping.
func (n *nat) in(outside *net.UDPConn) {
	for buffer := make([]byte, 2048); ; {
		size, err := outside.Read(buffer)
		if err != nil {
			return
		}
		n.mu.Lock()
		if n.outside == outside {
			n.inside.WriteToUDPAddrPort(buffer[:size], n.client)
		}
		n.mu.Unlock()
	}
}

// forgets has the mapping forgotten.
func (n *nat) forgets() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.outside = nil
}

// rejects has what is sent to forgotten mappings answered with ICMP errors from now on.
func (n *nat) rejects() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range n.mappings {
		if m != n.outside {
			m.Close()
		}
	}
}

func (n *nat) close() {
	n.inside.Close()
	n.forgets()
	n.rejects()
	n.done.Wait()
}

// TestAClientBehindANATFindsOutThatItsMappingIsLost by a line that is refused, and by L, which it
// repeats when it has nothing to say. It is inside again as soon as its old address is gone.
func TestAClientBehindANATFindsOutThatItsMappingIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		keep time.Duration
		says bool
		told string
	}{
		"when it says something": {time.Hour, true, "this nickname is in use from another address"},
		"when it is silent":      {50 * time.Millisecond, false, "the nickname is occupied"},
	} {
		t.Run(name, func(t *testing.T) {
			r := openRoom(t, nil)
			n := newNAT(t, r.server.Addr())
			ann, err := client.Dial(t.Context(), n.address(), client.Options{Timings: client.Timings{Keep: c.keep}})
			if err != nil {
				t.Fatal(err)
			}
			defer ann.Close()
			receives := func(kind client.Kind, text string) {
				t.Helper()
				e, err := ann.Receive(t.Context())
				if want := (client.Event{Kind: kind, Text: text}); e != want || err != nil {
					t.Fatalf("received %+v, %v, want %+v", e, err, want)
				}
			}
			if err := ann.Enter(t.Context(), "ann"); err != nil {
				t.Fatal(err)
			}
			bob := r.enter("bob")
			receives(client.Line, "bob enters the chat room")
			if !c.says { // it has to know that the server answers repeats
				r.until("three repeats are heard", func() bool { return r.counts().Received > 4 })
			}
			n.forgets()
			bob.says("anybody?")
			if c.says {
				if err := ann.Say(t.Context(), "hello"); err != nil {
					t.Fatal(err)
				}
			}
			receives(client.Moved, c.told)

			var refused *client.Refused
			if err := ann.Enter(t.Context(), "ann"); !errors.As(err, &refused) || refused.Text != "the nickname is occupied" {
				t.Fatal(err)
			}
			n.rejects()
			for range 2 {
				bob.says("still nobody?")
				bob.send("L bob")
				bob.drain(datagram.OK)
			}
			for err = refused; errors.As(err, &refused); {
				err = ann.Enter(t.Context(), "ann")
			}
			if err != nil {
				t.Fatal(err)
			}
			bob.drain("ann enters the chat room")
			bob.says("welcome back")
			receives(client.Line, "bob: welcome back")
		})
	}
}
