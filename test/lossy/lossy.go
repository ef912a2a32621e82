// Package lossy is a bad network for tests: a proxy that loses, doubles and reorders datagrams, as its seed says.
//
// It knows nothing of what is in them. Its law: what it passes on it passes on unchanged.
package lossy

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// Proxy stands between clients and a server and loses, doubles and delays datagrams in both directions.
type Proxy struct {
	t      testing.TB
	socket *net.UDPConn
	server netip.AddrPort
	done   sync.WaitGroup

	mu     sync.Mutex
	random *rand.Rand
	behind map[netip.AddrPort]*net.UDPConn // a client's socket on the server's side
}

// New opens a proxy of a server on a port of this machine, until the test ends.
func New(t testing.TB, server netip.AddrPort, seed uint64) *Proxy {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{
		t: t, socket: socket, server: server,
		random: rand.New(rand.NewPCG(seed, 0)), behind: map[netip.AddrPort]*net.UDPConn{},
	}
	p.done.Go(p.serve)
	t.Cleanup(p.Close)
	return p
}

// Addr is where clients find the server through the proxy.
func (p *Proxy) Addr() netip.AddrPort { return p.socket.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *Proxy) serve() {
	buffer := make([]byte, 2048)
	for {
		n, from, err := p.socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		behind := p.socketOf(from)
		p.pass(buffer[:n], func(b []byte) { behind.Write(b) })
	}
}

func (p *Proxy) socketOf(client netip.AddrPort) *net.UDPConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.behind[client]; s != nil {
		return s
	}
	s, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(p.server))
	if err != nil {
		p.t.Error(err)
	}
	p.behind[client] = s
	p.done.Go(func() {
		buffer := make([]byte, 2048)
		for {
			n, err := s.Read(buffer)
			if err != nil {
				return
			}
			p.pass(buffer[:n], func(b []byte) { p.socket.WriteToUDPAddrPort(b, client) })
		}
	})
	return s
}

// pass loses a third, doubles a third, and delays each copy by up to 20 ms, so that they overtake each other.
func (p *Proxy) pass(b []byte, send func([]byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b = append([]byte(nil), b...)
	for range p.random.IntN(3) {
		delay := time.Duration(p.random.IntN(20)) * time.Millisecond
		p.done.Go(func() {
			time.Sleep(delay)
			send(b)
		})
	}
}

// Close ends the proxy; its clients are gone then, as the server sees it. It may be called again.
func (p *Proxy) Close() {
	p.socket.Close()
	p.mu.Lock()
	for _, s := range p.behind {
		s.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}
